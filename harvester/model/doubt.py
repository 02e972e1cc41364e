"""A verdict that a person is to look at, and why."""

from enum import StrEnum

from harvester.model.base import Utc, Value
from harvester.model.record import Record


class DoubtKind(StrEnum):
    """Why nobody should take the verdict for settled."""

    DISPUTED = "disputed"  # statements of equal weight say two things, so the status is unknown
    CONTRADICTED = "contradicted"  # it was decided, against a statement of less weight


class Doubt(Value):
    """A record whose page says two things; settled once an operator has confirmed the verdict as it is."""

    record_id: str
    kind: DoubtKind
    since: Utc
    settled_at: Utc | None = None
    settled_by: str | None = None
    settled_reason: str | None = None


def doubt_about(record: Record) -> DoubtKind | None:
    """What is doubtful about a record's verdict; nothing about an operator's own, or a deleted record's."""
    verdict = record.access
    if record.deleted_at is not None or verdict.operator:
        return None
    if verdict.disputed:
        return DoubtKind.DISPUTED
    return DoubtKind.CONTRADICTED if verdict.conflicts else None
