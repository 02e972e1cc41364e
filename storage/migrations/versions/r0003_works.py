"""Works: stated ties, merges that can be undone, the review queue. Redactions."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables about works and redactions."""
    record = ("records.id",)
    op.create_table(
        "work_ties",
        sa.Column("key", string(), nullable=False),
        sa.Column("record_id", string(64), sa.ForeignKey(*record), nullable=False),
        sa.Column("type", string(32), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", "type"),
        sqlite_with_rowid=False,
    )
    op.create_index("work_ties_by_record", "work_ties", ["record_id"])
    op.create_table(
        "work_merges",
        sa.Column("id", integer()),
        sa.Column("at", string(27), nullable=False),
        sa.Column("work_id", string(64), nullable=False),
        sa.Column("old_work_id", string(64), nullable=False),
        sa.Column("record_id", string(64), sa.ForeignKey(*record), nullable=False),
        sa.Column("other_id", string(64), sa.ForeignKey(*record), nullable=False),
        sa.Column("basis", string(32), nullable=False),
        sa.Column("moved", string(), nullable=False),
        sa.Column("reason", string()),
        sa.Column("undone_at", string(27)),
        sa.Column("undone_reason", string()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("work_merges_by_record", "work_merges", ["record_id"])
    for name, moment, words in (("work_bars", "at", "reason"), ("work_candidates", "found_at", "why")):
        op.create_table(
            name,
            sa.Column("a", string(64), sa.ForeignKey(*record), nullable=False),
            sa.Column("b", string(64), sa.ForeignKey(*record), nullable=False),
            sa.Column(moment, string(27), nullable=False),
            sa.Column(words, string(), nullable=words == "reason"),
            sa.PrimaryKeyConstraint("a", "b"),
            sqlite_with_rowid=False,
        )
        op.create_index(f"{name}_by_b", name, ["b"])
    op.create_table(
        "work_blocks",
        sa.Column("key", string(32), nullable=False),
        sa.Column("record_id", string(64), sa.ForeignKey(*record), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("work_blocks_by_record", "work_blocks", ["record_id"])
    op.create_table(
        "redactions",
        sa.Column("key", string(64), nullable=False),
        sa.Column("record_id", string(64), nullable=False),
        sa.Column("orcid", string(64), nullable=False),
        sa.Column("at", string(27), nullable=False),
        sa.Column("reason", string(), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", "orcid"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "secrets",
        sa.Column("name", string(64)),
        sa.Column("value", string(128), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "change_readers",
        sa.Column("name", string(64)),
        sa.Column("seq", integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
