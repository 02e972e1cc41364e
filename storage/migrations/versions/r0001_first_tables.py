"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "archive_entries",
        sa.Column("file", sa.String(255), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(128), nullable=False),
        sa.Column("record_id", sa.String(64)),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.String(27), nullable=False),
        sa.Column("cut", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("file", "offset"),
    )
    op.create_index("archive_entries_by_record", "archive_entries", ["record_id"])
    op.create_index("archive_entries_by_source", "archive_entries", ["source_id"])
    op.create_index("archive_entries_by_url", "archive_entries", ["url"])
    op.create_table(
        "change_head",
        sa.Column("id", sa.Integer()),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.String(255)),
        sa.Column("next_at", sa.String(27), nullable=False),
        sa.Column("owner", sa.String(128)),
        sa.Column("owner_until", sa.String(27)),
        sa.Column("hold_until", sa.String(27)),
        sa.Column("hold_reason", sa.Text()),
        sa.PrimaryKeyConstraint("host"),
    )
    op.create_table(
        "pages",
        sa.Column("source_id", sa.String(128), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("record_id", sa.String(64)),
        sa.Column("first_seen", sa.String(27), nullable=False),
        sa.Column("due", sa.String(27)),
        sa.Column("lastmod", sa.String(27)),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("digest", sa.String(80)),
        sa.Column("outcome", sa.String(32)),
        sa.Column("detail", sa.Text()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(64)),
        sa.Column("visited_at", sa.String(27)),
        sa.PrimaryKeyConstraint("source_id", "url"),
        sqlite_with_rowid=False,
    )
    op.create_index("pages_by_due", "pages", ["source_id", "due"])
    op.create_index("pages_by_record", "pages", ["record_id"])
    op.create_table(
        "records",
        sa.Column("id", sa.String(64)),
        sa.Column("source_id", sa.String(128), nullable=False),
        sa.Column("work_id", sa.String(64), nullable=False),
        sa.Column("publisher_id", sa.Text()),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("access", sa.String(32), nullable=False),
        sa.Column("integrity", sa.String(32), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("verdict_hash", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("updated_at", sa.String(27), nullable=False),
        sa.Column("deleted_at", sa.String(27)),
        sa.Column("deletion_reason", sa.String(32)),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("records_by_source", "records", ["source_id"])
    op.create_index("records_by_work", "records", ["work_id"])
    op.create_table(
        "robots_copies",
        sa.Column("origin", sa.String(512)),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(64)),
        sa.Column("source_id", sa.String(128), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("started_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27)),
        sa.Column("resumed_from", sa.String(64)),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("runs_by_source", "runs", ["source_id", "started_at"])
    op.create_table(
        "spool_segments",
        sa.Column("name", sa.String(128)),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "changes",
        sa.Column("seq", sa.Integer(), autoincrement=False),
        sa.Column("record_id", sa.String(64), sa.ForeignKey("records.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "identities",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source_id", sa.String(128), nullable=False),
        sa.Column("record_id", sa.String(64), sa.ForeignKey("records.id"), nullable=False),
        sa.PrimaryKeyConstraint("key", "source_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        sa.Column("source_id", sa.String(128)),
        sa.Column("run_id", sa.String(64), sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("expires_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("source_id"),
    )
    op.create_table(
        "revisions",
        sa.Column("record_id", sa.String(64), sa.ForeignKey("records.id"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("replaced_at", sa.String(27), nullable=False),
        sa.Column("replaced_by_run", sa.String(64)),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "revision"),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer()),
        sa.Column("record_id", sa.String(64), sa.ForeignKey("records.id"), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("run_id", sa.String(64)),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("verdicts_by_record", "verdicts", ["record_id"])
