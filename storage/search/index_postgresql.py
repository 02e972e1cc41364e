"""The index on PostgreSQL: tsvectors made here, token by token, and GIN indexes over them.

To look into a tsvector takes as long as to read the rows of many places, which are kept narrow (long values apart).
So hits are taken from the indexes alone wherever these know them for certain, and the planner, which knows nothing of
that cost, is told which way to go.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from storage.search.analyser import BARRIER
from storage.search.entry import Entry
from storage.search.expressions import Expression
from storage.search.index import Index, Newest, Reader
from storage.search.tsquery import WEIGHTS, Part, parts, quoted

_STORED = ("title", "keyword", "other")
_LAST_POSITION, _MOST_POSITIONS = 16_383, 255
_MOST_BYTES = 900_000  # a tsvector holds less than a megabyte
_PEEK = 60  # of the newest places, looked into first
_LOOK_COSTS = 80  # to look into a tsvector, in hits that an index is read for
_FAR = 30  # places for each hit that is asked for
_FARTHER = 300  # where few of those the indexes take for hits may be some
_SURE = 4  # hits among the newest places
_FEW = 10_000
_PLACES = literal_column("(SELECT reltuples::bigint FROM pg_class WHERE oid = 'search_words'::regclass)", Integer)


def _planned(*, indexed: bool, walked: bool) -> list[ColumnElement[str]]:
    """Which ways the planner may go in this transaction, after the statement that selects this."""
    settings = {"enable_bitmapscan": indexed, "enable_indexscan": walked, "enable_seqscan": indexed and walked}
    chosen = {name: "on" if may else "off" for name, may in settings.items()} | {"jit": "off", "work_mem": "32MB"}
    return [literal_column(f"set_config('{name}', '{value}', true)", String) for name, value in chosen.items()]


_BY_WORD, _BY_PLACE = _planned(indexed=True, walked=False), _planned(indexed=False, walked=True)
_AS_IT_LIKES = _planned(indexed=True, walked=True)


class _Asked(NamedTuple):
    """What `Index.newest` is asked for."""

    parts: Sequence[Part]
    bounds: Sequence[ColumnElement[bool]]
    columns: Sequence[ColumnElement[Any]]
    most: int

    @property
    def exact(self) -> bool:
        """Do the indexes alone know?"""
        return all(part.exact for part in self.parts)


class PostgresqlIndex(Index):
    """A table with two tsvectors: of everything, and of everything but the abstract."""

    words = table("search_words", column("place"), *map(column, _STORED), column("heads"), column("words"))
    place = words.c.place

    def matching(self, expression: Expression) -> ColumnElement[bool]:
        return _matching(parts(expression), self.words)

    def newest(
        self,
        reader: Reader,
        expression: Expression,
        bounds: Sequence[ColumnElement[bool]],
        columns: Sequence[ColumnElement[Any]],
        most: int,
    ) -> Newest:
        asked = _Asked(parts(expression), bounds, columns, most)
        met, taken, places, far = self._peek(reader, asked)
        if met * met * max(places, _FEW) > _PEEK * _PEEK * _LOOK_COSTS * most:  # sooner than all hits are read
            reader.execute(select(*_BY_PLACE))
            return super().newest(reader, expression, bounds, columns, most)
        way = self._sorted if asked.exact else self._looked_into
        near = way(reader, asked._replace(bounds=[*bounds, self.place >= far])) if far and taken else None
        is_enough = near is not None and len(near.rows) == most
        return near._replace(all_known=False) if near and is_enough else way(reader, asked)

    def has(self, reader: Reader, expression: Expression) -> bool:
        # Of a token that no entry has it expects hits everywhere, and would look into every entry for the first.
        reader.execute(select(*_BY_WORD))
        found = super().has(reader, expression)
        self.freely(reader)
        return found

    def freely(self, reader: Reader) -> None:
        reader.execute(select(*_AS_IT_LIKES))

    def _peek(self, reader: Reader, asked: "_Asked") -> tuple[int, int, int, int | None]:
        """How many of the newest places are hits, and are taken for hits by the indexes; how many there are.

        And one far enough for frequent words. What follows is found by words: that it is said here spares a statement.
        """
        newest = select(*self.words.c).where(*asked.bounds).order_by(self.place.desc()).limit(_PEEK).subquery()
        hits = [
            select(func.count())
            .select_from(newest)
            .where(_matching(asked.parts, newest, loose=loose))
            .scalar_subquery()
            for loose in ([False] if asked.exact else [False, True])
        ]
        far = [self._place(asked, number * asked.most) for number in ([_FAR] if asked.exact else [_FAR, _FARTHER])]
        known = (_PLACES, *hits, *(place.scalar_subquery() for place in far))
        places, *row = reader.execute(select(*known, *_BY_WORD)).one()[: len(known)]
        met, taken, near, farther = (row[0], *row, row[1]) if asked.exact else row
        return met, taken, places, near if met >= _SURE else farther

    def _place(self, asked: "_Asked", number: int) -> Select[tuple[int]]:
        """The place with so many newer ones."""
        return select(self.place).where(*asked.bounds).order_by(self.place.desc()).offset(number).limit(1)

    def _sorted(self, reader: Reader, asked: "_Asked") -> Newest:
        """Of all the hits the indexes know."""
        matching = _matching(asked.parts, self.words)
        some = select(self.place, *asked.columns).where(matching, *asked.bounds).offset(0).subquery()
        newest = select(*some.c, func.count().over()).order_by(some.c.place.desc()).limit(asked.most)
        rows = reader.execute(newest).all()
        return Newest([row[:-1] for row in rows], rows[0][-1] if rows else 0, True)

    def _looked_into(self, reader: Reader, asked: "_Asked") -> Newest:
        """What the index takes for a hit, newest first, is looked into until there are enough."""
        vectors = (self.words.c.heads, self.words.c.words)
        loose = _matching(asked.parts, self.words, loose=True)
        some = select(self.place, *asked.columns, *vectors).where(loose, *asked.bounds)
        sorted_ = some.order_by(self.place.desc()).offset(0).subquery()
        wanted = [sorted_.c.place, *(sorted_.c[one.name] for one in asked.columns)]
        strict = _matching([part for part in asked.parts if not part.exact], sorted_)
        rows = reader.execute(select(*wanted).where(strict).order_by(sorted_.c.place.desc()).limit(asked.most)).all()
        return Newest(rows, len(rows), len(rows) < asked.most)

    def put(self, connection: Connection, entries: Mapping[int, Entry]) -> None:
        rows = [
            {"place": place, "heads": vector(found, abstract=False), "words": vector(found)}
            | {name: getattr(found, name) for name in _STORED}
            for place, found in sorted(entries.items())
        ]
        connection.execute(self.words.insert(), rows)

    def remove(self, connection: Connection, places: Sequence[int]) -> None:
        connection.execute(self.words.delete().where(self.place.in_(sorted(places))))

    def clear(self, connection: Connection) -> None:
        connection.execute(text("TRUNCATE search_words"))

    def settle(self, connection: Connection) -> None:
        connection.execute(text("ANALYZE search_words, search_entries, search_keywords, search_terms"))

    def scrub(self, connection: Connection) -> None:
        # A GIN index never forgets a key by itself.
        connection.execute(text("REINDEX INDEX search_words_by_word"))
        connection.execute(text("REINDEX INDEX search_words_by_head"))


def vector(entry: Entry, *, abstract: bool = True) -> str:
    """The entry as a tsvector literal; a barrier takes a position and is no lexeme."""
    places: dict[str, list[str]] = {}
    position = 0
    for name, weight in WEIGHTS.items():
        if name == "abstract" and not abstract:
            break
        for token in getattr(entry, name).split():
            position += 1
            if token != BARRIER:
                places.setdefault(token, []).append(f"{min(position, _LAST_POSITION)}{weight}")
        position += 1
    found: list[str] = []
    size = 0
    for token, where in places.items():
        found.append(f"{quoted(token)}:{','.join(where[:_MOST_POSITIONS])}")
        size += len(token.encode()) + 2 * min(len(where), _MOST_POSITIONS) + 8
        if size > _MOST_BYTES:
            break
    return " ".join(found)


def _matching(asked: Sequence[Part], stored: FromClause, *, loose: bool = False) -> ColumnElement[bool]:
    return and_(
        *(
            stored.c["heads" if part.heads else "words"].bool_op("@@")(cast(literal(part.query(loose=loose)), TSQUERY))
            for part in asked
        )
    )
