"""One SQLite file behind SQLAlchemy: opening it safely, reading snapshots, writing one at a time."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from harvester.errors import StorageError

BUSY_SECONDS = 60.0
ATTEMPTS = 3
_MAGIC = b"SQLite format 3\x00"


class Database:
    """An open SQLite file. Readers see a snapshot and never wait; writers queue (`BEGIN IMMEDIATE`)."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": busy_seconds})
        event.listen(self._engine, "connect", _set_up)
        event.listen(self._engine, "begin", _begin)

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one snapshot."""
        with self._engine.connect() as connection, said_plainly(self.path):
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True, scrub: bool = False) -> Iterator[Connection]:
        """One transaction, committed at the end or rolled back on any exception.

        Not `durable`: survives the death of the process but perhaps not a power cut; for politeness marks that
        are written at every request. `scrub`: overwrite what is deleted.
        """
        with self._engine.connect() as connection, said_plainly(self.path):
            connection.execution_options(write=True, durable=durable, scrub=scrub)
            try:
                connection.begin()
            except sqlite3.OperationalError as error:
                if not _is_lock(error):
                    raise
                for attempt in _patiently():
                    with attempt:
                        connection.begin()
            yield connection
            _still_open(self.path, connection)
            connection.commit()

    def pragma(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a PRAGMA run outside any transaction."""
        raw = self._engine.raw_connection()
        try:
            return [tuple(row) for row in raw.cursor().execute(f"PRAGMA {statement}").fetchall()]
        finally:
            raw.close()

    def connect(self) -> None:
        """Make the first connection and look the file over; raises StorageError when it cannot be used."""
        with said_plainly(self.path):
            for attempt in _patiently():
                with attempt:
                    problems = [str(row[0]) for row in self.pragma("quick_check(1)")]
        if problems != ["ok"]:
            raise damaged(self.path, problems[0])


def sqlite_path(database_url: str) -> Path:
    """The file a database URL names; raises StorageError for anything but a SQLite file."""
    remedy = "use sqlite:////absolute/path/to/harvester.sqlite"
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise StorageError("the database URL cannot be read", remedy=remedy) from error
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise StorageError(f"database {url.render_as_string()} is not a SQLite file", remedy=remedy)
    return Path(url.database).absolute()


def prepare(path: Path, *, create: bool) -> None:
    """Refuse a place or file that cannot be used; with `create`, make folder and file (0700, 0600)."""
    try:
        if not create and not path.exists():
            raise StorageError(f"there is no database at {path}", remedy="run `harvester db upgrade` to make one")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageError(
            f"{path.parent}: cannot write here ({error.strerror})",
            remedy="give the folder and its files to the user that runs harvester, or choose another with --data",
        ) from error
    with path.open("rb") as file:
        head = file.read(len(_MAGIC))
    if head not in (b"", _MAGIC):
        raise damaged(path, "it does not begin as a SQLite database")


def damaged(path: Path, why: str) -> StorageError:
    """The refusal of a damaged file; it is never written over."""
    return StorageError(
        f"database {path} is damaged: {why}",
        remedy="stop everything that uses it, keep a copy, and put a backup of the file in its place",
    )


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Turn what the driver says about lock, disk and damage into a StorageError that names the file."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        causes = _chain(error)
        refusal = next(filter(None, (_refusal(path, cause) for cause in causes)), None)
        if refusal is None:
            raise
        raise refusal from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came after: a full disk undoes the transaction, and then no savepoint is found."""
    while error is not None:
        yield error
        error = error.__context__


def _refusal(path: Path, error: BaseException) -> StorageError | None:
    if isinstance(error, DBAPIError):
        return None  # its driver's error follows in the chain
    text = str(error)
    if _is_lock(error):
        return StorageError(f"database {path}: another process keeps it locked", remedy="end that process, run again")
    if "full" in text or "disk I/O" in text:
        return StorageError(f"database {path}: {text}", remedy="make room on its disk, then run again; nothing is lost")
    if "readonly" in text or "unable to open" in text:
        return StorageError(f"database {path}: {text}", remedy="make file and folder writable for this user")
    if "malformed" in text or "not a database" in text:
        return damaged(path, text)
    return None


def _is_lock(error: BaseException | None) -> bool:
    if isinstance(error, DBAPIError):
        error = error.orig
    return isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error))


def _still_open(path: Path, connection: Connection) -> None:
    """SQLite ends a transaction by itself when the disk is full: what came after must not pass for committed."""
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection) and not raw.in_transaction:
        raise StorageError(f"database {path}: the transaction was undone", remedy="make room on its disk, run again")


def _patiently() -> Retrying:
    return Retrying(
        retry=retry_if_exception(_is_lock),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(max=1),
        reraise=True,
    )


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    for setting in ("journal_mode=WAL", "foreign_keys=ON", "cache_size=-16000"):
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
