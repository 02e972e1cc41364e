"""Whose turn it is: one request per host at a time, the gap kept, holds obeyed, a failing host left alone."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from harvester.crawl.addresses import Gate
from harvester.crawl.ledger import Ledger, utc_now
from harvester.crawl.politeness import quiet_until
from harvester.crawl.registrable import registrable
from harvester.crawl.transport import CONCURRENT
from harvester.model.page import VisitOutcome
from harvester.model.source import PolitenessRules
from harvester.urls import target

LEAST_GAP_S = 1.0
LONGEST_WAIT_S = 120.0
MOST_FAILURES = 20
FEW_FAILURES = 4  # in a row, from which on a host is asked once at a time
_WORTH_TELLING_S = 1.0

_HOST_FAILURES = {
    VisitOutcome.SERVER_ERROR: 1,
    VisitOutcome.NETWORK_ERROR: 1,
    VisitOutcome.TLS_ERROR: 1,
    VisitOutcome.RATE_LIMITED: 1,
    VisitOutcome.FORBIDDEN: 1,
    VisitOutcome.LOGIN: 1,
    VisitOutcome.BLOCKED_ADDRESS: 1,
    VisitOutcome.CHALLENGED: 7,  # a bot check is a plain word: the third is the last
}


class HostShutError(Exception):
    """The host is not asked any more in this Run; the message says why."""


class PausedError(HostShutError):
    """Nothing is asked any more in this Run, as the operator wants it: a budget is spent, or it is a quiet time."""


@dataclass
class Lane:
    """One registrable host: its gap, its places, and how it fares in this Run."""

    key: str
    gap: float
    places: asyncio.Semaphore
    single: bool  # one request at a time
    failures: int = 0
    requests: int = 0
    shut: str | None = None
    held_until: float = 0.0  # of the loop's clock, as is `answered_at`
    answered_at: float | None = None  # when the last request ended
    known: bool = field(default=False)  # whether storage was asked for a hold of an earlier Run


class Turns:
    """Hands out the turns of every host of one Run. `stopping` ends every wait."""

    def __init__(self, ledger: Ledger, gate: Gate, rules: PolitenessRules, stopping: asyncio.Event) -> None:
        self._ledger = ledger
        self._gate = gate
        self._rules = rules
        self._stopping = stopping
        self._lanes: dict[str, Lane] = {}
        self._began = asyncio.get_running_loop().time()
        self._received = 0
        self.paused: str | None = None

    def key(self, url: str) -> str:
        """The registrable host of `url`; `host:port` for addresses and for what the operator opened."""
        where = target(url)
        return registrable(where, opened=self._gate.opened(where))

    def lane(self, url: str) -> Lane:
        """The lane of a URL's host."""
        key = self.key(url)
        if key not in self._lanes:
            gap = self._rules.delay
            if not self._gate.opened(target(url)):
                gap = max(gap, LEAST_GAP_S)
            self._lanes[key] = Lane(key, gap, asyncio.Semaphore(1 if gap else CONCURRENT), single=bool(gap))
        return self._lanes[key]

    async def slow_down(self, url: str, crawl_delay: float) -> None:
        """Obey a Crawl-delay, from the last answer on. Above the cap the host is shut: waiting that long is no Run."""
        lane = self.lane(url)
        if crawl_delay > self._rules.crawl_delay_cap:
            cap = self._rules.crawl_delay_cap
            self.shut(url, f"robots.txt asks for {crawl_delay:.0f} s between requests, over the cap of {cap:.0f} s")
        elif crawl_delay > lane.gap:
            self._one_at_a_time(lane)
            lane.gap = crawl_delay
            if lane.answered_at is not None:
                lane.held_until = max(lane.held_until, lane.answered_at + lane.gap)
                wait = lane.held_until - asyncio.get_running_loop().time()
                await self._ledger.postpone(lane.key, timedelta(seconds=max(wait, 0)))

    @staticmethod
    def _one_at_a_time(lane: Lane) -> None:
        if not lane.single:
            lane.single, lane.places = True, asyncio.Semaphore(1)

    def received(self, count: int) -> None:
        """Count bytes of bodies."""
        self._received += count

    def shut(self, url: str, reason: str) -> None:
        """Ask this host no more in this Run."""
        lane = self.lane(url)
        lane.shut = lane.shut or reason

    def shut_hosts(self) -> dict[str, str]:
        """Hosts that are asked no more, with the reason."""
        return {lane.key: lane.shut for lane in self._lanes.values() if lane.shut}

    def waits(self) -> dict[str, float]:
        """Seconds until each host may be asked again, where that is a while."""
        now = asyncio.get_running_loop().time()
        ahead = {
            lane.key: max(lane.held_until, (lane.answered_at or 0.0) + lane.gap) - now
            for lane in self._lanes.values()
            if not lane.shut
        }
        return {key: round(seconds, 1) for key, seconds in ahead.items() if seconds >= _WORTH_TELLING_S}

    def all_shut(self) -> bool:
        """Whether every host met so far is asked no more."""
        return bool(self.paused) or (bool(self._lanes) and all(lane.shut for lane in self._lanes.values()))

    def note(self, url: str, outcome: VisitOutcome, detail: str) -> None:
        """Count failures in a row; too many shut the host."""
        lane = self.lane(url)
        weight = _HOST_FAILURES.get(outcome, 0)
        lane.failures = lane.failures + weight if weight else 0
        if lane.failures >= FEW_FAILURES:  # those in flight fail as well, and count
            self._one_at_a_time(lane)
        if lane.failures >= MOST_FAILURES:
            self.shut(url, f"{lane.key} keeps failing, the last time: {outcome} {detail}".strip())

    async def hold(self, url: str, wait: timedelta, reason: str) -> None:
        """The host asked for `wait`. A long wait is left to the next Run, and this host is shut for this one."""
        lane = self.lane(url)
        lane.held_until = max(lane.held_until, asyncio.get_running_loop().time() + wait.total_seconds())
        self._one_at_a_time(lane)  # a host that is too busy has no room for several
        if wait.total_seconds() > LONGEST_WAIT_S:  # before anything is awaited: who waits for a turn would sit it out
            self.shut(url, f"{lane.key} asked to wait {wait.total_seconds():.0f} s: {reason}")
        await self._ledger.hold(lane.key, wait, reason)

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Hold the host's turn for one request; raises `HostShutError` when it must not be asked."""
        lane = self.lane(url)
        places = await self._place(lane)
        try:
            self._obey_budget(lane)
            gap = await self._take(lane) if lane.gap else 0.0
            try:
                self._obey_budget(lane)  # the wait may have been long
                lane.requests += 1
                yield
            finally:
                lane.answered_at = asyncio.get_running_loop().time()
                if gap:
                    await asyncio.shield(self._ledger.end_turn(lane.key, gap))
        finally:
            places.release()

    async def _place(self, lane: Lane) -> asyncio.Semaphore:
        """A place among the requests in flight, after every hold; meanwhile there may have come to be fewer."""
        while True:
            places = lane.places
            await places.acquire()
            try:
                await self._obey_hold(lane)
            except BaseException:
                places.release()
                raise
            if places is lane.places:
                return places
            places.release()

    def _obey_budget(self, lane: Lane) -> None:
        self.paused = self.paused or self._spent(lane)
        self._check(lane)

    def _spent(self, lane: Lane) -> str | None:
        rules = self._rules
        minutes = (asyncio.get_running_loop().time() - self._began) / 60
        if rules.max_requests is not None and lane.requests >= rules.max_requests:
            return f"{lane.key} was asked {rules.max_requests} times, the budget of one run"
        if rules.max_megabytes is not None and self._received >= rules.max_megabytes * 1e6:
            return f"{rules.max_megabytes:g} MB were received, the budget of one run"
        if rules.max_minutes is not None and minutes >= rules.max_minutes:
            return f"the run has taken {rules.max_minutes:g} minutes, its budget"
        if rules.quiet and (until := quiet_until(utc_now(), rules.quiet, rules.quiet_zone)):
            return f"nothing is asked until {until:%Y-%m-%d %H:%M} UTC, the end of the quiet time"
        return None

    async def _obey_hold(self, lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        if not lane.known:
            held = await self._ledger.held_for(lane.key)
            lane.known = True  # not before: who comes meanwhile would know of no hold
            if held > LONGEST_WAIT_S:
                lane.shut = lane.shut or f"{lane.key} is held for another {held:.0f} s"
            lane.held_until = max(lane.held_until, loop.time() + held)
        self._check(lane)
        while (wait := lane.held_until - loop.time()) > 0:
            await self._sleep(lane, wait)

    async def _take(self, lane: Lane) -> float:
        """Wait for the host's turn; the seconds to leave it alone afterwards."""
        while True:
            gap = lane.gap * (1 + random.random() * self._rules.jitter)  # noqa: S311
            wait = await self._ledger.take_turn(lane.key, gap, self._rules.timeout + 30)
            if not wait:
                return gap
            if wait > LONGEST_WAIT_S + gap + self._rules.timeout + 30:
                lane.shut = lane.shut or f"{lane.key} is held for another {wait:.0f} s"
            await self._sleep(lane, wait)

    async def _sleep(self, lane: Lane, seconds: float) -> None:
        self._check(lane)
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        raise HostShutError("stopping")

    def check(self, url: str) -> None:
        """Raises `HostShutError` when the host of `url` is asked no more, or everything stops."""
        self._check(self.lane(url))

    def _check(self, lane: Lane) -> None:
        if self._stopping.is_set():
            raise HostShutError("stopping")
        if self.paused:
            raise PausedError(self.paused)
        if lane.shut:
            raise HostShutError(lane.shut)
