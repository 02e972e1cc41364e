"""The tables as SQLAlchemy Core words. Migrations create them; a test keeps the two equal."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert

NEVER_AGAIN = ("legal", "operator")  # deletion reasons after which a record is neither visited nor stored again


def upsert(table: Table) -> "Insert":
    """INSERT with ON CONFLICT, which SQLite took over from PostgreSQL: either compiles it."""
    from sqlalchemy.dialects.postgresql import insert  # costs a tenth of the start, and readers never write

    return insert(table)


def string(length: int | None = None) -> TypeEngine[str]:
    """Text that every engine sorts and compares by code point, whatever the language of the database."""
    plain = Text() if length is None else String(length)
    return plain.with_variant(Text(collation="C") if length is None else String(length, collation="C"), "postgresql")


def integer() -> TypeEngine[int]:
    """A whole number of 64 bits."""
    return Integer().with_variant(BigInteger(), "postgresql")


class Moment(TypeDecorator[datetime]):
    """A UTC time as text of fixed width, so that it sorts and compares as text on every engine."""

    impl = string(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """`2026-01-31T08:00:00.000000Z`."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The same moment as an aware datetime in UTC."""
        return None if value is None else datetime.fromisoformat(value)


@lru_cache(maxsize=64)
def moment_text(value: datetime) -> str:
    """A time as the tables hold it."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


metadata = MetaData()
_WAITS = text("settled_at IS NULL")


def _table(name: str, *parts: Any, rowid: bool = True) -> Table:
    return Table(name, metadata, *parts, sqlite_with_rowid=rowid)


records = _table(
    "records",
    Column("id", string(64), primary_key=True),
    Column("source_id", string(128), nullable=False),
    Column("work_id", string(64), nullable=False),
    Column("publisher_id", string()),
    Column("url", string(), nullable=False),
    Column("aliases", string(), nullable=False),  # JSON list
    Column("access", string(32), nullable=False),
    Column("integrity", string(32), nullable=False),
    Column("languages", string(), nullable=False),  # " en fr ": each word between blanks
    Column("content_hash", string(64), nullable=False),
    Column("verdict_hash", string(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("deleted_at", Moment),
    Column("deletion_reason", string(32)),
    Column("document", string(), nullable=False),  # the whole Record as JSON
    Index("records_by_source", "source_id"),
    Index("records_by_work", "work_id", sqlite_where=text("work_id <> id"), postgresql_where=text("work_id <> id")),
)

# Every name a record is known by: `pid:`, `url:` or `doi:` and the value. One name means one record per source.
identities = _table(
    "identities",
    Column("key", string(), nullable=False),
    Column("source_id", string(128), nullable=False),
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    PrimaryKeyConstraint("key", "source_id"),
    rowid=False,
)

# Revisions a newer one has replaced; the present one stands in `records`.
revisions = _table(
    "revisions",
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("replaced_at", Moment, nullable=False),
    Column("replaced_by_run", string(64)),
    Column("document", string(), nullable=False),
    PrimaryKeyConstraint("record_id", "revision"),
)

verdicts = _table(
    "verdicts",
    Column("id", integer(), primary_key=True),
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("run_id", string(64)),
    Column("status", string(32), nullable=False),
    Column("verdict", string(), nullable=False),  # JSON
    Index("verdicts_by_record", "record_id"),
)

# Operators' corrections of verdicts. `said`: what the page says, to be put back when the override ends.
overrides = _table(
    "overrides",
    Column("id", integer(), primary_key=True),
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("status", string(32), nullable=False),
    Column("by", string(), nullable=False),
    Column("reason", string(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", string(10)),  # a day
    Column("ended_at", Moment),
    Column("ended_by", string()),
    Column("ended_reason", string()),
    Column("said", string()),  # JSON
    Index("overrides_by_record", "record_id"),
    Index("overrides_by_end", "ended_at", "until"),
)

# Verdicts a person is to look at. `mark` changes with what the verdict rests on; a settled one stays until it does.
doubts = _table(
    "doubts",
    Column("record_id", string(64), ForeignKey("records.id"), primary_key=True),
    Column("kind", string(16), nullable=False),
    Column("mark", string(64), nullable=False),
    Column("since", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("settled_by", string()),
    Column("settled_reason", string()),
    Index("doubts_by_kind", "kind", "since", "record_id", sqlite_where=_WAITS, postgresql_where=_WAITS),
    rowid=False,
)

changes = _table(
    "changes",
    Column("seq", integer(), primary_key=True, autoincrement=False),
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("kind", string(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("work_id", string(64)),  # of `merged` and `split` alone: the work the record is in since
    Column("old_work_id", string(64)),
)

change_head = _table(
    "change_head",
    Column("id", Integer, primary_key=True),  # always 1
    Column("seq", integer(), nullable=False),
    Column("at", Moment, nullable=False),
)

pages = _table(
    "pages",
    Column("source_id", string(128), nullable=False),
    Column("url", string(), nullable=False),
    Column("kind", string(16), nullable=False),
    Column("record_id", string(64)),
    Column("first_seen", Moment, nullable=False),
    Column("due", Moment),  # null: never again unless a newer lastmod says so
    Column("lastmod", Moment),
    Column("etag", string()),
    Column("last_modified", string()),
    Column("digest", string(80)),
    Column("outcome", string(32)),
    Column("detail", string()),
    Column("failures", Integer, nullable=False),
    Column("claimed_by", string(64)),
    Column("visited_at", Moment),
    PrimaryKeyConstraint("source_id", "url"),
    Index("pages_by_due", "source_id", "due"),
    Index("pages_by_record", "record_id"),
    rowid=False,
)

hosts = _table(
    "hosts",
    Column("host", string(255), primary_key=True),
    Column("next_at", Moment, nullable=False),
    Column("owner", string(128)),
    Column("owner_until", Moment),
    Column("hold_until", Moment),
    Column("hold_reason", string()),
)

robots_copies = _table(
    "robots_copies",
    Column("origin", string(512), primary_key=True),  # scheme://host[:port], or the address of a TDMRep file
    Column("status", Integer),  # null: no answer
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", Moment, nullable=False),
)

runs = _table(
    "runs",
    Column("id", string(64), primary_key=True),
    Column("source_id", string(128), nullable=False),
    Column("outcome", string(16), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("resumed_from", string(64)),
    Column("counts", string(), nullable=False),  # JSON
    Column("notes", string(), nullable=False),  # JSON
    Column("seen", string(), nullable=False, server_default="{}"),  # JSON
    Index("runs_by_source", "source_id", "started_at"),
)

leases = _table(
    "leases",
    Column("source_id", string(128), primary_key=True),
    Column("run_id", string(64), ForeignKey("runs.id"), nullable=False),
    Column("host", string(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", string(), nullable=False),
    Column("since", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("stop_by", string()),  # who asked this Run to stop
)

spool_segments = _table(
    "spool_segments",
    Column("name", string(128), primary_key=True),
)

archive_entries = _table(
    "archive_entries",
    Column("file", string(255), nullable=False),
    Column("offset", integer(), nullable=False),
    Column("length", integer(), nullable=False),
    Column("source_id", string(128), nullable=False),
    Column("record_id", string(64)),
    Column("url", string(), nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("cut", Integer, nullable=False),  # 0 as served | 1 cut | 2 a revisit: no body at all
    Column("reason", string()),
    PrimaryKeyConstraint("file", "offset"),
    Index("archive_entries_by_record", "record_id"),
    Index("archive_entries_by_url", "url"),
    Index("archive_entries_by_source", "source_id"),
)

# How far the index of words has followed the change log; written only by who holds the lock `search`.
search_head = _table(
    "search_head",
    Column("id", Integer, primary_key=True),  # always 1
    Column("seq", integer(), nullable=False),
    Column("analyser", string(), nullable=False),  # version of the tokens it holds
)

# Records that can be found. Their words stand in `search_words`, which each engine makes its own way.
search_entries = _table(
    "search_entries",
    Column("place", integer(), primary_key=True, autoincrement=False),  # rises with the day of publication
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False, unique=True),
    Column("source_id", string(128), nullable=False),
    Column("access", string(32), nullable=False),
    Column("languages", string(), nullable=False),  # "en fr"
    Column("journal", string(), nullable=False),
    Column("year", Integer, nullable=False),  # 0: not known
)

# Keywords by record, in one piece (`key`): what the thesaurus learns from.
search_keywords = _table(
    "search_keywords",
    Column("key", string(), nullable=False),
    Column("language", string(32), nullable=False),
    Column("place", integer(), nullable=False),
    Column("position", Integer, nullable=False),
    Column("of", Integer, nullable=False),  # keywords in the list
    Column("term", string(), nullable=False),  # as written
    PrimaryKeyConstraint("key", "language", "place"),
    Index("search_keywords_by_place", "place"),
    rowid=False,
)

search_terms = _table(
    "search_terms",
    Column("key", string(), nullable=False),
    Column("language", string(32), nullable=False),
    Column("records", Integer, nullable=False),
    PrimaryKeyConstraint("key", "language"),
    rowid=False,
)

search_languages = _table(
    "search_languages",
    Column("language", string(32), primary_key=True),  # primary code of a text that is indexed
)

# How far the OAI-PMH provider has followed the change log. One row, written only by who holds the lock `oai`.
oai_head = _table(
    "oai_head",
    Column("id", Integer, primary_key=True),  # always 1
    Column("seq", integer(), nullable=False),
    Column("stamp", integer(), nullable=False),  # the last datestamp given
    Column("closed", integer(), nullable=False),  # no datestamp before this one will be given any more
    Column("rendered", integer(), nullable=False),  # items up to this number were rendered ahead
    Column("version", string(), nullable=False),  # of the judgement on all items
)

# Records that harvesters were or may be told of, with the Change they were last about; words between blanks.
oai_items = _table(
    "oai_items",
    Column("record_id", string(64), ForeignKey("records.id"), primary_key=True),
    Column("seq", integer(), nullable=False, unique=True),
    Column("stamp", integer(), nullable=False),  # seconds since 1970; rises with seq
    Column("formats", string(), nullable=False),  # prefixes it can be had in; none: deleted
    Column("once", string(), nullable=False),  # prefixes it could ever be had in
    Column("sets", string(), nullable=False),  # specs; none is ever left
    Index("oai_items_by_stamp", "stamp", "seq"),
    rowid=False,
)

oai_members = _table(
    "oai_members",
    Column("spec", string(), nullable=False),
    Column("seq", integer(), nullable=False),
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    PrimaryKeyConstraint("spec", "seq"),
    Index("oai_members_by_record", "record_id"),
    rowid=False,
)

oai_sets = _table(
    "oai_sets",
    Column("spec", string(), primary_key=True),
    Column("name", string(), nullable=False),
    rowid=False,
)

# Rendered metadata of items, good while the item has the same number.
oai_metadata = _table(
    "oai_metadata",
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("prefix", string(32), nullable=False),
    Column("seq", integer(), nullable=False),
    Column("xml", LargeBinary, nullable=False),  # in UTF-8
    PrimaryKeyConstraint("record_id", "prefix"),
)

# Made from the other tables, and from the change log on; a backup leaves them out.
DERIVED = (search_head, search_entries, search_keywords, search_terms, search_languages, oai_metadata)

# What records state of others by key (`doi:`, `url:`, `pmid:` ...), to be found by a record that comes later;
# type `self`: the record's own identifier at a registry.
work_ties = _table(
    "work_ties",
    Column("key", string(), nullable=False),
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("type", string(32), nullable=False),
    PrimaryKeyConstraint("key", "record_id", "type"),
    Index("work_ties_by_record", "record_id"),
    rowid=False,
)

# Every merge of two works, so that it can be undone: `record_id`, of the work that went, was tied to `other_id`.
work_merges = _table(
    "work_merges",
    Column("id", integer(), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("work_id", string(64), nullable=False),
    Column("old_work_id", string(64), nullable=False),
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("other_id", string(64), ForeignKey("records.id"), nullable=False),
    Column("basis", string(32), nullable=False),
    Column("moved", string(), nullable=False),  # JSON list of record ids
    Column("reason", string()),
    Column("undone_at", Moment),
    Column("undone_reason", string()),
    Index("work_merges_by_record", "record_id"),
)

# Pairs the operator keeps apart, smaller id first: no harvest puts them into one work again.
work_bars = _table(
    "work_bars",
    Column("a", string(64), ForeignKey("records.id"), nullable=False),
    Column("b", string(64), ForeignKey("records.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", string()),
    PrimaryKeyConstraint("a", "b"),
    Index("work_bars_by_b", "b"),
    rowid=False,
)

# The review queue: pairs that look like editions of one work, smaller id first, and why (JSON list of sentences).
work_candidates = _table(
    "work_candidates",
    Column("a", string(64), ForeignKey("records.id"), nullable=False),
    Column("b", string(64), ForeignKey("records.id"), nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("why", string(), nullable=False),
    PrimaryKeyConstraint("a", "b"),
    Index("work_candidates_by_b", "b"),
    Index("work_candidates_by_time", "found_at", "a", "b"),
    rowid=False,
)

work_blocks = _table(
    "work_blocks",
    Column("key", string(32), nullable=False),  # hash of a normalised title
    Column("record_id", string(64), ForeignKey("records.id"), nullable=False),
    PrimaryKeyConstraint("key", "record_id"),
    Index("work_blocks_by_record", "record_id"),
    rowid=False,
)

# Which record a duplicate that was deleted went into.
successors = _table(
    "successors",
    Column("record_id", string(64), ForeignKey("records.id"), primary_key=True),
    Column("successor_id", string(64), ForeignKey("records.id"), nullable=False),
    rowid=False,
)

# Keys of the HTTP API. The secret of a key stands nowhere, only its SHA-256 (it is random, 256 bits).
api_keys = _table(
    "api_keys",
    Column("id", string(16), primary_key=True),
    Column("hash", string(64), nullable=False),
    Column("owner", string(), nullable=False),
    Column("scopes", string(), nullable=False),  # "abstracts operate"
    Column("rate", Integer),  # requests in a minute; null: as the settings say
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    rowid=False,
)

# How far a reader of the change log has come that keeps its place in the database.
change_readers = _table(
    "change_readers",
    Column("name", string(64), primary_key=True),
    Column("seq", integer(), nullable=False),
)

# Names that were redacted on request, as keyed hashes of their normal forms; the names themselves stand nowhere.
redactions = _table(
    "redactions",
    Column("key", string(64), nullable=False),
    Column("record_id", string(64), nullable=False),  # empty: in every record
    Column("orcid", string(64), nullable=False),  # hash, empty when not known: somebody with another one is spared
    Column("at", Moment, nullable=False),
    Column("reason", string(), nullable=False),
    PrimaryKeyConstraint("key", "record_id", "orcid"),
    rowid=False,
)

secrets = _table(
    "secrets",
    Column("name", string(64), primary_key=True),
    Column("value", string(128), nullable=False),
)

# One row for every Source a scheduler has seen. `last_at` is the latest fire that was claimed.
schedules = _table(
    "schedules",
    Column("source_id", string(128), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("last_at", Moment),
    Column("paused_at", Moment),
    Column("paused_by", string()),
    Column("paused_reason", string()),
    Column("rules", string()),  # JSON: the operator's own, before those of the source file
    Column("requested_at", Moment),
    Column("requested_by", string()),
)

fires = _table(
    "fires",
    Column("source_id", string(128), nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", string(16), nullable=False),
    Column("claimed_by", string(), nullable=False),
    Column("claimed_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("run_id", string(64)),
    Column("note", string(), nullable=False),
    PrimaryKeyConstraint("source_id", "at"),
    Index("fires_by_state", "state"),
    rowid=False,
)

# Who leads. `beat` grows with every sign of life: others compare it with their own clocks, never two machines' clocks.
leaders = _table(
    "leaders",
    Column("name", string(64), primary_key=True),
    Column("host", string(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", string(), nullable=False),
    Column("beat", integer(), nullable=False),
    Column("since", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

# Whom alerts tell. `key` is the address as it is compared.
readers = _table(
    "readers",
    Column("id", string(32), primary_key=True),
    Column("address", string(), nullable=False),
    Column("key", string(), nullable=False, unique=True),
    Column("name", string(), nullable=False),
    Column("language", string(8), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("bounces", Integer, nullable=False),
    Column("suspended_at", Moment),
    Column("suspended_reason", string(), nullable=False),
    Column("generation", Integer, nullable=False),
)

alerts = _table(
    "alerts",
    Column("id", string(32), primary_key=True),
    Column("reader_id", string(32), ForeignKey("readers.id")),
    Column("name", string(), nullable=False),
    Column("wants", string(), nullable=False),  # JSON
    Column("channel", string(16), nullable=False),
    Column("timing", string(), nullable=False),  # JSON
    Column("language", string(8), nullable=False),
    Column("state", string(16), nullable=False),
    Column("made_by", string(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("seq", integer(), nullable=False),
    Column("started_seq", integer(), nullable=False),
    Column("due_at", Moment),
    Column("last_at", Moment),
    Column("generation", Integer, nullable=False),
    Column("feed_generation", Integer, nullable=False),
    Index("alerts_by_reader", "reader_id"),
)

# The outbox, and what became of what left it.
deliveries = _table(
    "deliveries",
    Column("id", string(64), primary_key=True),
    Column("kind", string(16), nullable=False),
    Column("alert_id", string(32)),
    Column("reader_id", string(32)),
    Column("after_seq", integer(), nullable=False),
    Column("until_seq", integer(), nullable=False),
    Column("items", Integer, nullable=False),
    Column("state", string(16), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("unclear", Integer, nullable=False),
    Column("next_at", Moment),
    Column("claimed_by", string()),
    Column("claimed_at", Moment),
    Column("sent_at", Moment),
    Column("note", string(), nullable=False),
    Index("deliveries_by_state", "state", "next_at"),
    Index("deliveries_by_alert", "alert_id"),
    Index("deliveries_by_reader", "reader_id"),
)

# The ledger: what each alert tells of each record. Without a delivery it waits for the next digest.
told = _table(
    "told",
    Column("alert_id", string(32), ForeignKey("alerts.id"), nullable=False),
    Column("record_id", string(64), nullable=False),
    Column("news", string(16), nullable=False),
    Column("seq", integer(), nullable=False),
    Column("work_id", string(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("was", string(32), nullable=False),
    Column("became", string(32), nullable=False),
    Column("delivery_id", string(64)),
    PrimaryKeyConstraint("alert_id", "record_id", "news", "seq"),
    Index("told_by_record", "record_id"),
    Index("told_by_delivery", "delivery_id"),
    rowid=False,
)

# Addresses nothing is ever sent to again, as keyed hashes; the addresses themselves stand nowhere.
suppressed = _table(
    "suppressed",
    Column("key", string(64), primary_key=True),
    Column("at", Moment, nullable=False),
)

# Who may sign in to the console. The password stands nowhere, only its argon2id hash.
accounts = _table(
    "accounts",
    Column("id", string(16), primary_key=True),
    Column("name", string(64), nullable=False, unique=True),
    Column("role", string(16), nullable=False),
    Column("password", string(), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("password_at", Moment, nullable=False),
    Column("disabled_at", Moment),
)

# Who is signed in. The token of a session stands nowhere, only its SHA-256 (it is random, 256 bits).
sessions = _table(
    "sessions",
    Column("hash", string(64), primary_key=True),
    Column("account_id", string(16), ForeignKey("accounts.id"), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),  # to the minute
    Index("sessions_by_account", "account_id"),
    rowid=False,
)

# What was done in the console and to accounts: entries are only ever added, and forgotten when they are old.
audit = _table(
    "audit",
    Column("id", integer(), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", string(), nullable=False),
    Column("act", string(32), nullable=False),
    Column("about", string(), nullable=False),
    Column("origin", string(), nullable=False),
    Index("audit_by_time", "at"),
)

# What registries said by DOI: the last answer, when it came and until when it is good. Part of no record.
lookups = _table(
    "lookups",
    Column("doi", string(), nullable=False),
    Column("registry", string(16), nullable=False),
    Column("seq", integer(), nullable=False),  # the latest Change that asked for it
    Column("fetched_at", Moment),
    Column("expires_at", Moment),  # null: not to be asked for now
    Column("failures", Integer, nullable=False),  # in a row
    Column("said", string()),  # JSON
    Column("changed", integer(), nullable=False),  # rises over all rows whenever an answer differs; 0: no answer yet
    PrimaryKeyConstraint("doi", "registry"),
    Index("lookups_by_expiry", "registry", "expires_at"),
    Index("lookups_by_change", "changed"),
    rowid=False,
)
