"""The queue for those who fill it: hosts and WARC files go in once, and stay until a worker has done them."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.sync_psycopg_connector import wrap_exceptions

from harvester.errors import StorageError
from harvester.queue.schema import SCHEMA, settle
from storage.postgresql import silence

TASK = "host"
NAME = "hosts"
REPLAY_TASK = "replay"
REPLAYS = "replays"
_REPLAY = "replay "  # before a Source's id, in the place of a host: no host has a space in it
_FIRST, _LAST = -1, -2_000_000_000  # a host comes before every replay
BEAT_S = 0.5
SILENT_S = 2.5  # a worker that has given no sign of life for so long is taken for dead
_PATIENCE_S = 5.0

# What its worker cannot go on with is put in again at the back, unless the host waits there already. In one statement:
# the row is gone from the one that held it, and nobody can put it back twice.
_AGAIN = """
    WITH gone AS (DELETE FROM procrastinate_jobs WHERE status = 'doing' AND {which}
                  RETURNING queue_name, task_name, priority, lock, queueing_lock, args, attempts),
         back AS (INSERT INTO procrastinate_jobs
                    (queue_name, task_name, priority, lock, queueing_lock, args, attempts, scheduled_at)
                  SELECT queue_name, task_name, priority, lock, queueing_lock, args, attempts + 1, {at} FROM gone
                  ON CONFLICT DO NOTHING)
    SELECT lock FROM gone
"""
AGAIN = _AGAIN.format(which="id = %(id)s AND worker_id = %(worker_id)s", at="%(at)s::timestamptz")
RESCUE = _AGAIN.format(
    which="(worker_id IS NULL OR id = ANY(%(lost)s::bigint[]) OR worker_id IN (SELECT id FROM procrastinate_workers"
    " WHERE last_heartbeat < now() - make_interval(secs => %(silent)s)))",
    at="NULL",
)
_HOSTS = "SELECT DISTINCT lock FROM procrastinate_jobs WHERE queue_name = %(name)s AND status IN ('todo', 'doing')"
_COUNTS = """
    SELECT queue_name, status::text, count(*) AS found FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') GROUP BY queue_name, status
"""

logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what an operator may want to know is told otherwise
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


class Queue:
    """An open queue. Use as a context manager. Every call raises StorageError while the database does not answer."""

    def __init__(self, database_url: str) -> None:
        self._connector = SyncPsycopgConnector(
            **pool_arguments(database_url), configure=_set_up, min_size=1, max_size=4, timeout=_PATIENCE_S
        )
        self._app = App(connector=self._connector)
        self._task = self._app.configure_task

    def __enter__(self) -> Self:
        """Make the tables, or bring them up to date."""
        with said_plainly(), wrap_exceptions():
            self._app.open()
            with self._connector.pool.connection() as connection:
                settle(connection)
        return self

    def __exit__(self, *_: object) -> None:
        self._app.close()

    def put(self, host: str) -> bool:
        """Let a worker take this host when one is free. False: it waits already. One that is at work waits anew."""
        with said_plainly():
            try:
                self._task(TASK, queue=NAME, lock=host, queueing_lock=host).defer(host=host)
            except AlreadyEnqueued:
                return False
        return True

    def put_replay(self, source_id: str, files: Sequence[str], last: str) -> int:
        """Let workers read these WARC files of a Source again, one after another in this order, then do `last`.

        Returns how many were put in; the others wait already. Hosts that wait come first.
        """
        order = [(file, _FIRST - number) for number, file in enumerate(files)]
        return sum(self._put_file(source_id, file, priority) for file, priority in [*order, (last, _LAST)])

    def _put_file(self, source_id: str, file: str, priority: int) -> bool:
        lock = f"{_REPLAY}{source_id}"
        with said_plainly():
            job = self._task(REPLAY_TASK, queue=REPLAYS, priority=priority, lock=lock, queueing_lock=f"{lock} {file}")
            try:
                job.defer(source=source_id, file=file)
            except AlreadyEnqueued:
                return False
        return True

    def hosts(self) -> frozenset[str]:
        """The hosts that wait or are at work."""
        with said_plainly():
            return frozenset(row["lock"] for row in self._connector.execute_query_all(_HOSTS, name=NAME))

    def counts(self) -> dict[str, int]:
        """How many hosts are `at_work` in some worker's hands, and how many are `waiting`; where a replay is in the
        queue, also how many `replays_at_work` and `replays_waiting` there are.
        """
        with said_plainly():
            rows = self._connector.execute_query_all(_COUNTS)
        found = {(row["queue_name"], row["status"]): row["found"] for row in rows}
        counts = {"at_work": found.get((NAME, "doing"), 0), "waiting": found.get((NAME, "todo"), 0)}
        if any(name == REPLAYS for name, _ in found):
            counts["replays_at_work"] = found.get((REPLAYS, "doing"), 0)
            counts["replays_waiting"] = found.get((REPLAYS, "todo"), 0)
        return counts

    def rescue(self) -> list[str]:
        """Put back what workers held that give no sign of life; returns what it was, in words."""
        with said_plainly():
            rows = self._connector.execute_query_all(RESCUE, lost=[], silent=SILENT_S)
        return [called(row["lock"]) for row in rows]


def called(lock: str) -> str:
    """A job in words, by its lock."""
    return lock if lock.startswith(_REPLAY) else f"host {lock}"


def pool_arguments(database_url: str) -> dict[str, Any]:
    """How connections to the queue are made."""
    ours = {"connect_timeout": 10, "application_name": "harvester queue"}
    return {"conninfo": database_url, "kwargs": ours | silence(database_url)}


# A queue grows in a moment, and a planner that has not heard of it yet sorts all of it to find the first.
_FIRST_BY_INDEX = ("sort", "seqscan", "bitmapscan", "hashjoin", "mergejoin")
SETTINGS = (
    f"SET search_path TO {SCHEMA}",
    "SET TIME ZONE 'UTC'",
    "SET lock_timeout = '30s'",
    *(f"SET enable_{way} = off" for way in _FIRST_BY_INDEX),
)


def _set_up(connection: Any) -> None:
    connection.autocommit = True
    for setting in SETTINGS:
        connection.execute(setting)
    connection.autocommit = False


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn what the driver says into a StorageError with a remedy."""
    try:
        yield
    except ConnectorException as error:
        raise in_words(error) from error


def in_words(error: ConnectorException) -> StorageError:
    """The same as our own error."""
    cause = error.__cause__ or error
    said = " ".join(str(cause).split()) or type(cause).__name__
    if getattr(cause, "sqlstate", None) == "42501":
        return StorageError(f"queue: {said}", remedy="let the user make schemas: GRANT CREATE ON DATABASE NAME TO USER")
    return StorageError(f"queue: {said}", remedy="start the server, or look at its address and log")
