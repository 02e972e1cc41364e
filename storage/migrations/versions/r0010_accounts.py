"""Who may sign in to the console, who is signed in, what was done there; and Runs that are asked to stop."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables, and a column of the leases."""
    op.add_column("leases", sa.Column("stop_by", string()))
    op.create_table(
        "accounts",
        sa.Column("id", string(16), primary_key=True),
        sa.Column("name", string(64), nullable=False, unique=True),
        sa.Column("role", string(16), nullable=False),
        sa.Column("password", string(), nullable=False),
        sa.Column("created_at", string(27), nullable=False),
        sa.Column("password_at", string(27), nullable=False),
        sa.Column("disabled_at", string(27)),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", string(64)),
        sa.Column("account_id", string(16), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("began_at", string(27), nullable=False),
        sa.Column("seen_at", string(27), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("id", integer(), primary_key=True),
        sa.Column("at", string(27), nullable=False),
        sa.Column("who", string(), nullable=False),
        sa.Column("act", string(32), nullable=False),
        sa.Column("about", string(), nullable=False),
        sa.Column("origin", string(), nullable=False),
    )
    op.create_index("sessions_by_account", "sessions", ["account_id"])
    op.create_index("audit_by_time", "audit", ["at"])
