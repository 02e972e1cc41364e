"""Schedules, their fires, and who leads."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "schedules",
        sa.Column("source_id", string(128)),
        sa.Column("since", string(27), nullable=False),
        sa.Column("last_at", string(27)),
        sa.Column("paused_at", string(27)),
        sa.Column("paused_by", string()),
        sa.Column("paused_reason", string()),
        sa.Column("rules", string()),
        sa.Column("requested_at", string(27)),
        sa.Column("requested_by", string()),
        sa.PrimaryKeyConstraint("source_id"),
    )
    op.create_table(
        "fires",
        sa.Column("source_id", string(128), nullable=False),
        sa.Column("at", string(27), nullable=False),
        sa.Column("state", string(16), nullable=False),
        sa.Column("claimed_by", string(), nullable=False),
        sa.Column("claimed_at", string(27), nullable=False),
        sa.Column("ended_at", string(27)),
        sa.Column("run_id", string(64)),
        sa.Column("note", string(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "at"),
        sqlite_with_rowid=False,
    )
    op.create_index("fires_by_state", "fires", ["state"])
    op.create_table(
        "leaders",
        sa.Column("name", string(64)),
        sa.Column("host", string(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", string(), nullable=False),
        sa.Column("beat", integer(), nullable=False),
        sa.Column("since", string(27), nullable=False),
        sa.Column("seen_at", string(27), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
