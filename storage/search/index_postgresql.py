"""The index on PostgreSQL: a tsvector made here, token by token, and a GIN index over it.

Its rows are kept narrow (long values apart), so that those of many places are soon walked through.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, cast, column, literal, table, text
from sqlalchemy.dialects.postgresql import TSQUERY

from storage.search.analyser import BARRIER
from storage.search.entry import Entry
from storage.search.expressions import FIELDS, All, Any, Expression, Row, Without
from storage.search.index import Index

_WEIGHTS = {"title": "A", "keyword": "B", "other": "C", "abstract": "D"}  # in the order of their positions
_LAST_POSITION, _MOST_POSITIONS = 16_383, 255
_MOST_BYTES = 900_000  # a tsvector holds less than a megabyte


class PostgresqlIndex(Index):
    """A table with a tsvector."""

    words = table("search_words", column("place"), *map(column, FIELDS), column("words"))
    place = words.c.place

    def matching(self, expression: Expression) -> ColumnElement[bool]:
        return self.words.c.words.bool_op("@@")(cast(literal(match(expression)), TSQUERY))

    def put(self, connection: Connection, entries: Mapping[int, Entry]) -> None:
        rows = [
            {"place": place, "words": vector(found)} | {name: getattr(found, name) for name in FIELDS}
            for place, found in sorted(entries.items())
        ]
        connection.execute(self.words.insert(), rows)

    def remove(self, connection: Connection, places: Sequence[int]) -> None:
        connection.execute(self.words.delete().where(self.place.in_(sorted(places))))

    def clear(self, connection: Connection) -> None:
        connection.execute(text("TRUNCATE search_words"))

    def scrub(self, connection: Connection) -> None:
        # A GIN index never forgets a key by itself.
        connection.execute(text("REINDEX INDEX search_words_by_word"))


def match(expression: Expression) -> str:
    """As a tsquery."""
    if isinstance(expression, Row):
        weights = "".join(sorted(_WEIGHTS[name] for name in expression.fields))
        suffixes = [weights] * len(expression.tokens)
        suffixes[-1] += "*" if expression.prefix else ""
        tokens = zip(expression.tokens, suffixes, strict=True)
        return " <-> ".join(f"{_quoted(one)}{':' if suffix else ''}{suffix}" for one, suffix in tokens)
    if isinstance(expression, Without):
        return f"({match(expression.wanted)}) & !({match(expression.unwanted)})"
    word = {All: " & ", Any: " | "}[type(expression)]
    return word.join(f"({match(part)})" for part in expression.parts)


def vector(entry: Entry) -> str:
    """The entry as a tsvector literal; a barrier takes a position and is no lexeme."""
    places: dict[str, list[str]] = {}
    position = 0
    for name, weight in _WEIGHTS.items():
        for token in getattr(entry, name).split():
            position += 1
            if token != BARRIER:
                places.setdefault(token, []).append(f"{min(position, _LAST_POSITION)}{weight}")
        position += 1
    found: list[str] = []
    size = 0
    for token, where in places.items():
        found.append(f"{_quoted(token)}:{','.join(where[:_MOST_POSITIONS])}")
        size += len(token.encode()) + 2 * min(len(where), _MOST_POSITIONS) + 8
        if size > _MOST_BYTES:
            break
    return " ".join(found)


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
