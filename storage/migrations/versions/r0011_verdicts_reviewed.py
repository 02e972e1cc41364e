"""Operators' overrides of verdicts, and the verdicts they are to look at; the queue of pairs a page at a time."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the two tables; `Store.upgrade` fills the second from the records."""
    op.create_table(
        "overrides",
        sa.Column("id", integer(), primary_key=True),
        sa.Column("record_id", string(64), sa.ForeignKey("records.id"), nullable=False),
        sa.Column("status", string(32), nullable=False),
        sa.Column("by", string(), nullable=False),
        sa.Column("reason", string(), nullable=False),
        sa.Column("at", string(27), nullable=False),
        sa.Column("until", string(10)),
        sa.Column("ended_at", string(27)),
        sa.Column("ended_by", string()),
        sa.Column("ended_reason", string()),
        sa.Column("said", string()),
    )
    op.create_table(
        "doubts",
        sa.Column("record_id", string(64), sa.ForeignKey("records.id"), primary_key=True),
        sa.Column("kind", string(16), nullable=False),
        sa.Column("mark", string(64), nullable=False),
        sa.Column("since", string(27), nullable=False),
        sa.Column("settled_at", string(27)),
        sa.Column("settled_by", string()),
        sa.Column("settled_reason", string()),
        sqlite_with_rowid=False,
    )
    op.create_index("overrides_by_record", "overrides", ["record_id"])
    op.create_index("overrides_by_end", "overrides", ["ended_at", "until"])
    waits = sa.text("settled_at IS NULL")
    op.create_index(
        "doubts_by_kind", "doubts", ["kind", "since", "record_id"], sqlite_where=waits, postgresql_where=waits
    )
    op.create_index("work_candidates_by_time", "work_candidates", ["found_at", "a", "b"])
