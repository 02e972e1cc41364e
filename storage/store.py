"""The Store: one open database and the small classes that read and write it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import Connection, func, make_url, select
from sqlalchemy.exc import ArgumentError

from harvester.errors import StorageError
from storage import doubts, grouping, migrations, redaction
from storage.accounts import Accounts
from storage.alerts import Alerts
from storage.archive_index import ArchiveIndex
from storage.audit import Audit
from storage.changes import Changes, write_pending
from storage.database import Database
from storage.deliveries import Deliveries
from storage.doubts import Doubts
from storage.figures import Figures
from storage.hosts import Hosts
from storage.keys import Keys
from storage.leaders import Leaders
from storage.lookups import Lookups
from storage.news import Followed
from storage.oai import Oai
from storage.overrides import Overrides
from storage.pages import Pages
from storage.records import Records
from storage.redaction import Redactor
from storage.runs import Runs
from storage.schedules import Schedules
from storage.search.search import Search
from storage.secret import secret
from storage.tables import change_head, changes
from storage.unit import Unit
from storage.works import Works

if TYPE_CHECKING:
    from storage.redacting import Outcome, Request

_TIES = "0003"  # the revision since which stated ties are kept
_DOUBTS = "0011"  # the revision since which doubtful verdicts are kept
BUSY_S = 60.0  # how long a writer waits for another before it says so

_T = TypeVar("_T")


class Store:
    """An open database. Use as a context manager; write through `transact`, or `begin` where nothing is tried again.

    `name` says in messages which one it is, without a password.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.name = database.name
        self.changes = Changes(database)
        self.pages = Pages(database)
        self.hosts = Hosts(database)
        self.runs = Runs(database)
        self.schedules = Schedules(database)
        self.leaders = Leaders(database)
        self.keys = Keys(database)
        self.accounts = Accounts(database)
        self.audit = Audit(database)
        self.archive_index = ArchiveIndex(database)
        self.search = Search(database, database.engine_name)
        self.oai = Oai(database)
        self.records = Records(database, self.changes, self.pages, self.archive_index, self.search)
        self.overrides = Overrides(database, self.changes)
        self.doubts = Doubts(database)
        self.works = Works(database, self.changes)
        self.figures = Figures(self.snapshot)
        self.alerts = Alerts(database)
        self.deliveries = Deliveries(database)
        self.news = Followed(database)
        self.lookups = Lookups(database)

    @classmethod
    def open(cls, database_url: str, *, migrate: bool = False, busy_s: float = BUSY_S) -> Self:
        """Open `sqlite:///PATH` or `postgresql://USER@HOST/NAME`; with `migrate`, make or upgrade it first.

        Raises StorageError, naming the database and the remedy, when it cannot be reached or written, is damaged,
        or has a schema newer than this program, or older and `migrate` is not set. Damage is left as it is.
        """
        store = cls(_database(database_url, create=migrate, busy_s=busy_s))
        try:
            store._database.connect()
            store._settle_schema(migrate=migrate)
        except BaseException:
            store.close()
            raise
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def transact(self, work: Callable[[Unit], _T], *, durable: bool = True, scrub: bool = False) -> _T:
        """What `work` returns, after one unit of work of its own was committed.

        All of `work` is done again when the database is lost in the middle or gives way to another writer: it must
        leave no mark but in its unit.
        """
        return self._database.repeatedly(lambda: self._once(work, durable, scrub))

    def _once(self, work: Callable[[Unit], _T], durable: bool, scrub: bool) -> _T:
        with self.begin(durable=durable, scrub=scrub) as unit:
            return work(unit)

    @contextmanager
    def begin(self, *, durable: bool = True, scrub: bool = False) -> Iterator[Unit]:
        """A unit of work: all of it is committed at the end, none of it after an exception.

        Writers wait for each other, a minute and more. `durable=False` spares the wait for the disk where a
        power cut may cost the last entries (host turns). `scrub` overwrites on the disk what is deleted.
        """
        with self._database.write(durable=durable, scrub=scrub) as connection:
            unit = Unit(connection)
            yield unit
            write_pending(unit)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A bare connection that sees one snapshot; for what copies whole tables."""
        with self._database.said_plainly(), self._database.reading() as connection:
            yield connection

    def upgrade(self) -> list[str]:
        """Bring the schema up to date in one transaction, then the index of words; returns the revisions applied."""
        applied = self.transact(_upgraded)
        self.search.renew()
        return applied

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of this process, where readers never wait."""
        return self._database.embedded

    @property
    def engine_name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._database.engine_name

    @property
    def schema(self) -> str:
        """The revision of the schema; empty where there is none."""
        return self._revision() or ""

    def ping(self) -> None:
        """Read one row, without patience. Raises StorageError when the database does not answer."""
        with self.snapshot() as connection:
            connection.execute(select(change_head.c.seq).limit(1)).first()

    def schema_problem(self) -> str:
        """What is wrong with the schema's version; empty when it is this program's."""
        revision, wanted = self._revision(), migrations.REVISIONS[-1]
        return "" if revision == wanted else f"at {revision}, this program wants {wanted}"

    def check(self) -> list[str]:
        """Every problem found in files, references, schema and change log; an empty list is good."""
        problems = self._database.problems()
        schema = self.schema_problem()
        with self._database.read() as connection:
            last = connection.execute(select(func.max(changes.c.seq))).scalar() or 0
            head = connection.execute(select(change_head.c.seq)).scalar() or 0
        if schema:
            problems.append(f"schema: {schema}")
        if last != head:
            problems.append(f"change log: last entry is {last}, head says {head}")
        return problems + self.search.problems()

    def purge(self, archive: Path, record_id: str, reason: str, now: datetime) -> None:
        """Remove a record on request: archived bodies first, then texts, revisions and verdicts; then scrub the file.

        `archive` is the archive's folder. May be run again after a crash. Raises UsageError for an unknown id.
        """
        from storage.archive import remove_members

        remove_members(archive, self.archive_index.pointers(record_id))
        self.transact(lambda unit: self.records.purge(unit, record_id, reason, now), scrub=True)
        self._database.settle()

    def end_overrides(self, now: datetime) -> Sequence[str]:
        """End some of the overrides whose last day has passed; ids of records that are as their pages say again."""
        return [
            record_id
            for record_id in self.overrides.overdue(now)
            if self.transact(partial(self.overrides.expire, record_id=record_id, now=now))
        ]

    def _revision(self) -> str | None:
        with self.snapshot() as connection:
            return migrations.current(connection)

    def redact(
        self, request: "Request", *, archive: Path, spool: Path, now: datetime, dry_run: bool = False
    ) -> "Outcome":
        """Redact a person's name in records, history, archive and spool (their folders), and for whatever comes.

        May be run again after a crash. Raises UsageError for a record that is not there.
        """
        from storage.redacting import Redacting

        outcome = Redacting(self, self._database, request, archive, spool, now).run(dry_run=dry_run)
        if not dry_run:
            self.scrub()
        return outcome

    def scrub(self) -> None:
        """After words had to go: let none of them stay in the index or in the engine's files. Takes a while."""
        self.transact(self.search.scrub, scrub=True)
        self._database.settle()

    def secret(self, name: str) -> str:
        """The secret of this name, 256 random bits in hex, made when it is first asked for; no backup is without it."""
        return self.transact(lambda unit: secret(unit, name))

    def redactor(self, unit: Unit | None = None) -> Redactor:
        """What is redacted by now; inside a unit of work, as of it."""
        if unit is not None:
            return redaction.load(unit.connection)
        with self._database.read() as connection:
            return redaction.load(connection)

    def _settle_schema(self, *, migrate: bool) -> None:
        revision = self._database.repeatedly(self._revision)
        if revision == migrations.REVISIONS[-1]:
            if migrate and self.search.is_outdated():  # a new stemmer comes without a new schema
                self.search.rebuild()
            return
        if revision is not None and revision not in migrations.REVISIONS:
            raise StorageError(
                f"database {self._database.name} has schema {revision}, which is newer than this program",
                remedy="install the newer harvester again, or restore a backup made before the upgrade",
            )
        if not migrate:
            raise StorageError(
                f"database {self._database.name} has schema {revision or 'none'},"
                f" this program wants {migrations.REVISIONS[-1]}",
                remedy="make a backup, then run `harvester db upgrade`",
            )
        self.upgrade()


def _upgraded(unit: Unit) -> list[str]:
    applied = migrations.upgrade(unit)
    if _TIES in applied:
        grouping.note_all(unit)
    if _DOUBTS in applied:
        doubts.note_all(unit, datetime.now(UTC))
    return applied


def _database(database_url: str, *, create: bool, busy_s: float) -> Database:
    try:
        url = make_url(database_url.replace("postgres://", "postgresql://", 1))
        engine = url.get_backend_name()
    except ArgumentError as error:
        raise StorageError("the database URL cannot be read", remedy=_KINDS) from error
    if engine == "sqlite":
        from storage.sqlite import SqliteDatabase

        return SqliteDatabase.at(url, create=create, busy_s=busy_s)
    if engine == "postgresql":
        from storage.postgresql import PostgresqlDatabase

        return PostgresqlDatabase(url)
    raise StorageError(f"database {url.render_as_string()}: {engine} is not spoken here", remedy=_KINDS)


_KINDS = "write sqlite:////absolute/path/to/harvester.db or postgresql://USER@HOST/NAME"
