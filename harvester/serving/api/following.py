"""Who waits for the change log to grow: one look at it serves all of them, and while nobody waits nobody looks."""

import asyncio
import contextlib
from threading import Event

from fastapi.concurrency import run_in_threadpool

from harvester.errors import StorageError
from storage.store import Store

LOOKS_EVERY_S = 0.5
MOST = 1000  # who may wait at a time


class Following:
    """The end of one change log, as this process knows it. Of one event loop; nobody waits any more once `closing`."""

    def __init__(self, store: Store, closing: Event) -> None:
        self._store = store
        self.closing = closing
        self._head = 0
        self._waiting = 0
        self._grown = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether nobody more may wait."""
        return self._waiting >= MOST

    async def beyond(self, seq: int, seconds: float) -> bool:
        """Wait until there is a Change after `seq`; False when there was none in so many seconds."""
        self._waiting += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                while self._head <= seq and not self.closing.is_set():
                    await self._grown.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return self._head > seq

    async def _look(self) -> None:
        while self._waiting:
            with contextlib.suppress(
                StorageError
            ):  # who waits goes on waiting: the database comes back, or his time ends
                head = await run_in_threadpool(self._store.changes.head)
                if head != self._head or self.closing.is_set():
                    self._head = head
                    self._grown.set()
                    self._grown = asyncio.Event()
            await asyncio.sleep(LOOKS_EVERY_S)
