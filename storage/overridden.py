"""Where overrides meet records: the operator's verdict on the way into storage, the page's on the way to a reader."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, select, update

from harvester.model.access import AccessVerdict
from harvester.model.override import Override
from harvester.model.record import Record
from storage.bulk import among
from storage.database import Snapshot
from storage.tables import overrides
from storage.unit import Unit


class InForce(NamedTuple):
    """An override that has not ended, and what the page says below it."""

    override: Override
    said: AccessVerdict


def override_of(row: Row[*tuple[object, ...]]) -> Override:
    """A row of `overrides`."""
    return Override.model_validate({name: getattr(row, name) for name in Override.model_fields})


def in_force(connection: Connection | Snapshot, which: ColumnElement[bool]) -> dict[str, InForce]:
    """The overrides that have not ended, by record; `which` is a condition on `overrides`."""
    rows = connection.execute(select(overrides).where(overrides.c.ended_at.is_(None), which))
    return {row.record_id: InForce(override_of(row), AccessVerdict.model_validate_json(row.said)) for row in rows}


def applied(unit: Unit, batch: Sequence[tuple[str, Record]], today: date) -> list[Record]:
    """Records as they are to be stored under these ids: with the operator's verdict where there is one.

    What their pages say now is kept below it. A record whose verdict is the operator's already, for it was read from
    storage, brings nothing new.
    """
    ids = [record_id for record_id, _ in batch]
    kept = in_force(unit.connection, among(unit.connection, overrides.c.record_id, ids))
    return [_applied(unit, record, kept.get(record_id), today) for record_id, record in batch]


def _applied(unit: Unit, record: Record, kept: InForce | None, today: date) -> Record:
    if kept is None:
        return record
    override, said = kept
    if not override.decided(record.access) and record.access != said:
        said = record.access
        this = update(overrides).where(overrides.c.id == override.id)
        unit.connection.execute(this.values(said=said.model_dump_json()))
    verdict = override.over(said, record.provenance.url) if override.holds_on(today) else said
    return record.model_copy(update={"access": verdict})


def as_read(record: Record, kept: InForce | None) -> Record:
    """A stored record with what its page says in the place of the operator's verdict."""
    if kept is None or not kept.override.decided(record.access):
        return record
    return record.model_copy(update={"access": kept.said})
