"""The tables as SQLAlchemy Core words. Migrations create them; a test keeps the two equal."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.sqlite import insert

upsert = insert  # the one place that names the engine's INSERT .. ON CONFLICT

NEVER_AGAIN = ("legal", "operator")  # deletion reasons after which a record is neither visited nor stored again


class Moment(TypeDecorator[datetime]):
    """A UTC time as text of fixed width, so that it sorts and compares as text on every engine."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """`2026-01-31T08:00:00.000000Z`."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The same moment as an aware datetime in UTC."""
        return None if value is None else datetime.fromisoformat(value)


def moment_text(value: datetime) -> str:
    """A time as the tables hold it."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


metadata = MetaData()


def _table(name: str, *parts: Any, rowid: bool = True) -> Table:
    return Table(name, metadata, *parts, sqlite_with_rowid=rowid)


records = _table(
    "records",
    Column("id", String(64), primary_key=True),
    Column("source_id", String(128), nullable=False),
    Column("work_id", String(64), nullable=False),
    Column("publisher_id", Text),
    Column("url", Text, nullable=False),
    Column("aliases", Text, nullable=False),  # JSON list
    Column("access", String(32), nullable=False),
    Column("integrity", String(32), nullable=False),
    Column("languages", Text, nullable=False),  # " en fr ": each word between blanks
    Column("folded", Text, nullable=False),  # what a search looks in
    Column("content_hash", String(64), nullable=False),
    Column("verdict_hash", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("deleted_at", Moment),
    Column("deletion_reason", String(32)),
    Column("document", Text, nullable=False),  # the whole Record as JSON
    Index("records_by_source", "source_id"),
    Index("records_by_work", "work_id"),
)

# Every name a record is known by: `pid:`, `url:` or `doi:` and the value. One name means one record per source.
identities = _table(
    "identities",
    Column("key", Text, nullable=False),
    Column("source_id", String(128), nullable=False),
    Column("record_id", String(64), ForeignKey("records.id"), nullable=False),
    PrimaryKeyConstraint("key", "source_id"),
    rowid=False,
)

# Revisions a newer one has replaced; the present one stands in `records`.
revisions = _table(
    "revisions",
    Column("record_id", String(64), ForeignKey("records.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("replaced_at", Moment, nullable=False),
    Column("replaced_by_run", String(64)),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("record_id", "revision"),
)

verdicts = _table(
    "verdicts",
    Column("id", Integer, primary_key=True),
    Column("record_id", String(64), ForeignKey("records.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("run_id", String(64)),
    Column("status", String(32), nullable=False),
    Column("verdict", Text, nullable=False),  # JSON
    Index("verdicts_by_record", "record_id"),
)

changes = _table(
    "changes",
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("record_id", String(64), ForeignKey("records.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
)

change_head = _table(
    "change_head",
    Column("id", Integer, primary_key=True),  # always 1
    Column("seq", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)

pages = _table(
    "pages",
    Column("source_id", String(128), nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("record_id", String(64)),
    Column("first_seen", Moment, nullable=False),
    Column("due", Moment),  # null: never again unless a newer lastmod says so
    Column("lastmod", Moment),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("digest", String(80)),
    Column("outcome", String(32)),
    Column("detail", Text),
    Column("failures", Integer, nullable=False),
    Column("claimed_by", String(64)),
    Column("visited_at", Moment),
    PrimaryKeyConstraint("source_id", "url"),
    Index("pages_by_due", "source_id", "due"),
    Index("pages_by_record", "record_id"),
    rowid=False,
)

hosts = _table(
    "hosts",
    Column("host", String(255), primary_key=True),
    Column("next_at", Moment, nullable=False),
    Column("owner", String(128)),
    Column("owner_until", Moment),
    Column("hold_until", Moment),
    Column("hold_reason", Text),
)

robots_copies = _table(
    "robots_copies",
    Column("origin", String(512), primary_key=True),  # scheme://host[:port]
    Column("status", Integer),  # null: no answer
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", Moment, nullable=False),
)

runs = _table(
    "runs",
    Column("id", String(64), primary_key=True),
    Column("source_id", String(128), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("resumed_from", String(64)),
    Column("counts", Text, nullable=False),  # JSON
    Column("notes", Text, nullable=False),  # JSON
    Index("runs_by_source", "source_id", "started_at"),
)

leases = _table(
    "leases",
    Column("source_id", String(128), primary_key=True),
    Column("run_id", String(64), ForeignKey("runs.id"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

spool_segments = _table(
    "spool_segments",
    Column("name", String(128), primary_key=True),
)

archive_entries = _table(
    "archive_entries",
    Column("file", String(255), nullable=False),
    Column("offset", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("source_id", String(128), nullable=False),
    Column("record_id", String(64)),
    Column("url", Text, nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("cut", Integer, nullable=False),  # 0 | 1
    Column("reason", Text),
    PrimaryKeyConstraint("file", "offset"),
    Index("archive_entries_by_record", "record_id"),
    Index("archive_entries_by_url", "url"),
    Index("archive_entries_by_source", "source_id"),
)
