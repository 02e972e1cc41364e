"""One generic spider for every Source. Scrapy lends it the engine and the downloader; the Source says the rest."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count, islice
from typing import Any

from scrapy import Spider

from harvester.crawl.addresses import Gate
from harvester.crawl.crawl import STOP_S, CrawlConfig
from harvester.crawl.fetching import Fetcher
from harvester.crawl.frontier import Frontier
from harvester.crawl.ledger import Ledger, utc_now
from harvester.crawl.sites import Sites
from harvester.crawl.transport import ExchangeFailedError, Transport
from harvester.crawl.turns import HostShutError, Turns
from harvester.crawl.visiting import Visitor
from harvester.crawl.walking import Walk
from harvester.model.page import VisitOutcome
from harvester.model.run import FrontierItem
from storage.spool import SpoolReader, SpoolWriter
from storage.store import Store

_EVERY_S = 1.0
_DUE_BEATS = 5
_EVERY_VISITS = 50
_MOST_SEGMENTS = 32
_MOST_PROBLEMS = 200
_SLOWEST_STOP_S = STOP_S - 3


class HarvestSpider(Spider):  # type: ignore[misc]
    """Crawls the Source of its `config`. What ends it early is put into `failures`: Scrapy would only log it."""

    name = "harvest"
    config: CrawlConfig
    store: Store
    failures: list[Exception]

    async def start(self) -> AsyncIterator[Any]:
        """The whole crawl: every request is made from within, none is handed to Scrapy's scheduler."""
        try:
            await Crawl(self).run()
        except Exception as error:
            self.failures.append(error)
        return
        yield


class Crawl:
    """The parts of one crawl, put together, and its end in good order."""

    def __init__(self, spider: HarvestSpider) -> None:
        config = spider.config
        source = config.source
        self.stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._outcomes: Counter[VisitOutcome] = Counter()
        self._visits = 0
        self._due = 0
        gate = Gate(config.private_allow)
        self._ledger = Ledger(spider.store, source.id, config.run_id)
        self._spool = SpoolWriter(config.spool_dir, config.run_id)
        self._reader = SpoolReader(config.spool_dir, config.run_id)
        self._turns = Turns(self._ledger, gate, source.politeness, self.stopping)
        fetcher = Fetcher(source, Transport(spider.crawler, gate, config.user_agent), self._turns)
        timeout = source.politeness.timeout
        self._sites = Sites(fetcher, self._ledger, self._turns, timeout)
        self._visitor = Visitor(
            fetcher,
            self._sites,
            self._turns,
            self._ledger,
            source.urls,
            run_id=config.run_id,
            timeout=timeout,
            unconditional=config.unconditional,
        )
        self._frontier = Frontier(
            self._ledger, self._turns, self._visit, room=self._room, limit=config.limit, stopping=self.stopping
        )
        self._walk = Walk(
            source,
            self._visitor.fetch,
            self._ledger,
            afresh=config.full,
            enough=self._enough,
            found=self._frontier.wake,
        )
        self._limit = config.limit
        self._only_robots = config.only_robots
        self._per_day = source.politeness.max_pages_per_day
        self._spent_day: str | None = None
        self._ends_day = False

    async def run(self) -> None:
        """Crawl until nothing is left, or until told to stop; the spool is closed either way."""
        self._listen()
        if self._only_robots:
            await self._read_robots(self._only_robots)
            return
        if await self._day_is_spent():
            self._spool.close()
            self._ledger.close()
            self._report(done=True)
            return
        reporting = asyncio.create_task(self._report_regularly())
        walking = asyncio.create_task(self._walk.run())
        try:
            await self._frontier.run(walking)
            await walking
            await self._note_day()
        finally:
            reporting.cancel()
            walking.cancel()
            self._spool.close()
            self._ledger.close()
        self._report(done=True)

    async def _day_is_spent(self) -> bool:
        """Lower the limit to what is left of the day's pages."""
        if self._per_day is None:
            return False
        now = utc_now()
        left = self._per_day - await self._ledger.visited_since(now.replace(hour=0, minute=0, second=0, microsecond=0))
        if left <= 0:
            self._spent_day = f"{self._per_day} pages were visited today, the budget of a day"
            return True
        if self._limit is None or left < self._limit:
            self._limit = self._frontier.limit = left
            self._ends_day = True
        return False

    async def _note_day(self) -> None:
        """Say so when this Run spent the day's pages and there are more."""
        if self._ends_day and self._frontier.spent and await self._ledger.claim(1):
            self._spent_day = f"{self._per_day} pages were visited today, the budget of a day; others wait for the next"

    async def _read_robots(self, url: str) -> None:
        with suppress(ExchangeFailedError, HostShutError):
            await self._sites.permit(url)
        self._spool.close()
        self._ledger.close()
        self._report(done=True)

    def stop(self) -> None:
        """Take no new work, finish what is in flight; the process ends in time whatever hangs."""
        if not self.stopping.is_set():
            self.stopping.set()
            self._frontier.wake()
            last = threading.Timer(_SLOWEST_STOP_S, os._exit, (0,))
            last.daemon = True
            last.start()

    def _listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)
        threading.Thread(target=self._watch_parent, daemon=True).start()

    def _watch_parent(self) -> None:
        """Standard input is open as long as the parent lives and wants the crawl; a line names a host to shut."""
        with os.fdopen(sys.stdin.fileno(), "rb", closefd=False) as lines:
            for line in lines:
                told = json.loads(line)
                self._loop.call_soon_threadsafe(self._turns.shut, told["url"], told["reason"])
        self._loop.call_soon_threadsafe(self.stop)

    def _room(self) -> bool:
        """Whether ingest keeps up: what it has not taken yet lies on disk."""
        return len(self._reader.segments()) < _MOST_SEGMENTS

    def _enough(self) -> bool:
        over_limit = self._limit is not None and self._walk.new >= self._limit
        return self.stopping.is_set() or self._frontier.spent or over_limit

    async def _visit(self, item: FrontierItem) -> None:
        visit = await self._visitor.visit(item)
        self._spool.append(visit)
        self._visits += 1
        self._outcomes[visit.outcome] += 1
        if self._visits % _EVERY_VISITS == 0:
            self._report()

    async def _report_regularly(self) -> None:
        for beat in count():
            if beat % _DUE_BEATS == 0:
                self._due = await self._ledger.due_count()
            await asyncio.sleep(_EVERY_S)
            self._spool.tick()
            self._report()

    def _report(self, **more: Any) -> None:
        """One line of JSON for the parent. One that reads no more wants no more."""
        line: dict[str, Any] = {
            "visits": self._visits,
            "queued": self._frontier.pending,
            "discovered": self._walk.discovered,
            "due": self._due,
            "waits": self._turns.waits(),
        }
        if more:
            more |= {
                "new": self._walk.new,
                "listings": self._walk.pages,
                "listings_read": self._walk.answered,
                "excluded": self._walk.excluded,
                "outcomes": {str(outcome): count for outcome, count in self._outcomes.items()},
                "stopped": self.stopping.is_set(),
                "problems": dict(islice((self._sites.warnings | self._walk.problems).items(), _MOST_PROBLEMS)),
                "paused": self._spent_day or self._turns.paused,
                "shut": self._turns.shut_hosts() | self._sites.closed,
            }
        try:
            sys.stdout.write(json.dumps(line | more) + "\n")
            sys.stdout.flush()
        except (BrokenPipeError, ValueError):
            self.stop()
