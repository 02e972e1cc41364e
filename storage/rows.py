"""A record as rows: what is written for it, and the statements that write it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, literal, or_, select

from harvester.model.record import Record
from storage.bulk import Bulk, Fresh, among
from storage.documents import Document, document
from storage.identity import Name
from storage.tables import Moment, identities, moment_text, records, revisions, verdicts
from storage.unit import Unit

Row = tuple[Any, ...]  # in the order of the table


def of_works(names: "Sequence[str] | Select[str]") -> ColumnElement[bool]:
    """Records that are in one of these works: the one it is named after, and those the index of merged ones holds."""
    own = records.c.work_id == records.c.id
    return or_(and_(records.c.id.in_(names), own), and_(records.c.work_id.in_(names), ~own))


def put(unit: Unit, record: Record) -> None:
    """Write a record as it stands, without asking what changed."""
    UPSERT.write(unit.connection, [row(document(record))])


class Write(Enum):
    """What is to be done with the row of a record."""

    NEW = "new"  # nothing stands there
    WHOLE = "whole"  # another stands there
    RENEWED = "renewed"  # only what moves without a revision


def row(present: Document, said: str | None = None) -> Row:
    """The whole row of `records`; `said`: its `verdict_hash`, where it is known."""
    record = present.record
    return (
        record.id,
        record.source_id,
        record.work_id,
        record.publisher_id,
        record.url,
        _aliases(record),
        record.access.status.value,
        record.integrity.status,
        f" {' '.join(sorted({*record.languages, *record.titles, *record.abstracts}))} ",
        present.content_hash,
        said or verdict_hash(record),
        record.revision,
        _moment(record.created_at),
        _moment(record.updated_at),
        _moment(record.deleted_at),
        record.deletion_reason,
        present.text,
    )


def renewal(present: Document, said: str) -> Row:
    """The part of the row that moves without a revision: aliases, verdict, document (places, times, evidence)."""
    return _aliases(present.record), said, present.text, present.record.id


def _aliases(record: Record) -> str:
    return orjson.dumps(record.aliases).decode() if record.aliases else "[]"


def _moment(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment else None


def set_aside(unit: Unit, record_ids: Sequence[str], run_id: str | None, now: datetime) -> None:
    """Keep present documents as revisions, before new ones are written."""
    present = select(records.c.id, records.c.revision, literal(now, Moment), literal(run_id), records.c.document)
    names = ["record_id", "revision", "replaced_at", "replaced_by_run", "document"]
    wanted = present.where(among(unit.connection, records.c.id, record_ids))
    unit.connection.execute(revisions.insert().from_select(names, wanted))


def verdict_hash(record: Record) -> str:
    """Of what a verdict says: two equal ones are one verdict."""
    verdict = record.access
    said = (verdict.status.value, verdict.decided_by, *(evidence.quote for evidence in verdict.evidence))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def verdict_row(present: Document, run_id: str | None, now: datetime) -> Row:
    """The row of `verdicts`."""
    record = present.record
    return record.id, moment_text(now), run_id, record.access.status.value, present.verdict


def name_row(name: Name, record_id: str) -> Row:
    """The row of `identities`."""
    return *name, record_id


UPSERT = Bulk.upsert(records)
STATEMENTS: dict[Write, Fresh | Bulk] = {
    Write.NEW: Fresh(records),
    Write.WHOLE: UPSERT,
    Write.RENEWED: Bulk.update(records, ("aliases", "verdict_hash", "document")),
}
NAME = Fresh(identities)
VERDICT = Fresh(verdicts, without=("id",))
