"""A record as rows: what is written for it, and the statements that write it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Insert, literal, select

from harvester.model.record import Record
from storage.bulk import Bulk
from storage.documents import Document, document
from storage.identity import Name
from storage.tables import Moment, identities, records, revisions, verdicts
from storage.unit import Unit


def put(unit: Unit, record: Record) -> None:
    """Write a record as it stands, without asking what changed."""
    UPSERT.write(unit.connection, [row(document(record))])


def row(present: Document) -> dict[str, Any]:
    """The whole row of `records`."""
    record = present.record
    return _moving(present) | {
        "id": record.id,
        "source_id": record.source_id,
        "work_id": record.work_id,
        "publisher_id": record.publisher_id,
        "url": record.url,
        "access": record.access.status.value,
        "integrity": record.integrity.status,
        "languages": f" {' '.join(sorted({*record.languages, *record.titles, *record.abstracts}))} ",
        "content_hash": present.content_hash,
        "revision": record.revision,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "deleted_at": record.deleted_at,
        "deletion_reason": record.deletion_reason,
    }


def renewal(present: Document) -> dict[str, Any]:
    """The part of the row that moves without a revision."""
    return _moving(present) | {"id": present.record.id}


def _moving(present: Document) -> dict[str, Any]:
    """Document (places, times, evidence), aliases, verdict."""
    return {
        "aliases": orjson.dumps(present.record.aliases).decode(),
        "verdict_hash": _verdict_hash(present.record),
        "document": present.text,
    }


def history(record_ids: Sequence[str], run_id: str | None, now: datetime) -> Insert:
    """The statement that puts present documents aside as revisions, before new ones are written."""
    present = select(records.c.id, records.c.revision, literal(now, Moment), literal(run_id), records.c.document)
    names = ["record_id", "revision", "replaced_at", "replaced_by_run", "document"]
    return revisions.insert().from_select(names, present.where(records.c.id.in_(record_ids)))


def _verdict_hash(record: Record) -> str:
    verdict = record.access
    said = (verdict.status.value, verdict.decided_by, *(evidence.quote for evidence in verdict.evidence))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def verdict_row(present: Document, run_id: str | None, now: datetime) -> dict[str, Any]:
    record = present.record
    return {
        "record_id": record.id,
        "at": now,
        "run_id": run_id,
        "status": record.access.status.value,
        "verdict": present.verdict,
    }


def name_row(name: Name, record_id: str) -> dict[str, Any]:
    key, source_id = name
    return {"key": key, "source_id": source_id, "record_id": record_id}


UPSERT = Bulk.upsert(records)
RENEW = Bulk.update(records, ("aliases", "verdict_hash", "document"))
NAME = Bulk.insert(identities, or_="ON CONFLICT DO NOTHING")
VERDICT = Bulk.insert(verdicts, without=("id",))
