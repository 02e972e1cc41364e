"""Operators' corrections of verdicts: set, listed, lifted, ended by their last day; each logged as what it changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from harvester.errors import UsageError
from harvester.model.access import AccessVerdict
from harvester.model.override import Override
from harvester.model.record import Record
from storage import saving
from storage.changes import Changes
from storage.database import Database
from storage.documents import from_text
from storage.overridden import as_read, in_force, override_of
from storage.tables import overrides, records
from storage.unit import Unit

_AT_ONCE = 50


class Overrides:
    """All overrides, ended ones too. A record has one in force at most: a new one takes the place of the other."""

    def __init__(self, database: Database, log: Changes) -> None:
        self._database = database
        self._log = log

    def list(
        self, limit: int, *, ended: bool = False, before: int | None = None, record_id: str | None = None
    ) -> Sequence[Override]:
        """The latest overrides, newest first; those that have ended only with `ended`. `before`: the last one's id."""
        query = select(overrides).order_by(overrides.c.id.desc()).limit(limit)
        query = query if ended else query.where(overrides.c.ended_at.is_(None))
        query = query if before is None else query.where(overrides.c.id < before)
        query = query if record_id is None else query.where(overrides.c.record_id == record_id)
        with self._database.read() as connection:
            return [override_of(row) for row in connection.execute(query)]

    def as_read(self, batch: Sequence[Record]) -> Sequence[Record]:
        """These stored records with what their pages say in the place of operators' verdicts."""
        ids = [record.id for record in batch if record.access.operator]
        if not ids:
            return [*batch]
        with self._database.read() as connection:
            kept = in_force(connection, overrides.c.record_id.in_(ids))
        return [as_read(record, kept.get(record.id)) for record in batch]

    def set(self, unit: Unit, wanted: Override) -> Override:
        """Put an override in force (its `id` is given here), in the place of the one there is.

        Raises UsageError for a record that is unknown or deleted, and for a last day that has passed.
        """
        record = _locked(unit, wanted.record_id)
        if record.deleted_at is not None:
            raise UsageError(f"record {record.id} is deleted", remedy="only a living record has a verdict to correct")
        if not wanted.holds_on(wanted.at.date()):
            raise UsageError(
                f"{wanted.until}: that day has passed", remedy="give today or a later day (UTC), or none at all"
            )
        former = in_force(unit.connection, overrides.c.record_id == record.id).get(record.id)
        said = former.said if former else record.access
        if former:
            _end(unit, former.override, wanted.by, "another override", wanted.at)
        row = wanted.model_dump(exclude={"id"}) | _as_row(wanted, said)
        number = unit.connection.execute(overrides.insert().returning(overrides.c.id), row).scalar_one()
        self._save(unit, record, said, wanted.at)
        return wanted.model_copy(update={"id": number})

    def lift(self, unit: Unit, record_id: str, by: str, reason: str, now: datetime) -> Override:
        """End the override of a record: its verdict is again what the page says. Raises UsageError if it has none."""
        record = _locked(unit, record_id)
        kept = in_force(unit.connection, overrides.c.record_id == record_id).get(record_id)
        if kept is None:
            raise UsageError(
                f"record {record_id} has no override", remedy="`harvester override list` lists those in force"
            )
        ended = _end(unit, kept.override, by, reason, now)
        if record.deleted_at is None:
            self._save(unit, record, kept.said, now)
        return ended

    def overdue(self, now: datetime) -> Sequence[str]:
        """Ids of records whose overrides have seen their last day, at most some."""
        past = (overrides.c.ended_at.is_(None), overrides.c.until < now.date().isoformat())
        query = select(overrides.c.record_id).where(*past).order_by(overrides.c.until).limit(_AT_ONCE)
        with self._database.read() as connection:
            return connection.execute(query).scalars().all()

    def expire(self, unit: Unit, record_id: str, now: datetime) -> bool:
        """End the override of a record if its last day has passed; False if there is none such any more."""
        record = _locked(unit, record_id)
        kept = in_force(unit.connection, overrides.c.record_id == record_id).get(record_id)
        if kept is None or kept.override.holds_on(now.date()):
            return False
        _end(unit, kept.override, None, None, now)
        if record.deleted_at is None:
            self._save(unit, record, kept.said, now)
        return True

    def _save(self, unit: Unit, record: Record, said: AccessVerdict, now: datetime) -> None:
        """As a harvest would that has read the same page again."""
        saving.save(unit, self._log, [record.model_copy(update={"access": said})], run_id=None, now=now)


def _as_row(wanted: Override, said: AccessVerdict) -> dict[str, Any]:
    until = wanted.until.isoformat() if wanted.until else None
    return {"until": until, "said": said.model_dump_json()}


def _end(unit: Unit, override: Override, by: str | None, reason: str | None, now: datetime) -> Override:
    ended: dict[str, Any] = {"ended_at": now, "ended_by": by, "ended_reason": reason}
    this = update(overrides).where(overrides.c.id == override.id)
    unit.connection.execute(this.values(said=None, **ended))
    return override.model_copy(update=ended)


def _locked(unit: Unit, record_id: str) -> Record:
    """The record, which nobody else writes until the commit."""
    source_id = unit.connection.execute(select(records.c.source_id).where(records.c.id == record_id)).scalar()
    if source_id is not None:
        unit.lock_records(source_id)
    text = unit.connection.execute(select(records.c.document).where(records.c.id == record_id)).scalar()
    if text is None:
        raise UsageError(f"there is no record {record_id}", remedy="`harvester records` lists them")
    return from_text(text)
