"""The unit of work: everything written through one Unit is committed together or not at all."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, literal, select

from harvester.model.run import ChangeKind

_WORKS = "all works"  # sorts before every other name


class Pending(NamedTuple):
    """A Change that gets its number just before the commit."""

    record_id: str
    kind: ChangeKind
    revision: int
    at: datetime
    work_id: str | None = None
    old_work_id: str | None = None


@dataclass(slots=True)
class Unit:
    """One open transaction and the Changes it will log."""

    connection: Connection
    pending: list[Pending] = field(default_factory=list)

    def lock_works(self) -> None:
        """Be the only writer of the grouping in works; before any records, for they may be of other Sources too."""
        self.lock(_WORKS)

    def lock_records(self, *source_ids: str, works: bool = False) -> None:
        """Be the only writer of the records of these Sources, and first, where `works` is set, of the works."""
        self.lock(*([_WORKS] if works else []), *(f"records {source_id}" for source_id in source_ids))

    def lock_pages(self, source_id: str) -> None:
        """Be the only writer of the pages of this Source; after its records, where both are wanted."""
        self.lock(f"pages {source_id}")

    def lock(self, *names: str) -> None:
        """Be the only writer of what these names stand for, until the commit; taken in the order of the names.

        For whatever is read before it is written. Where only one writes at a time there is nothing to do.
        """
        if names and self.connection.dialect.name == "postgresql":
            locks = (func.hashtextextended(literal(name), 0) for name in sorted(set(names)))
            self.connection.execute(select(*map(func.pg_advisory_xact_lock, locks)))
