"""The Store: one open database and the small classes that read and write it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import func, select

from harvester.errors import StorageError
from storage import migrations
from storage.archive_index import ArchiveIndex
from storage.changes import Changes, write_pending
from storage.database import BUSY_SECONDS, Database, prepare, sqlite_path
from storage.hosts import Hosts
from storage.pages import Pages
from storage.records import Records
from storage.runs import Runs
from storage.tables import change_head, changes
from storage.unit import Unit


class Store:
    """An open database. Use as a context manager; write through `begin`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.changes = Changes(database)
        self.pages = Pages(database)
        self.hosts = Hosts(database)
        self.runs = Runs(database)
        self.archive_index = ArchiveIndex(database)
        self.records = Records(database, self.changes, self.pages, self.archive_index)

    @classmethod
    def open(cls, database_url: str, *, migrate: bool = False, busy_s: float = BUSY_SECONDS) -> Self:
        """Open `sqlite:///PATH`; with `migrate`, make or upgrade it first.

        Raises StorageError, naming the path and the remedy, when the folder cannot be written, the file is damaged,
        or its schema is newer than this program, or older and `migrate` is not set. A damaged file is left as it is.
        """
        path = sqlite_path(database_url)
        prepare(path, create=migrate)
        store = cls(Database(path, busy_s))
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

    @contextmanager
    def begin(self, *, durable: bool = True, scrub: bool = False) -> Iterator[Unit]:
        """A unit of work: all of it is committed at the end, none of it after an exception.

        One writer at a time; others wait, a minute and more. `durable=False` spares the wait for the disk where a
        power cut may cost the last entries (host turns). `scrub` overwrites on the disk what is deleted.
        """
        with self._database.write(durable=durable, scrub=scrub) as connection:
            unit = Unit(connection)
            yield unit
            write_pending(unit)

    def upgrade(self) -> list[str]:
        """Bring the schema up to date in one transaction; returns the revisions applied."""
        with self._database.write() as connection:
            return migrations.upgrade(connection)

    def check(self) -> list[str]:
        """Every problem found in file, references, schema and change log; an empty list is good."""
        rows = self._database.pragma("integrity_check")
        problems = [f"integrity: {row[0]}" for row in rows if row[0] != "ok"]
        for table, rowid, parent, _ in self._database.pragma("foreign_key_check"):
            problems.append(f"reference: row {rowid} of {table} points to nothing in {parent}")
        with self._database.read() as connection:
            revision = migrations.current(connection)
            last = connection.execute(select(func.max(changes.c.seq))).scalar() or 0
            head = connection.execute(select(change_head.c.seq)).scalar() or 0
        if revision != migrations.REVISIONS[-1]:
            problems.append(f"schema: at {revision}, this program wants {migrations.REVISIONS[-1]}")
        if last != head:
            problems.append(f"change log: last entry is {last}, head says {head}")
        return problems

    def purge(self, archive: Path, record_id: str, reason: str, now: datetime) -> None:
        """Remove a record on request: archived bodies first, then texts, revisions and verdicts; then scrub the file.

        `archive` is the archive's folder. May be run again after a crash. Raises UsageError for an unknown id.
        """
        from storage.archive import remove_members

        remove_members(archive, self.archive_index.pointers(record_id))
        with self.begin(scrub=True) as unit:
            self.records.purge(unit, record_id, reason, now)
        self._database.pragma("wal_checkpoint(TRUNCATE)")

    def _settle_schema(self, *, migrate: bool) -> None:
        with self._database.read() as connection:
            revision = migrations.current(connection)
        if revision == migrations.REVISIONS[-1]:
            return
        if revision is not None and revision not in migrations.REVISIONS:
            raise StorageError(
                f"database {self._database.path} has schema {revision}, which is newer than this program",
                remedy="install the newer harvester again, or restore a backup made before the upgrade",
            )
        if not migrate:
            raise StorageError(
                f"database {self._database.path} has schema {revision or 'none'},"
                f" this program wants {migrations.REVISIONS[-1]}",
                remedy="make a backup, then run `harvester db upgrade`",
            )
        self.upgrade()
