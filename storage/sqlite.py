"""One SQLite file: where it may lie, opening it safely, one writer at a time."""

import errno
import os
import sqlite3
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, PoolProxiedConnection, create_engine, event
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from harvester.errors import StorageError
from storage.database import Database, driver_error

ATTEMPTS = 3
_PAGES = 10_000  # overwritten at a time
_LOG_PAGES = 10_000  # of 4 kB, copied from the log into the file together: batches touch the same pages of indexes
_SETTINGS = ("journal_mode=WAL", "foreign_keys=ON", "cache_size=-16000", f"wal_autocheckpoint={_LOG_PAGES}")


class SqliteDatabase(Database):
    """An open SQLite file. Readers see a snapshot and never wait; writers queue (`BEGIN IMMEDIATE`)."""

    driver_errors = (sqlite3.Error,)
    embedded = True

    def __init__(self, path: Path, busy_s: float) -> None:
        super().__init__(
            create_engine(
                f"sqlite:///{path}",
                connect_args={"timeout": busy_s},
                hide_parameters=True,
                max_overflow=-1,  # a file has connections without end, and no reader waits for another's
            ),
            str(path),
        )
        event.listen(self._engine, "connect", _set_up)
        event.listen(self._engine, "begin", _begin)
        self._asking = threading.Lock()
        self._asked: PoolProxiedConnection | None = None  # kept for `value`: to have one from the pool costs twice it

    def close(self) -> None:
        """Close every connection."""
        with self._asking:
            if self._asked is not None:
                self._asked.close()
                self._asked = None
        super().close()

    @classmethod
    def at(cls, url: URL, *, create: bool, busy_s: float) -> "SqliteDatabase":
        """The file a URL names, made where it is not there and `create` allows it."""
        if not url.database or url.database == ":memory:":
            raise StorageError(
                f"database {url.render_as_string()} is not a file", remedy="write sqlite:////absolute/path/to/file"
            )
        path = Path(url.database).absolute()
        _prepare(path, create=create)
        return cls(path, busy_s)

    def connect(self) -> None:
        """Make the first connection and look the file over; raises StorageError when it cannot be used."""
        with self.said_plainly():
            for attempt in _patiently():
                with attempt:
                    problems = [str(row[0]) for row in self._pragma("quick_check(1)")]
        if problems != ["ok"]:
            raise _damaged(self.name, problems[0])

    def problems(self) -> list[str]:
        """Pages, indexes and references that are wrong."""
        with self.said_plainly():
            found = [f"integrity: {row[0]}" for row in self._pragma("integrity_check") if row[0] != "ok"]
            for table, rowid, parent, _ in self._pragma("foreign_key_check"):
                found.append(f"reference: row {rowid} of {table} points to nothing in {parent}")
        return found

    def _value(self, words: str, given: Any) -> Any:
        with self.said_plainly(), self._asking:
            asked = self._asked or self._engine.raw_connection()
            self._asked = None  # one that failed is not asked again
            # To the end: a statement that is half read would hold its snapshot, and with it the log.
            rows = asked.cursor().execute(words, given).fetchall()
            self._asked = asked
        return rows[0][0] if rows else None

    def settle(self) -> None:
        """Overwrite the free pages, where text of earlier transactions may stand, and empty the write-ahead log."""
        with self.write(scrub=True) as connection:
            free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
            connection.exec_driver_sql("CREATE TABLE scrubbing (zeros BLOB)")
            for start in range(0, free, _PAGES):
                zeros = min(_PAGES, free - start) * size
                connection.exec_driver_sql("INSERT INTO scrubbing VALUES (zeroblob(?))", (zeros,))
            connection.exec_driver_sql("DROP TABLE scrubbing")
        self._pragma("wal_checkpoint(TRUNCATE)")

    def _begin(self, connection: Connection, *, durable: bool, scrub: bool) -> None:
        connection.execution_options(write=True, durable=durable, scrub=scrub)
        try:
            connection.begin()
        except sqlite3.OperationalError as error:
            if not _is_lock(error):
                raise
            for attempt in _patiently():
                with attempt:
                    connection.begin()

    def _commit(self, connection: Connection) -> None:
        """SQLite ends a transaction by itself when the disk is full: what came after must not pass for committed."""
        raw = connection.connection.dbapi_connection
        if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
            raise StorageError(
                f"database {self.name}: the transaction was undone", remedy="make room on its disk, run again"
            )
        connection.commit()

    def _refusal(self, error: BaseException) -> StorageError | None:
        if not isinstance(error, sqlite3.Error):
            return None  # the driver's error follows in the chain
        text = str(error)
        if _is_lock(error):
            return StorageError(
                f"database {self.name}: another process keeps it locked", remedy="end that process, run again"
            )
        if "full" in text or "disk I/O" in text:
            return StorageError(
                f"database {self.name}: {text}", remedy="make room on its disk, then run again; nothing is lost"
            )
        if "readonly" in text or "unable to open" in text:
            return StorageError(f"database {self.name}: {text}", remedy="make file and folder writable for this user")
        if "malformed" in text or "not a database" in text or "no such table" in text:
            return _damaged(self.name, text)
        return None

    def _pragma(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a PRAGMA run outside any transaction."""
        raw = self._engine.raw_connection()
        try:
            return [tuple(row) for row in raw.cursor().execute(f"PRAGMA {statement}").fetchall()]
        finally:
            raw.close()


def _prepare(path: Path, *, create: bool) -> None:
    """Refuse a place or file that cannot be used; with `create`, make folder and file (0700, 0600).

    A file that is there is not opened: to close it again would take the locks away that other connections of this
    process hold on it (fcntl(2)), and another process would take the write-ahead log for its own to remove.
    """
    try:
        if not create and not path.exists():
            raise StorageError(f"there is no database at {path}", remedy="run `harvester db upgrade` to make one")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise StorageError(
            f"{path.parent}: cannot write here ({error.strerror})",
            remedy="give the folder and its files to the user that runs harvester, or choose another with --data",
        ) from error


def _damaged(name: str, why: str) -> StorageError:
    """The refusal of a damaged file; it is never written over."""
    return StorageError(
        f"database {name} is damaged: {why}",
        remedy="stop everything that uses it, keep a copy, and put a backup of the file in its place",
    )


def _is_lock(error: BaseException) -> bool:
    error = driver_error(error)
    return isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error))


def _patiently() -> Retrying:
    return Retrying(
        retry=retry_if_exception(_is_lock),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(max=1),
        reraise=True,
    )


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    options = connection.get_execution_options()
    if not options.get("write"):
        raw.execute("BEGIN")
        return
    raw.execute(f"PRAGMA synchronous={'FULL' if options['durable'] else 'NORMAL'}")
    raw.execute(f"PRAGMA secure_delete={'ON' if options['scrub'] else 'FAST'}")
    raw.execute("BEGIN IMMEDIATE")
