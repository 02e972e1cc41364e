"""The unit of work: everything written through one Unit is committed together or not at all."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from harvester.model.run import ChangeKind


@dataclass(slots=True)
class Pending:
    """A Change that gets its number just before the commit."""

    record_id: str
    kind: ChangeKind
    revision: int
    at: datetime


@dataclass(slots=True)
class Unit:
    """One open transaction and the Changes it will log."""

    connection: Connection
    pending: list[Pending] = field(default_factory=list)
