"""The queue of doubtful verdicts, kept while records are saved: disputed ones, and those a weaker word contradicts."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, func, select, tuple_, update

from harvester.errors import UsageError
from harvester.model.doubt import Doubt, DoubtKind, doubt_about
from harvester.model.record import Record
from storage.bulk import among
from storage.database import Database
from storage.documents import from_text
from storage.tables import doubts, records, upsert
from storage.unit import Unit

_PAGE = 200
_UNSETTLED = {"settled_at": None, "settled_by": None, "settled_reason": None}


class Waiting(NamedTuple):
    """An entry of the queue with its record."""

    doubt: Doubt
    record: Record


class Doubts:
    """Doubtful verdicts. One that is settled comes back when what it rests on has changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def queue(self, kind: DoubtKind, limit: int, after: Doubt | None = None) -> list[Waiting]:
        """What waits for a decision, the oldest first, after an entry."""
        order = (doubts.c.since, doubts.c.record_id)
        query = select(doubts, records.c.document).join(records, records.c.id == doubts.c.record_id)
        query = query.where(doubts.c.kind == kind.value, doubts.c.settled_at.is_(None))
        if after is not None:
            query = query.where(tuple_(*order) > (after.since, after.record_id))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(*order).limit(limit))
            return [Waiting(_doubt(row), from_text(row.document)) for row in rows]

    def counts(self) -> dict[DoubtKind, int]:
        """How many of each kind wait."""
        query = select(doubts.c.kind, func.count()).where(doubts.c.settled_at.is_(None)).group_by(doubts.c.kind)
        with self._database.read() as connection:
            waiting = {str(kind): int(count) for kind, count in connection.execute(query)}
        return {kind: waiting.get(kind, 0) for kind in DoubtKind}

    def get(self, record_id: str) -> Doubt | None:
        """What is doubtful about one record's verdict, settled or not."""
        with self._database.read() as connection:
            row = connection.execute(select(doubts).where(doubts.c.record_id == record_id)).first()
        return _doubt(row) if row else None

    def settle(self, unit: Unit, doubt: Doubt, by: str, reason: str, now: datetime) -> None:
        """The verdict is right as it is, says `by` who has seen this doubt about it: it leaves the queue.

        Raises UsageError where the doubt is not there any more, or another, or settled.
        """
        settled = {"settled_at": now, "settled_by": by, "settled_reason": reason}
        same = (doubts.c.record_id == doubt.record_id, doubts.c.since == doubt.since, doubts.c.settled_at.is_(None))
        if unit.connection.execute(update(doubts).where(*same).values(settled)).rowcount == 0:
            raise UsageError(
                f"the doubt about record {doubt.record_id} is settled, or the page says something else by now",
                remedy="look at the record again",
            )


def note(unit: Unit, batch: Sequence[Record], now: datetime) -> None:
    """Bring the queue up to date with records that were written. A batch is a handful of statements."""
    doubtful = {record.id: kind for record in batch if (kind := doubt_about(record))}
    ids = [record.id for record in batch]
    query = select(doubts.c.record_id, doubts.c.mark).where(among(unit.connection, doubts.c.record_id, ids))
    known = {row.record_id: row.mark for row in unit.connection.execute(query)}
    if clear := sorted(known.keys() - doubtful.keys()):
        forget(unit, clear)
    marks = {record.id: _mark(record) for record in batch if record.id in doubtful}
    new = [
        {"record_id": record_id, "kind": doubtful[record_id].value, "mark": mark, "since": now, **_UNSETTLED}
        for record_id, mark in marks.items()
        if known.get(record_id) != mark
    ]
    if new:
        row = upsert(doubts)
        changed = {name: row.excluded[name] for name in new[0] if name != "record_id"}
        unit.connection.execute(row.on_conflict_do_update(index_elements=[doubts.c.record_id], set_=changed), new)


def note_all(unit: Unit, now: datetime) -> None:
    """Fill the queue from every record that is here, where none has been kept before."""
    suspect = records.c.document.contains('"disputed":true') | records.c.document.contains('"conflicts":[{')
    query = select(records.c.id, records.c.document).where(suspect).order_by(records.c.id).limit(_PAGE)
    last = ""
    while page := unit.connection.execute(query.where(records.c.id > last)).all():
        note(unit, [from_text(row.document) for row in page], now)
        last = page[-1].id


def forget(unit: Unit, record_ids: Sequence[str]) -> None:
    """Drop what is kept about these records."""
    unit.connection.execute(delete(doubts).where(among(unit.connection, doubts.c.record_id, record_ids)))


def _mark(record: Record) -> str:
    """Of all that the verdict rests on and that stands against it."""
    verdict = record.access
    said = [verdict.status.value, verdict.decided_by, *(one.quote for one in verdict.evidence)]
    said += [part for one in verdict.conflicts for part in (one.status.value, one.rule, one.evidence.quote)]
    return hashlib.sha256("\n".join(said).encode("utf-8", "replace")).hexdigest()


def _doubt(row: Row[*tuple[Any, ...]]) -> Doubt:
    return Doubt.model_validate({name: getattr(row, name) for name in Doubt.model_fields})
