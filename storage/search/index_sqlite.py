"""The index on SQLite: an FTS5 table whose rows are in order of place, so that the newest come first by themselves.

Its tokenizer (`ascii`) parts ready tokens at blanks and leaves what is not ASCII alone.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, column, literal_column, table, text

from storage.search.entry import Entry
from storage.search.expressions import FIELDS, All, Any, Expression, Row, Without
from storage.search.index import Index

_NAME = "search_words"
_PUT = "INSERT INTO search_words (rowid, title, keyword, other, abstract) VALUES (?, ?, ?, ?, ?)"
_OPTIMIZE = text("INSERT INTO search_words (search_words) VALUES ('optimize')")


class SqliteIndex(Index):
    """An FTS5 table."""

    words = table(_NAME, column("rowid"), *map(column, FIELDS))
    place = words.c.rowid

    def matching(self, expression: Expression) -> ColumnElement[bool]:
        return literal_column(_NAME).bool_op("MATCH")(match(expression))

    def put(self, connection: Connection, entries: Mapping[int, Entry]) -> None:
        # Rising places: FTS5 writes out what it has gathered whenever one is lower than the one before.
        rows = [(place, one.title, one.keyword, one.other, one.abstract) for place, one in sorted(entries.items())]
        connection.exec_driver_sql(_PUT, rows)

    def remove(self, connection: Connection, places: Sequence[int]) -> None:
        connection.execute(self.words.delete().where(self.place.in_(sorted(places))))

    def clear(self, connection: Connection) -> None:
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'search_words'")).scalar_one()
        connection.execute(text("DROP TABLE search_words"))
        connection.exec_driver_sql(made)

    def scrub(self, connection: Connection) -> None:
        connection.execute(_OPTIMIZE)


def match(expression: Expression) -> str:
    """In the query language of FTS5."""
    if isinstance(expression, Row):
        where = f"{{{' '.join(expression.fields)}}} : " if expression.fields else ""
        tokens = " ".join(expression.tokens).replace('"', "")
        return f'{where}"{tokens}"{" *" if expression.prefix else ""}'
    if isinstance(expression, Without):
        return f"({match(expression.wanted)}) NOT ({match(expression.unwanted)})"
    word = {All: " AND ", Any: " OR "}[type(expression)]
    return word.join(f"({match(part)})" for part in expression.parts)
