"""Works: stated ties, merges that can be undone, the review queue."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables about works."""
    record = ("records.id",)
    op.create_table(
        "work_ties",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("record_id", sa.String(64), sa.ForeignKey(*record), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", "type"),
        sqlite_with_rowid=False,
    )
    op.create_index("work_ties_by_record", "work_ties", ["record_id"])
    op.create_table(
        "work_merges",
        sa.Column("id", sa.Integer()),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("work_id", sa.String(64), nullable=False),
        sa.Column("old_work_id", sa.String(64), nullable=False),
        sa.Column("record_id", sa.String(64), sa.ForeignKey(*record), nullable=False),
        sa.Column("other_id", sa.String(64), sa.ForeignKey(*record), nullable=False),
        sa.Column("basis", sa.String(32), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("undone_at", sa.String(27)),
        sa.Column("undone_reason", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("work_merges_by_record", "work_merges", ["record_id"])
    for name, moment, words in (("work_bars", "at", "reason"), ("work_candidates", "found_at", "why")):
        op.create_table(
            name,
            sa.Column("a", sa.String(64), sa.ForeignKey(*record), nullable=False),
            sa.Column("b", sa.String(64), sa.ForeignKey(*record), nullable=False),
            sa.Column(moment, sa.String(27), nullable=False),
            sa.Column(words, sa.Text(), nullable=words == "reason"),
            sa.PrimaryKeyConstraint("a", "b"),
            sqlite_with_rowid=False,
        )
        op.create_index(f"{name}_by_b", name, ["b"])
    op.create_table(
        "work_blocks",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(64), sa.ForeignKey(*record), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("work_blocks_by_record", "work_blocks", ["record_id"])
    op.create_table(
        "change_readers",
        sa.Column("name", sa.String(64)),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
