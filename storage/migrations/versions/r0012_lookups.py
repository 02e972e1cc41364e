"""What registries say of closed articles, by DOI."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "lookups",
        sa.Column("doi", string(), nullable=False),
        sa.Column("registry", string(16), nullable=False),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("fetched_at", string(27)),
        sa.Column("expires_at", string(27)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("said", string()),
        sa.Column("changed", integer(), nullable=False),
        sa.PrimaryKeyConstraint("doi", "registry"),
        sqlite_with_rowid=False,
    )
    op.create_index("lookups_by_expiry", "lookups", ["registry", "expires_at"])
    op.create_index("lookups_by_change", "lookups", ["changed"])
