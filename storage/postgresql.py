"""A PostgreSQL database, shared by any number of processes and machines."""

from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from harvester.errors import StorageError
from storage.database import Database, LostError, driver_error

OLDEST = 14  # major version
_DRIVER = "postgresql+psycopg"
_CONNECT_S = 10
_SILENCE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
_SETTINGS = (
    "SET TIME ZONE 'UTC'",
    "SET lock_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = '10min'",
)
_GAVE_WAY = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)


def silence(url: str) -> dict[str, int]:
    """Connection parameters by which a server that has vanished is noticed within half a minute, not two hours.

    What the operator's URL says itself is left out.
    """
    return {name: value for name, value in _SILENCE.items() if f"{name}=" not in url}


class PostgresqlDatabase(Database):
    """An open PostgreSQL database. Readers see a snapshot; writers work side by side, in order where they must.

    What reads before it writes takes a lock first (`Unit.lock`), and then finds what a single writer would find.
    """

    driver_errors = (psycopg.Error,)

    def __init__(self, url: URL) -> None:
        engine = create_engine(
            url.set(drivername=_DRIVER),
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "connect_timeout": _CONNECT_S,
                "fallback_application_name": "harvester",
                **silence(url.render_as_string()),
            },
        )
        super().__init__(engine, url.set(drivername="postgresql").render_as_string())
        event.listen(engine, "connect", _set_up)

    def reading(self) -> Connection:
        """A connection that sees one snapshot and cannot write."""
        connection = super().reading()
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def connect(self) -> None:
        """Make the first connection; raises StorageError for a server or an encoding that cannot serve."""
        with self.read() as snapshot:
            version = int(snapshot.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
            encoding = str(snapshot.execute(text("SHOW server_encoding")).scalar_one())
        if version < OLDEST:
            raise StorageError(f"database {self.name}: PostgreSQL {version}", remedy=f"use {OLDEST} or newer")
        if encoding != "UTF8":
            raise StorageError(
                f"database {self.name} stores text as {encoding}",
                remedy="make one for any language: createdb --encoding=UTF8 --template=template0 NAME",
            )

    def problems(self) -> list[str]:
        """Indexes and references the server does not vouch for."""
        with self.read() as snapshot:
            bad = snapshot.execute(text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"))
            loose = snapshot.execute(text("SELECT conname FROM pg_constraint WHERE NOT convalidated"))
            return [f"integrity: index {name} is not valid" for (name,) in bad] + [
                f"reference: {name} was never looked over" for (name,) in loose
            ]

    def settle(self) -> None:
        """Free the room of deleted rows, so that it is written over."""
        with self.said_plainly(), self._engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM"))

    def _begin(self, connection: Connection, *, durable: bool, scrub: bool) -> None:  # noqa: ARG002
        connection.begin()
        if not durable:
            connection.execute(text("SET LOCAL synchronous_commit = off"))

    def _commit(self, connection: Connection) -> None:
        """Commit; when the answer is lost, ask the server whether it was done."""
        mark = connection.execute(text("SELECT pg_current_xact_id_if_assigned()::text")).scalar()
        try:
            connection.commit()
        except DBAPIError as error:
            refusal = self._refusal(driver_error(error))
            if mark is None or not isinstance(refusal, LostError) or not self.repeatedly(lambda: self._was_done(mark)):
                raise

    def _was_done(self, mark: str) -> bool:
        with self.read() as snapshot:
            status = snapshot.execute(text("SELECT pg_xact_status(CAST(:mark AS xid8))").bindparams(mark=mark)).scalar()
        if status == "in progress":
            raise LostError(f"database {self.name}: a transaction has not ended", remedy="try again")
        return status == "committed"

    def _refusal(self, error: BaseException) -> StorageError | None:
        if not isinstance(error, psycopg.Error):
            return None  # the driver's error follows in the chain
        said = " ".join(str(error).split())
        if isinstance(error, _GAVE_WAY):
            return LostError(f"database {self.name}: {said}", remedy="run again; nothing of it was stored")
        state = error.sqlstate or ""
        if remedy := _REMEDIES.get(state) or _REMEDIES.get(state[:2]):
            return StorageError(f"database {self.name}: {said}", remedy=remedy)
        if not state and isinstance(error, psycopg.OperationalError):
            remedy = next((_REMEDIES[code] for words, code in _WORDS.items() if words in said), "")
            if remedy:
                return StorageError(f"database {self.name}: {said}", remedy=remedy)
        if state[:2] in _LOST_CLASSES or (isinstance(error, psycopg.OperationalError) and not state):
            return LostError(f"database {self.name}: {said}", remedy="start the server, or look at its address and log")
        return None


# By SQLSTATE, or by its class (PostgreSQL manual, appendix A).
_LOST_CLASSES = ("08", "57", "53")
_REMEDIES = {
    "28": "look at user and password in HARVESTER_DATABASE_URL, and at the server's pg_hba.conf",
    "3D000": "make it first: createdb --encoding=UTF8 --template=template0 NAME",
    "42501": "give the user the rights to this database: ALTER DATABASE NAME OWNER TO USER",
    "25006": "this server only reads (a standby?): name the one that writes",
    "53100": "make room on the server's disk, then run again; nothing is lost",
    "58": "the server's files are damaged or out of reach: look at its log, restore a backup",
    "XX001": "the server's files are damaged: look at its log, restore a backup",
    "XX002": "an index is damaged: REINDEX it, and look at the server's log",
}


# psycopg gives no SQLSTATE for a connection that never came about; the words are the server's, in English mostly.
_WORDS = {
    "authentication failed": "28",
    "no password supplied": "28",
    "no pg_hba.conf entry": "28",
    "permission denied": "42501",
    "does not exist": "3D000",
}


def _set_up(connection: psycopg.Connection[Any], _: object) -> None:
    connection.autocommit = True
    for setting in _SETTINGS:
        connection.execute(setting)
    connection.autocommit = False
