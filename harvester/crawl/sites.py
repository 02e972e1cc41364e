"""What each site says of itself, read once: robots.txt and the TDMRep file, under one lock per origin."""

import asyncio
from dataclasses import dataclass, field

from harvester.crawl.fetching import Ask, Fetcher, anything
from harvester.crawl.ledger import Ledger, utc_now
from harvester.crawl.politeness import (
    PRODUCT,
    ROBOTS_FRESH,
    ROBOTS_LAST_GOOD,
    ROBOTS_LIMIT,
    TDMREP_LIMIT,
    TDMREP_PATH,
    RobotsVerdict,
    TdmRule,
    is_tdm_file,
    robots_too_long,
    robots_verdict,
    tdm_rules,
    tdm_statements,
)
from harvester.crawl.transport import ExchangeFailedError
from harvester.crawl.turns import HostShutError, Turns
from harvester.model.page import VisitOutcome
from harvester.urls import target
from storage.hosts import RobotsCopy

_ROBOTS_READ_LIMIT = 20 * ROBOTS_LIMIT
_ROBOTS_TRIES = 3
_BACK_OFF_S = 0.5
_UNREACHABLE_S = 600.0


@dataclass
class Site:
    """One origin. Everything here is read and written under `lock`: several visits may ask at once."""

    origin: str
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    status: int = 0
    body: bytes = b""
    failure: ExchangeFailedError | None = None  # why there was no answer at all
    until: float = -1.0  # of the loop's clock: when robots.txt is asked for again
    tdm: list[TdmRule] | None = None


class Sites:
    """Answers for every origin of one Run whether a URL may be asked and what is reserved there."""

    def __init__(self, fetcher: Fetcher, ledger: Ledger, turns: Turns, timeout: float) -> None:
        self._fetcher = fetcher
        self._ledger = ledger
        self._turns = turns
        self._timeout = timeout
        self._sites: dict[str, Site] = {}
        self.warnings: dict[str, str] = {}
        self.closed: dict[str, str] = {}  # origins whose robots.txt cannot be read, and why

    async def permit(self, url: str) -> None:
        """Return when robots.txt allows `url`; raises `ExchangeFailedError` when it does not.

        The outcome is `disallowed`, or what kept us from reading robots.txt when the host gave no answer at all. An
        answer that cannot be used (5xx, 429) forbids all but is no word about the page, which stays due:
        `HostShutError`.
        """
        verdict = await self.verdict(url)
        if verdict.allowed:
            return
        site = self._site(url)
        if site.failure:
            raise ExchangeFailedError(site.failure.outcome, f"robots.txt cannot be read: {site.failure.detail}")
        if site.origin in self.closed:
            raise HostShutError(self.closed[site.origin])
        raise ExchangeFailedError(VisitOutcome.DISALLOWED, verdict.rule)

    async def verdict(self, url: str) -> RobotsVerdict:
        """What robots.txt of the URL's origin says of it, read first if need be."""
        site = self._site(url)
        async with site.lock:
            if asyncio.get_running_loop().time() >= site.until:
                await self._read_robots(site)
            verdict = robots_verdict(site.status, site.body, PRODUCT, url)
        if verdict.crawl_delay:
            await self._turns.slow_down(url, verdict.crawl_delay)
        return verdict

    async def statements(self, url: str) -> tuple[str, ...]:
        """What the origin's TDMRep file says of `url`, as `name: value`."""
        site = self._site(url)
        async with site.lock:
            if site.tdm is None:
                site.tdm = await self._read_tdm(site)
        return tdm_statements(site.tdm, url)

    def _site(self, url: str) -> Site:
        origin = target(url).origin
        return self._sites.setdefault(origin, Site(origin))

    async def _read_robots(self, site: Site) -> None:
        now = asyncio.get_running_loop().time()
        kept = await self._ledger.robots(site.origin)
        age = utc_now() - kept.fetched_at if kept else None
        if kept and age is not None and age < ROBOTS_FRESH:
            self._use(site, kept, now + (ROBOTS_FRESH - age).total_seconds())
            return
        fresh = await self._ask_robots(site)
        self.closed.pop(site.origin, None)
        if _good(fresh.status):
            self._use(site, fresh, now + ROBOTS_FRESH.total_seconds())
            await self._ledger.save_robots(site.origin, fresh)
        elif kept and age is not None and age < ROBOTS_LAST_GOOD:
            self.warnings[site.origin] = "robots.txt cannot be read; the last good copy is used"
            self._use(site, kept, now + _UNREACHABLE_S)
        else:
            why = site.failure.detail if site.failure else f"HTTP {fresh.status}"
            told = self.warnings if site.failure else self.closed
            told[site.origin] = f"robots.txt cannot be read ({why}): nothing is asked"
            self._use(site, fresh, now + _UNREACHABLE_S)

    async def _ask_robots(self, site: Site) -> RobotsCopy:
        """A few tries: one hiccup must not close a host for the whole Run."""
        for attempt in range(_ROBOTS_TRIES):
            copy = await self._fetch_robots(site)
            again = site.failure.retry if site.failure else not _good(copy.status)
            if not again or attempt == _ROBOTS_TRIES - 1:
                break
            await asyncio.sleep(_BACK_OFF_S * 2**attempt)
        return copy

    async def _fetch_robots(self, site: Site) -> RobotsCopy:
        site.failure = None
        ask = Ask(limit=_ROBOTS_READ_LIMIT, timeout=self._timeout, anywhere=True, cut=True)
        try:
            answer = await self._fetcher.get(f"{site.origin}/robots.txt", ask, anything)
        except ExchangeFailedError as error:
            site.failure = error
            return RobotsCopy(status=None, body=b"", fetched_at=utc_now())
        if answer.status == 403:
            self.warnings[site.origin] = "robots.txt answered 403: everything is allowed, but nobody is welcome"
        if robots_too_long(answer.body):
            self.warnings[site.origin] = f"robots.txt is over {ROBOTS_LIMIT // 1024} KiB; what comes later is not read"
        body = answer.body[:ROBOTS_LIMIT] if answer.status < 300 else b""
        return RobotsCopy(status=answer.status, body=body, fetched_at=utc_now())

    @staticmethod
    def _use(site: Site, copy: RobotsCopy, until: float) -> None:
        site.status, site.body, site.until = copy.status or 0, copy.body, until

    async def _read_tdm(self, site: Site) -> list[TdmRule]:
        url = f"{site.origin}{TDMREP_PATH}"
        if not robots_verdict(site.status, site.body, PRODUCT, url).allowed:
            return []

        async def within(hop: str) -> None:
            if target(hop).origin != site.origin:
                raise ExchangeFailedError(VisitOutcome.DISALLOWED, "the TDMRep file is read on its own origin only")

        kept = await self._ledger.robots(url)
        try:
            answer = await self._fetcher.get(url, Ask(limit=TDMREP_LIMIT, timeout=self._timeout), within)
        except ExchangeFailedError as error:
            return self._as_kept(url, kept, f"{error.outcome} {error.detail}")
        withdrawn = answer.status in (404, 410)
        if not withdrawn and (answer.status != 200 or not is_tdm_file(answer.body)):
            return self._as_kept(url, kept, f"HTTP {answer.status}") if kept else []
        body = b"" if withdrawn else answer.body
        if body != (kept.body if kept else b""):
            await self._ledger.save_robots(url, RobotsCopy(status=answer.status, body=body, fetched_at=utc_now()))
        return tdm_rules(body)

    def _as_kept(self, url: str, kept: RobotsCopy | None, why: str) -> list[TdmRule]:
        """What the last good TDMRep file said: a reservation does not end because a host is out of order."""
        holds = f"; what it said on {kept.fetched_at:%Y-%m-%d} holds" if kept else ""
        self.warnings[url] = f"TDMRep file not read: {why}{holds}"
        return tdm_rules(kept.body) if kept else []


def _good(status: int | None) -> bool:
    return status is not None and (200 <= status < 300 or (400 <= status < 500 and status != 429))
