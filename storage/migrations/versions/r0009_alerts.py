"""Readers, their alerts, what waits to be told, and the outbox."""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the five tables."""
    op.create_table(
        "readers",
        sa.Column("id", string(32), primary_key=True),
        sa.Column("address", string(), nullable=False),
        sa.Column("key", string(), nullable=False, unique=True),
        sa.Column("name", string(), nullable=False),
        sa.Column("language", string(8), nullable=False),
        sa.Column("created_at", string(27), nullable=False),
        sa.Column("confirmed_at", string(27)),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("suspended_at", string(27)),
        sa.Column("suspended_reason", string(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("id", string(32), primary_key=True),
        sa.Column("reader_id", string(32), sa.ForeignKey("readers.id")),
        sa.Column("name", string(), nullable=False),
        sa.Column("wants", string(), nullable=False),
        sa.Column("channel", string(16), nullable=False),
        sa.Column("timing", string(), nullable=False),
        sa.Column("language", string(8), nullable=False),
        sa.Column("state", string(16), nullable=False),
        sa.Column("made_by", string(16), nullable=False),
        sa.Column("created_at", string(27), nullable=False),
        sa.Column("started_at", string(27)),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("started_seq", integer(), nullable=False),
        sa.Column("due_at", string(27)),
        sa.Column("last_at", string(27)),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("feed_generation", sa.Integer(), nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", string(64), primary_key=True),
        sa.Column("kind", string(16), nullable=False),
        sa.Column("alert_id", string(32)),
        sa.Column("reader_id", string(32)),
        sa.Column("after_seq", integer(), nullable=False),
        sa.Column("until_seq", integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("state", string(16), nullable=False),
        sa.Column("made_at", string(27), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("unclear", sa.Integer(), nullable=False),
        sa.Column("next_at", string(27)),
        sa.Column("claimed_by", string()),
        sa.Column("claimed_at", string(27)),
        sa.Column("sent_at", string(27)),
        sa.Column("note", string(), nullable=False),
    )
    op.create_table(
        "told",
        sa.Column("alert_id", string(32), sa.ForeignKey("alerts.id"), nullable=False),
        sa.Column("record_id", string(64), nullable=False),
        sa.Column("news", string(16), nullable=False),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("work_id", string(64), nullable=False),
        sa.Column("at", string(27), nullable=False),
        sa.Column("was", string(32), nullable=False),
        sa.Column("became", string(32), nullable=False),
        sa.Column("delivery_id", string(64)),
        sa.PrimaryKeyConstraint("alert_id", "record_id", "news", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppressed",
        sa.Column("key", string(64), primary_key=True),
        sa.Column("at", string(27), nullable=False),
    )
    op.create_index("alerts_by_reader", "alerts", ["reader_id"])
    op.create_index("deliveries_by_state", "deliveries", ["state", "next_at"])
    op.create_index("deliveries_by_alert", "deliveries", ["alert_id"])
    op.create_index("deliveries_by_reader", "deliveries", ["reader_id"])
    op.create_index("told_by_record", "told", ["record_id"])
    op.create_index("told_by_delivery", "told", ["delivery_id"])
