"""The first tables."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "archive_entries",
        sa.Column("file", string(255), nullable=False),
        sa.Column("offset", integer(), nullable=False),
        sa.Column("length", integer(), nullable=False),
        sa.Column("source_id", string(128), nullable=False),
        sa.Column("record_id", string(64)),
        sa.Column("url", string(), nullable=False),
        sa.Column("fetched_at", string(27), nullable=False),
        sa.Column("cut", sa.Integer(), nullable=False),
        sa.Column("reason", string()),
        sa.PrimaryKeyConstraint("file", "offset"),
    )
    op.create_index("archive_entries_by_record", "archive_entries", ["record_id"])
    op.create_index("archive_entries_by_source", "archive_entries", ["source_id"])
    op.create_index("archive_entries_by_url", "archive_entries", ["url"])
    op.create_table(
        "change_head",
        sa.Column("id", sa.Integer()),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("at", string(27), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "hosts",
        sa.Column("host", string(255)),
        sa.Column("next_at", string(27), nullable=False),
        sa.Column("owner", string(128)),
        sa.Column("owner_until", string(27)),
        sa.Column("hold_until", string(27)),
        sa.Column("hold_reason", string()),
        sa.PrimaryKeyConstraint("host"),
    )
    op.create_table(
        "pages",
        sa.Column("source_id", string(128), nullable=False),
        sa.Column("url", string(), nullable=False),
        sa.Column("kind", string(16), nullable=False),
        sa.Column("record_id", string(64)),
        sa.Column("first_seen", string(27), nullable=False),
        sa.Column("due", string(27)),
        sa.Column("lastmod", string(27)),
        sa.Column("etag", string()),
        sa.Column("last_modified", string()),
        sa.Column("digest", string(80)),
        sa.Column("outcome", string(32)),
        sa.Column("detail", string()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("claimed_by", string(64)),
        sa.Column("visited_at", string(27)),
        sa.PrimaryKeyConstraint("source_id", "url"),
        sqlite_with_rowid=False,
    )
    op.create_index("pages_by_due", "pages", ["source_id", "due"])
    op.create_index("pages_by_record", "pages", ["record_id"])
    op.create_table(
        "records",
        sa.Column("id", string(64)),
        sa.Column("source_id", string(128), nullable=False),
        sa.Column("work_id", string(64), nullable=False),
        sa.Column("publisher_id", string()),
        sa.Column("url", string(), nullable=False),
        sa.Column("aliases", string(), nullable=False),
        sa.Column("access", string(32), nullable=False),
        sa.Column("integrity", string(32), nullable=False),
        sa.Column("languages", string(), nullable=False),
        sa.Column("folded", string(), nullable=False),
        sa.Column("content_hash", string(64), nullable=False),
        sa.Column("verdict_hash", string(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", string(27), nullable=False),
        sa.Column("updated_at", string(27), nullable=False),
        sa.Column("deleted_at", string(27)),
        sa.Column("deletion_reason", string(32)),
        sa.Column("document", string(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("records_by_source", "records", ["source_id"])
    op.create_index("records_by_work", "records", ["work_id"])
    op.create_table(
        "robots_copies",
        sa.Column("origin", string(512)),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", string(27), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )
    op.create_table(
        "runs",
        sa.Column("id", string(64)),
        sa.Column("source_id", string(128), nullable=False),
        sa.Column("outcome", string(16), nullable=False),
        sa.Column("started_at", string(27), nullable=False),
        sa.Column("ended_at", string(27)),
        sa.Column("resumed_from", string(64)),
        sa.Column("counts", string(), nullable=False),
        sa.Column("notes", string(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("runs_by_source", "runs", ["source_id", "started_at"])
    op.create_table(
        "spool_segments",
        sa.Column("name", string(128)),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "changes",
        sa.Column("seq", integer(), autoincrement=False),
        sa.Column("record_id", string(64), sa.ForeignKey("records.id"), nullable=False),
        sa.Column("kind", string(32), nullable=False),
        sa.Column("at", string(27), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "identities",
        sa.Column("key", string(), nullable=False),
        sa.Column("source_id", string(128), nullable=False),
        sa.Column("record_id", string(64), sa.ForeignKey("records.id"), nullable=False),
        sa.PrimaryKeyConstraint("key", "source_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        sa.Column("source_id", string(128)),
        sa.Column("run_id", string(64), sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("host", string(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", string(), nullable=False),
        sa.Column("since", string(27), nullable=False),
        sa.Column("expires_at", string(27), nullable=False),
        sa.PrimaryKeyConstraint("source_id"),
    )
    op.create_table(
        "revisions",
        sa.Column("record_id", string(64), sa.ForeignKey("records.id"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("replaced_at", string(27), nullable=False),
        sa.Column("replaced_by_run", string(64)),
        sa.Column("document", string(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "revision"),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", integer()),
        sa.Column("record_id", string(64), sa.ForeignKey("records.id"), nullable=False),
        sa.Column("at", string(27), nullable=False),
        sa.Column("run_id", string(64)),
        sa.Column("status", string(32), nullable=False),
        sa.Column("verdict", string(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("verdicts_by_record", "verdicts", ["record_id"])
