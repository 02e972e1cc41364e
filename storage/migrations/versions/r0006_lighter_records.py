"""What saving a record costs: an index of works that holds only what was merged, documents that are not compressed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Hardly a record is in the work of another. PostgreSQL would spend a third of its time packing documents."""
    op.drop_index("records_by_work", "records")
    merged = sa.text("work_id <> id")
    op.create_index("records_by_work", "records", ["work_id"], sqlite_where=merged, postgresql_where=merged)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE records ALTER COLUMN document SET STORAGE EXTERNAL")
