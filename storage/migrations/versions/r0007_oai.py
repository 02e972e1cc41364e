"""Items of the OAI-PMH provider, their sets and their rendered metadata."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the five tables; they are filled by who reads the change log. XML is packed by nobody."""
    op.create_table(
        "oai_head",
        sa.Column("id", sa.Integer()),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("stamp", integer(), nullable=False),
        sa.Column("closed", integer(), nullable=False),
        sa.Column("rendered", integer(), nullable=False),
        sa.Column("version", string(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "oai_items",
        sa.Column("record_id", string(64)),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("stamp", integer(), nullable=False),
        sa.Column("formats", string(), nullable=False),
        sa.Column("once", string(), nullable=False),
        sa.Column("sets", string(), nullable=False),
        sa.PrimaryKeyConstraint("record_id"),
        sa.UniqueConstraint("seq"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"]),
        sqlite_with_rowid=False,
    )
    op.create_index("oai_items_by_stamp", "oai_items", ["stamp", "seq"])
    op.create_table(
        "oai_members",
        sa.Column("spec", string(), nullable=False),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("record_id", string(64), nullable=False),
        sa.PrimaryKeyConstraint("spec", "seq"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"]),
        sqlite_with_rowid=False,
    )
    op.create_index("oai_members_by_record", "oai_members", ["record_id"])
    op.create_table(
        "oai_sets",
        sa.Column("spec", string()),
        sa.Column("name", string(), nullable=False),
        sa.PrimaryKeyConstraint("spec"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "oai_metadata",
        sa.Column("record_id", string(64), nullable=False),
        sa.Column("prefix", string(32), nullable=False),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "prefix"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"]),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE oai_metadata ALTER COLUMN xml SET STORAGE EXTERNAL")
