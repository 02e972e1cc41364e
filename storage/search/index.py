"""What an engine must do for a search; `of` gives the one for a connection's engine."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Executable, TableClause

from storage.search.entry import Entry
from storage.search.expressions import Expression


class Reader(Protocol):
    """What a SELECT can be sent to."""

    def execute(self, statement: Executable, /) -> Any:
        """Its rows."""


class Index(ABC):
    """The words of every record, by place. Places rise with the day of publication."""

    words: TableClause  # title, keyword, abstract, other
    place: ColumnElement[int]

    @abstractmethod
    def matching(self, expression: Expression) -> ColumnElement[bool]:
        """The condition on `words`."""

    @abstractmethod
    def put(self, connection: Connection, entries: Mapping[int, Entry]) -> None:
        """Write entries at places where nothing stands."""

    @abstractmethod
    def remove(self, connection: Connection, places: Sequence[int]) -> None:
        """Take entries out."""

    @abstractmethod
    def clear(self, connection: Connection) -> None:
        """Take out everything."""

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
