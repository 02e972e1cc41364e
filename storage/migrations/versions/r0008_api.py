"""What the HTTP API tells: keys, the works of merges and splits, where a duplicate went."""

import sqlalchemy as sa
from alembic import op

from storage.tables import string

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables; Changes that were logged before do not tell their works."""
    op.add_column("changes", sa.Column("work_id", string(64)))
    op.add_column("changes", sa.Column("old_work_id", string(64)))
    op.create_table(
        "successors",
        sa.Column("record_id", string(64), sa.ForeignKey("records.id")),
        sa.Column("successor_id", string(64), sa.ForeignKey("records.id"), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_keys",
        sa.Column("id", string(16)),
        sa.Column("hash", string(64), nullable=False),
        sa.Column("owner", string(), nullable=False),
        sa.Column("scopes", string(), nullable=False),
        sa.Column("rate", sa.Integer()),
        sa.Column("created_at", string(27), nullable=False),
        sa.Column("last_used_at", string(27)),
        sa.Column("revoked_at", string(27)),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
