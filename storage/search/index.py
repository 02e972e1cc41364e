"""What an engine must do for a search; `of` gives the one for a connection's engine."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, Executable, TableClause, select

from storage.search.entry import Entry
from storage.search.expressions import Expression


class Reader(Protocol):
    """What a SELECT can be sent to."""

    def execute(self, statement: Executable, /) -> Any:
        """Its rows."""


class Newest(NamedTuple):
    """The newest hits, each as its place and the columns asked for; `known`: how many hits there are at least."""

    rows: Sequence[Any]
    known: int
    all_known: bool  # there are no more than `known`


class Index(ABC):
    """The words of every record, by place. Places rise with the day of publication."""

    words: TableClause  # with title, keyword and other
    place: ColumnElement[int]

    @abstractmethod
    def matching(self, expression: Expression) -> ColumnElement[bool]:
        """The condition on `words`."""

    def newest(
        self,
        reader: Reader,
        expression: Expression,
        bounds: Sequence[ColumnElement[bool]],
        columns: Sequence[ColumnElement[Any]],
        most: int,
    ) -> Newest:
        """The newest `most` hits within `bounds`, which are conditions on `place`, newest first.

        The engine may be left to one way of finding them: see `freely`.
        """
        found = select(self.place, *columns).where(self.matching(expression), *bounds)
        rows = reader.execute(found.order_by(self.place.desc()).limit(most)).all()
        return Newest(rows, len(rows), len(rows) < most)

    def has(self, reader: Reader, expression: Expression) -> bool:
        """Whether there is any hit."""
        return reader.execute(select(self.place).where(self.matching(expression)).limit(1)).first() is not None

    def freely(self, reader: Reader) -> None:  # noqa: B027 - most engines are never told otherwise
        """After `newest`: let the engine find what is asked for next in any way it likes."""

    @abstractmethod
    def put(self, connection: Connection, entries: Mapping[int, Entry]) -> None:
        """Write entries at places where nothing stands."""

    @abstractmethod
    def remove(self, connection: Connection, places: Sequence[int]) -> None:
        """Take entries out."""

    @abstractmethod
    def clear(self, connection: Connection) -> None:
        """Take out everything."""

    def settle(self, connection: Connection) -> None:  # noqa: B027 - most engines need nothing
        """After much was written: let the engine know how much there is."""

    @abstractmethod
    def scrub(self, connection: Connection) -> None:
        """Let nothing of removed entries stay in the engine's own structures. Takes time for the whole index."""


def of(engine: str) -> Index:
    """The index of an engine, by SQLAlchemy's name of it."""
    if engine == "postgresql":
        from storage.search.index_postgresql import PostgresqlIndex

        return PostgresqlIndex()
    from storage.search.index_sqlite import SqliteIndex

    return SqliteIndex()
