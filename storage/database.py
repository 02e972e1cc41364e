"""A database behind SQLAlchemy, whichever engine it is: snapshots to read from, transactions committed whole."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, NamedTuple, TypeVar, TypeVarTuple, overload

from sqlalchemy import Connection, CursorResult, Dialect, Engine, Executable, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import TypedReturnsRows
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from harvester.errors import StorageError

AT_FIRST_S = 5.0  # how long a database is looked for that has not answered yet
PATIENCE_S = 60.0  # how long one is looked for again that has

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class LostError(StorageError):
    """The database went away, or gave way to another transaction: nothing was committed, and it may be tried again."""


class Database(ABC):
    """An open database. Readers see a snapshot; what a writer writes is committed whole or not at all.

    `name` says in messages which one it is, without a password. `embedded`: it is a file, and readers never wait.
    """

    driver_errors: ClassVar[tuple[type[Exception], ...]]
    embedded: ClassVar[bool] = False

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self._engine = engine
        self._patience_s = AT_FIRST_S

    @property
    def engine_name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.dialect.name

    @property
    def dialect(self) -> Dialect:
        """The engine's way of speaking."""
        return self._engine.dialect

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator["Snapshot"]:
        """One snapshot to read from."""
        snapshot = Snapshot(self)
        with self.said_plainly():
            try:
                yield snapshot
            finally:
                snapshot.end()

    @contextmanager
    def write(self, *, durable: bool = True, scrub: bool = False) -> Iterator[Connection]:
        """One transaction, committed at the end or rolled back on any exception.

        Not `durable`: survives the death of the process but perhaps not that of the machine; for politeness marks
        that are written at every request. `scrub`: overwrite what is deleted, where the engine can.
        """
        with self.said_plainly(), self._engine.connect() as connection:
            self._begin(connection, durable=durable, scrub=scrub)
            yield connection
            self._commit(connection)

    def repeatedly(self, work: Callable[[], _T]) -> _T:
        """What `work` returns. It is done again, for a minute, when the database is lost in the middle of it."""
        try:
            result = work()
        except LostError:
            result = _patiently(self._patience_s)(work)
        self._patience_s = PATIENCE_S
        return result

    @contextmanager
    def said_plainly(self) -> Iterator[None]:
        """Turn what the driver says into a StorageError that names the database and the remedy."""
        raised: tuple[type[Exception], ...] = (DBAPIError, *self.driver_errors)
        try:
            yield
        except raised as error:
            refusal = next(filter(None, map(self._refusal, _chain(error))), None)
            if refusal is None:
                raise
            raise refusal from error

    def prepare(self, statement: Select[Any]) -> "Prepared":
        """A SELECT of one value that is asked often, put into words once."""
        compiled = statement.compile(dialect=self.dialect)
        return Prepared(str(compiled), compiled.positiontup)

    def value(self, prepared: "Prepared", **values: Any) -> Any:
        """The first column of the first row, or None: what `read` gives for a fifth of the time."""
        given = [values[name] for name in prepared.order] if prepared.order is not None else values
        return self.repeatedly(lambda: self._value(prepared.words, given))

    def _value(self, words: str, given: Any) -> Any:
        with self.said_plainly():
            raw = self._engine.raw_connection()
            try:
                row = raw.cursor().execute(words, given).fetchone()
            except BaseException:
                raw.invalidate()
                raise
            raw.close()
        return row[0] if row is not None else None

    def reading(self) -> Connection:
        """A connection about to read a snapshot; the caller closes it."""
        return self._engine.connect()

    @abstractmethod
    def connect(self) -> None:
        """Make the first connection and look the database over; raises StorageError when it cannot be used."""

    @abstractmethod
    def problems(self) -> list[str]:
        """Damage the engine itself finds, a line each."""

    @abstractmethod
    def settle(self) -> None:
        """After a transaction that scrubbed: let no copy of what it deleted stay in the engine's own files."""

    @abstractmethod
    def _begin(self, connection: Connection, *, durable: bool, scrub: bool) -> None:
        """Begin to write."""

    def _commit(self, connection: Connection) -> None:
        connection.commit()

    @abstractmethod
    def _refusal(self, error: BaseException) -> StorageError | None:
        """What to say of a driver's error; None where it is not the database's state but our own mistake."""


class Prepared(NamedTuple):
    """A statement in the driver's words, and its parameters in order where the driver knows no names."""

    words: str
    order: Sequence[str] | None


class Snapshot:
    """One snapshot of the database, taken at the first statement; lost at that moment, it is taken again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._taken: Connection | None = None

    @property
    def dialect(self) -> Dialect:
        """The engine's, as a Connection tells it."""
        return self._database.dialect

    @overload
    def execute(self, statement: TypedReturnsRows[*_Ts]) -> CursorResult[*_Ts]: ...

    @overload
    def execute(self, statement: Executable) -> CursorResult[*tuple[Any, ...]]: ...

    def execute(self, statement: Executable) -> CursorResult[*tuple[Any, ...]]:
        """Rows of a SELECT."""
        if self._taken is not None:
            return self._taken.execute(statement)
        return self._database.repeatedly(lambda: self._first(statement))

    def end(self) -> None:
        """Give the connection back. That it was lost after the last statement is no matter: all was read."""
        with suppress(DBAPIError):
            if self._taken is not None:
                self._taken.close()

    def _first(self, statement: Executable) -> CursorResult[*tuple[Any, ...]]:
        with self._database.said_plainly():
            connection = self._database.reading()
            try:
                rows = connection.execute(statement)
            except BaseException:
                connection.close()
                raise
        self._taken = connection
        return rows


def driver_error(error: BaseException) -> BaseException:
    """The driver's own error within SQLAlchemy's."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came after: a full disk undoes the transaction, and then no savepoint is found."""
    while error is not None:
        yield error
        error = error.__context__


def _patiently(seconds: float) -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(LostError),
        stop=stop_after_delay(seconds),
        wait=wait_random_exponential(multiplier=0.1, max=3),
        reraise=True,
    )
