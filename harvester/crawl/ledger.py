"""Storage as the crawl uses it: off the event loop, on one thread, one short unit of work at a time."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from harvester.model.run import FrontierItem
from storage.hosts import RobotsCopy
from storage.pages import Takeover
from storage.store import Store
from storage.unit import Unit

_T = TypeVar("_T")


def utc_now() -> datetime:
    """The present moment; the one clock of the crawl that is ever stored."""
    return datetime.now(UTC)


class Ledger:
    """What the crawl reads and writes in storage for one Run: frontier, host turns, robots copies."""

    def __init__(self, store: Store, source_id: str, run_id: str) -> None:
        self._store = store
        self._source_id = source_id
        self._run_id = run_id
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def _off_loop(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _write(self, work: Callable[[Unit], _T], *, durable: bool = True) -> _T:
        return await self._off_loop(lambda: self._store.transact(work, durable=durable))

    async def claim(self, limit: int) -> list[FrontierItem]:
        """At most `limit` due URLs this Run has not taken yet."""

        return await self._write(
            lambda unit: self._store.pages.claim(unit, self._source_id, self._run_id, utc_now(), limit)
        )

    async def visited_since(self, moment: datetime) -> int:
        """How many pages of the Source were visited since then."""
        return await self._off_loop(lambda: self._store.pages.visited_since(self._source_id, moment))

    async def last_read(self, url: str) -> datetime | None:
        """When the list at `url` was last read to its end."""

        def work() -> datetime | None:
            state = self._store.pages.get(self._source_id, url)
            return state.visited_at if state else None

        return await self._off_loop(work)

    async def note_read(self, url: str, began: datetime) -> None:
        """The list at `url` has been read to its end."""

        await self._write(lambda unit: self._store.pages.note_list(unit, self._source_id, url, began))

    async def take_over(self, url: str, via: str, *, is_article: bool) -> Takeover:
        """Whether this Run, led to `url` by a redirect of `via`, is to fetch it; else it has a visit of its own."""

        return await self._write(
            lambda unit: self._store.pages.take_over(
                unit, self._source_id, self._run_id, url, via, utc_now(), is_article=is_article
            )
        )

    async def let_go(self, urls: Sequence[str]) -> None:
        """Of pages noted on the way of a redirect these were not the end."""

        if urls:
            await self._write(lambda unit: self._store.pages.let_go(unit, self._source_id, self._run_id, urls))

    async def discover(self, found: Sequence[tuple[str, datetime | None]]) -> int:
        """Note article URLs with their last change; returns how many were new."""

        return await self._write(lambda unit: self._store.pages.discover(unit, self._source_id, found, utc_now()))

    async def due_count(self) -> int:
        """How many URLs of the Source are due, those this Run works on included."""
        return await self._off_loop(lambda: self._store.pages.due_count(self._source_id, utc_now()))

    async def take_turn(self, host: str, gap_s: float, deadline_s: float) -> float:
        """0 when `host` may be asked now, else seconds to wait before asking again for the turn."""

        return await self._write(
            lambda unit: self._store.hosts.take_turn(unit, host, self._run_id, gap_s, deadline_s, utc_now()),
            durable=False,
        )

    async def end_turn(self, host: str, gap_s: float) -> None:
        """Give the turn back; the host is left alone for `gap_s` from now."""

        await self._write(
            lambda unit: self._store.hosts.end_turn(unit, host, self._run_id, gap_s, utc_now()), durable=False
        )

    async def hold(self, host: str, wait: timedelta, reason: str) -> None:
        """Nobody asks `host` for the time of `wait`."""

        await self._write(lambda unit: self._store.hosts.hold(unit, host, utc_now() + wait, reason))

    async def postpone(self, host: str, wait: timedelta) -> None:
        """The next turn of `host` comes after `wait` at the earliest."""

        await self._write(lambda unit: self._store.hosts.postpone(unit, host, utc_now() + wait), durable=False)

    async def held_for(self, host: str) -> float:
        """Seconds `host` is still held, 0 when it is not."""

        def work() -> float:
            held = self._store.hosts.hold_of(host)
            return max(0.0, (held.until - utc_now()).total_seconds()) if held else 0.0

        return await self._off_loop(work)

    async def robots(self, origin: str) -> RobotsCopy | None:
        """The last good robots.txt of `origin`, or the file kept under another key, whatever its age."""
        return await self._off_loop(lambda: self._store.hosts.robots(origin))

    async def save_robots(self, origin: str, copy: RobotsCopy) -> None:
        """Keep a good robots.txt for the next 24 hours, and for days on which the host cannot answer."""

        await self._write(lambda unit: self._store.hosts.save_robots(unit, origin, copy))

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)
