"""What the records of a Run were like, beside what it counted."""

import sqlalchemy as sa
from alembic import op

from storage.tables import string

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs of before were not measured."""
    op.add_column("runs", sa.Column("seen", string(), nullable=False, server_default="{}"))
