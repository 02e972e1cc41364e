"""The index of words and the keywords of the thesaurus; the folded text they replace goes.

The tables are left empty: the index follows the change log from its beginning.
"""

import sqlalchemy as sa
from alembic import op

from storage.tables import integer, string

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_words USING fts5(title, keyword, other, abstract,"
        " tokenize = \"ascii tokenchars '_-'\", columnsize = 0)",
    ),
    "postgresql": (
        'CREATE TABLE search_words (place BIGINT PRIMARY KEY, title TEXT COLLATE "C" NOT NULL,'
        ' keyword TEXT COLLATE "C" NOT NULL, other TEXT COLLATE "C" NOT NULL,'
        " heads TSVECTOR NOT NULL, words TSVECTOR NOT NULL) WITH (toast_tuple_target = 128)",
        # Looked into by the thousand, they are stored as they are. Nothing is planned by their statistics.
        "ALTER TABLE search_words ALTER heads SET STORAGE EXTERNAL, ALTER words SET STORAGE EXTERNAL,"
        " ALTER heads SET STATISTICS 0, ALTER words SET STATISTICS 0",
        # What is pending is read by every search.
        "CREATE INDEX search_words_by_head ON search_words USING GIN (heads) WITH (gin_pending_list_limit = 256)",
        "CREATE INDEX search_words_by_word ON search_words USING GIN (words) WITH (gin_pending_list_limit = 256)",
    ),
}


def upgrade() -> None:
    """Make the tables of search."""
    op.create_table(
        "search_head",
        sa.Column("id", sa.Integer()),
        sa.Column("seq", integer(), nullable=False),
        sa.Column("analyser", string(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "search_entries",
        sa.Column("place", integer(), autoincrement=False),
        sa.Column("record_id", string(64), nullable=False),
        sa.Column("source_id", string(128), nullable=False),
        sa.Column("access", string(32), nullable=False),
        sa.Column("languages", string(), nullable=False),
        sa.Column("journal", string(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"]),
        sa.UniqueConstraint("record_id"),
    )
    op.create_table(
        "search_keywords",
        sa.Column("key", string(), nullable=False),
        sa.Column("language", string(32), nullable=False),
        sa.Column("place", integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("term", string(), nullable=False),
        sa.PrimaryKeyConstraint("key", "language", "place"),
        sqlite_with_rowid=False,
    )
    op.create_index("search_keywords_by_place", "search_keywords", ["place"])
    op.create_table(
        "search_terms",
        sa.Column("key", string(), nullable=False),
        sa.Column("language", string(32), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "language"),
        sqlite_with_rowid=False,
    )
    op.create_table("search_languages", sa.Column("language", string(32)), sa.PrimaryKeyConstraint("language"))
    for statement in _WORDS[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_column("records", "folded")
