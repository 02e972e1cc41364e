"""A worker's hands: they take jobs out of the queue, several at a time, and put back what is not done."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback
from procrastinate.sync_psycopg_connector import wrap_exceptions

from harvester.queue.queue import (
    AGAIN,
    BEAT_S,
    NAME,
    REPLAYS,
    RESCUE,
    SETTINGS,
    SILENT_S,
    called,
    in_words,
    pool_arguments,
)

_LOOK_S = 0.2
_POLL_S = 1.0
_SLOWLY_S = 10.0  # before a job is tried again whose turn ended with a mistake
_LONG_S = 86_400.0
_DONE = "DELETE FROM procrastinate_jobs WHERE id = %(id)s AND worker_id = %(worker_id)s AND status = 'doing'"
_ALIVE = """
    INSERT INTO procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (%(worker_id)s, now())
    ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()
"""
_HELD = "SELECT id FROM procrastinate_jobs WHERE worker_id = %(worker_id)s AND status = 'doing'"

Work = Callable[..., datetime | None]
Tell = Callable[[str], None]


class Hands:
    """Takes at most `at_once` jobs at a time and does with each what `works` has for its task, in threads.

    It is called with what was put into the queue by name, as `host` or as `source` and `file`, and returns when the job
    is to be taken again, at the back of the queue, or None when nothing is left to do.
    While the database does not answer, what is at work goes on. `tell` gets a line about trouble.
    """

    def __init__(self, database_url: str, at_once: int, works: Mapping[str, Work], tell: Tell) -> None:
        self._at_once = at_once
        self._tell = tell
        self._trouble = ""
        connector = PsycopgConnector(
            **pool_arguments(database_url), configure=_set_up, min_size=1, max_size=at_once + 3, timeout=5.0
        )
        self._app = App(connector=connector)
        self._jobs = _Jobs(connector, self._say)
        self._app.job_manager = self._jobs
        for task, work in works.items():
            self._app.task(name=task, pass_context=True)(self._taking(work))

    def run(self, stop: threading.Event) -> None:
        """Take jobs until `stop`, then wait for those at work, and put back what is not done."""
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="hand") as self._threads:
            asyncio.run(self._run(stop))

    async def _run(self, stop: threading.Event) -> None:
        stopped = asyncio.create_task(_until(stop))
        while not stop.is_set():
            try:
                with wrap_exceptions():
                    async with self._app.open_async():
                        await self._take_jobs(stopped)
            except ConnectorException as error:
                self._say(str(in_words(error)))
                await asyncio.wait([stopped], timeout=_POLL_S)

    async def _take_jobs(self, stopped: "asyncio.Task[None]") -> None:
        taking = asyncio.create_task(
            self._app.run_worker_async(
                queues=[NAME, REPLAYS],
                concurrency=self._at_once,
                install_signal_handlers=False,
                fetch_job_polling_interval=_POLL_S,
                abort_job_polling_interval=_LONG_S,
                update_heartbeat_interval=_LONG_S,  # ours goes on while it waits for the last jobs
                stalled_worker_timeout=_LONG_S,
            )
        )
        beating = asyncio.create_task(self._beat())
        await asyncio.wait([taking, stopped, beating], return_when=asyncio.FIRST_COMPLETED)
        taking.cancel()  # which is how it is asked to stop
        try:
            with suppress(asyncio.CancelledError):
                await taking
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating  # whatever ended it ends this worker: others would take back what it holds

    async def _beat(self) -> None:
        """Signs of life; and what others hold that give none is put back, as is what is held by mistake."""
        unknown: set[int] = set()
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                rescued, unknown = await self._jobs.beat(unknown)
            except ConnectorException as error:
                self._say(str(in_words(error)))
                continue
            self._say("")
            for job in rescued:
                self._tell(f"{job}: taken back from a worker that gives no sign of life")

    def _taking(self, work: Work) -> Callable[..., Awaitable[None]]:
        async def take(context: JobContext, **what: str) -> None:
            await self._take(context, partial(work, **what))

        return take

    async def _take(self, context: JobContext, work: Work) -> None:
        assert context.job.id
        loop = asyncio.get_running_loop()
        try:
            again = await loop.run_in_executor(self._threads, work)
        except Exception as error:
            self._tell(f"{called(context.job.lock or '')}: {type(error).__name__}: {error}")
            again = datetime.now(UTC) + timedelta(seconds=_SLOWLY_S)
        if again:
            self._jobs.again[context.job.id] = again

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            self._tell(trouble)
        self._trouble = trouble


class _Jobs(JobManager):
    """Procrastinate's jobs, with patience for a database that comes and goes, and each job only its holder's to end."""

    def __init__(self, connector: PsycopgConnector, say: Tell) -> None:
        super().__init__(connector)
        self.again: dict[int, datetime] = {}
        self._say = say
        self._worker_id = 0
        self._held: set[int] = set()

    async def beat(self, unknown: set[int]) -> tuple[list[str], set[int]]:
        """A sign of life and a rescue: what was put back, and jobs that are ours by the table but not in our hands.

        `unknown` are those of the last time: still so, and they are put back. They were lost with a connection.
        """
        if not self._worker_id:
            return [], set()
        await self.connector.execute_query_async(_ALIVE, worker_id=self._worker_id)
        rows = await self.connector.execute_query_all_async(_HELD, worker_id=self._worker_id)
        now_unknown = {row["id"] for row in rows} - self._held
        lost = sorted(unknown & now_unknown)
        rows = await self.connector.execute_query_all_async(RESCUE, lost=lost, silent=SILENT_S)
        return [called(row["lock"]) for row in rows], now_unknown

    async def register_worker(self) -> int:
        self._worker_id = await super().register_worker()
        return self._worker_id

    async def unregister_worker(self, worker_id: int) -> None:
        self._worker_id = 0
        await super().unregister_worker(worker_id)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        try:
            job = await super().fetch_job(queues, worker_id)
        except ConnectorException as error:
            self._say(str(in_words(error)))
            return None
        if job and job.id:
            self._held.add(job.id)
        return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: ARG002
        assert job.id
        mine = {"id": job.id, "worker_id": job.worker_id}
        again = self.again.pop(job.id, None)
        try:
            if again:
                await self.connector.execute_query_async(AGAIN, **mine, at=again)
            else:
                await self.connector.execute_query_async(_DONE, **mine)
        except ConnectorException as error:
            self._say(str(in_words(error)))
        finally:
            self._held.discard(job.id)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        while True:
            with suppress(ConnectorException):
                await super().listen_for_jobs(on_notification=on_notification, queues=queues)
            await asyncio.sleep(_POLL_S)


async def _until(stop: threading.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(_LOOK_S)


async def _set_up(connection: Any) -> None:
    before = connection.autocommit
    await connection.set_autocommit(True)
    for setting in SETTINGS:
        await connection.execute(setting)
    await connection.set_autocommit(before)
