"""What was: revisions with the time in which they stood, dated verdicts, all records as of a moment."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from harvester.errors import UsageError
from harvester.model.access import AccessVerdict
from harvester.model.differences import FieldChange, between
from harvester.model.record import Record
from harvester.model.run import Change
from storage.changes import change_of
from storage.database import Database
from storage.documents import from_text
from storage.tables import changes, records, revisions, verdicts

_PAGE = 200
Execute = Any  # what takes a statement: a connection or a snapshot


class Revision(NamedTuple):
    """A record as it stood from `since` until `until` (None: now), and the Run that brought it so."""

    record: Record
    since: datetime
    until: datetime | None
    run_id: str | None


class Verdict(NamedTuple):
    """A verdict, when it was reached and by which Run."""

    at: datetime
    run_id: str | None
    verdict: AccessVerdict


class History(NamedTuple):
    """All that is kept of a record's past, oldest first."""

    revisions: list[Revision]
    verdicts: list[Verdict]
    changes: list[Change]


def history(database: Database, record_id: str) -> History:
    """The past of one record; empty for an unknown one."""
    with database.read() as connection:
        dated = select(verdicts).where(verdicts.c.record_id == record_id).order_by(verdicts.c.id)
        reached = [
            Verdict(row.at, row.run_id, AccessVerdict.model_validate_json(row.verdict))
            for row in connection.execute(dated)
        ]
        logged = select(changes).where(changes.c.record_id == record_id).order_by(changes.c.seq)
        log = [change_of(row) for row in connection.execute(logged)]
        return History(_revisions(connection, record_id, reached[0].run_id if reached else None), reached, log)


def _revisions(connection: Execute, record_id: str, first_run: str | None) -> list[Revision]:
    old = select(revisions).where(revisions.c.record_id == record_id).order_by(revisions.c.revision)
    found: list[Revision] = []
    run_id = first_run
    for row in connection.execute(old):
        record = from_text(row.document)
        found.append(Revision(record, _since(record, row.replaced_at), row.replaced_at, run_id))
        run_id = row.replaced_by_run
    present = connection.execute(select(records.c.document, records.c.updated_at).where(records.c.id == record_id))
    if row := present.first():
        found.append(Revision(from_text(row.document), row.updated_at, None, run_id))
    return found


def _since(record: Record, otherwise: datetime) -> datetime:
    return record.updated_at or otherwise


def diff(database: Database, record_id: str, old: int | None = None, new: int | None = None) -> list[FieldChange]:
    """What differs between two revisions by number; without numbers, between the last two.

    Raises UsageError for a record or a revision that is not kept.
    """
    by_number = {one.record.revision: one.record for one in history(database, record_id).revisions}
    if not by_number:
        raise UsageError(f"there is no record {record_id}", remedy="`harvester records` lists them")
    numbers = sorted(by_number)
    new = numbers[-1] if new is None else new
    old = max((number for number in numbers if number < new), default=new) if old is None else old
    for number in (old, new):
        if number not in by_number:
            kept = ", ".join(map(str, numbers))
            raise UsageError(f"record {record_id} has no revision {number}", remedy=f"kept are: {kept}")
    return between(by_number[old], by_number[new])


def as_of(database: Database, record_id: str, moment: datetime) -> Record | None:
    """The record (or tombstone) as it stood at a moment; None when it was not there yet or its past was purged."""
    with database.read() as connection:
        found = _standing(connection, [record_id], moment)
    return found.get(record_id)


def iterate_as_of(
    database: Database, moment: datetime, *, source_id: str | None = None, include_deleted: bool = False
) -> Iterator[Record]:
    """All records as they stood at a moment, in order of id, a page at a time."""
    there = select(records.c.id).where(records.c.created_at <= moment)
    there = there if source_id is None else there.where(records.c.source_id == source_id)
    last = ""
    while True:
        with database.read() as connection:
            page = there.where(records.c.id > last).order_by(records.c.id).limit(_PAGE)
            ids = list(connection.execute(page).scalars())
            found = _standing(connection, ids, moment)
        if not ids:
            return
        for record_id in ids:
            record = found.get(record_id)
            if record and (include_deleted or record.deleted_at is None):
                yield record
        last = ids[-1]


def _standing(connection: Execute, ids: list[str], moment: datetime) -> dict[str, Record]:
    """Of each record the revision that stood at the moment: the present one, or the first replaced after it."""
    present = select(records.c.id, records.c.document).where(records.c.id.in_(ids), records.c.updated_at <= moment)
    found = {row.id: row.document for row in connection.execute(present)}
    earlier = [record_id for record_id in ids if record_id not in found]
    replaced = select(revisions.c.record_id, revisions.c.document).where(
        revisions.c.record_id.in_(earlier), revisions.c.replaced_at > moment
    )
    for row in connection.execute(replaced.order_by(revisions.c.record_id, revisions.c.revision)):
        found.setdefault(row.record_id, row.document)
    standing = {record_id: from_text(text) for record_id, text in found.items()}
    return {one: record for one, record in standing.items() if _since(record, moment) <= moment}
