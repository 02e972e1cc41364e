"""The pump: claims due URLs in bounded batches and keeps every host's workers supplied until nothing is left."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from harvester.crawl.ledger import Ledger
from harvester.crawl.transport import CONCURRENT
from harvester.crawl.turns import HostShutError, Turns
from harvester.model.run import FrontierItem

BATCH = 100
_LOOK_AGAIN_S = 0.2
GRACE_S = 15.0

Work = Callable[[FrontierItem], Awaitable[None]]


class Frontier:
    """Works off the due URLs of a Run: at most two batches in memory, one queue per host, so that no slow host
    stops another. Nothing is claimed while there is no `room` for what is fetched. What is left when it stops
    stays due for the next Run.
    """

    def __init__(
        self,
        ledger: Ledger,
        turns: Turns,
        work: Work,
        *,
        room: Callable[[], bool],
        limit: int | None,
        stopping: asyncio.Event,
    ) -> None:
        self._ledger = ledger
        self._turns = turns
        self._work = work
        self._room = room
        self.limit = limit
        self._stopping = stopping
        self._queues: dict[str, asyncio.Queue[FrontierItem]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._more = True
        self._failed: Exception | None = None
        self.claimed = 0
        self.pending = 0

    @property
    def spent(self) -> bool:
        """Whether the Run's limit has been claimed."""
        return self.limit is not None and self.claimed >= self.limit

    def wake(self) -> None:
        """There may be something new to claim, or a reason to stop."""
        self._more = True
        self._wake.set()

    async def run(self, discovering: "asyncio.Task[None]") -> None:
        """Work until nothing is due and `discovering` has ended, or until it must stop."""
        discovering.add_done_callback(lambda _: self.wake())
        try:
            while not self._stopping.is_set():
                if self._failed:
                    raise self._failed
                self._wake.clear()
                over = discovering.done()
                if self._more and self.pending < BATCH and not self.spent:
                    await (self._claim() if self._room() else asyncio.sleep(_LOOK_AGAIN_S))
                elif not self.pending and (over or self.spent):
                    return
                else:
                    await self._wake.wait()
                if over and not self.pending and self._turns.all_shut():
                    return
        finally:
            await self._end_workers()

    async def _claim(self) -> None:
        self._more = False
        most = BATCH if self.limit is None else min(BATCH, self.limit - self.claimed)
        items = await self._ledger.claim(most)
        self._more = self._more or len(items) == most
        self.claimed += len(items)
        self.pending += len(items)
        for item in items:
            self._queue(item).put_nowait(item)

    def _queue(self, item: FrontierItem) -> "asyncio.Queue[FrontierItem]":
        lane = self._turns.lane(item.url)
        if lane.key not in self._queues:
            self._queues[lane.key] = asyncio.Queue()
            workers = 1 if lane.gap else CONCURRENT
            self._workers += [asyncio.create_task(self._serve(self._queues[lane.key])) for _ in range(workers)]
        return self._queues[lane.key]

    async def _serve(self, queue: "asyncio.Queue[FrontierItem]") -> None:
        me = asyncio.current_task()
        assert me is not None
        while not self._stopping.is_set():
            item = await queue.get()
            self._busy.add(me)
            try:
                # A host that was shut keeps its URLs due; the closing report says why.
                with contextlib.suppress(HostShutError):
                    await self._work(item)
            except Exception as error:
                self._failed = error
                raise
            finally:
                self._busy.discard(me)
                self.pending -= 1
                self._wake.set()

    async def _end_workers(self) -> None:
        """Those in the middle of a request get time to finish; then all are stopped."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=GRACE_S)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
