"""Discovery at work: listings and sitemaps are visited as politely as articles, and their URLs go to the frontier."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar

from harvester.crawl.discovery import Found, listing_urls, wanted
from harvester.crawl.feeds import read_feed
from harvester.crawl.fetching import Ask
from harvester.crawl.ledger import Ledger, utc_now
from harvester.crawl.oai import changed_since, list_request, next_request, read_list
from harvester.crawl.resolving import resolving
from harvester.crawl.sitemaps import SITEMAP_LIMIT, Sitemap
from harvester.crawl.transport import Answer, ExchangeFailedError
from harvester.crawl.turns import HostShutError, PausedError
from harvester.crawl.xml_stream import moment
from harvester.errors import StorageError
from harvester.model.page import BODY_LIMIT
from harvester.model.source import Discovery, Source
from harvester.urls import absolute, canonical_url, clean_url, in_bounds, names_fulltext, refused

MOST_SITEMAP_DEPTH = 3
_BATCH = 500
_OVERLAP = timedelta(days=1)  # datestamps are days in some repositories, and clocks differ

_T = TypeVar("_T")
Fetch = Callable[[str, Ask], Awaitable[Answer]]


class Walk:
    """Walks every discovery of a Source once. `enough` says early that no more URLs are wanted.

    A list that can be asked for changes only is asked for those since it was last read to its end, unless `afresh`.
    """

    def __init__(
        self,
        source: Source,
        fetch: Fetch,
        ledger: Ledger,
        *,
        afresh: bool,
        enough: Callable[[], bool],
        found: Callable[[], None],
    ) -> None:
        self._source = source
        self._fetch = fetch
        self._ledger = ledger
        self._afresh = afresh
        self._enough = enough
        self._found = found
        # Off the loop, and always the same one: lxml's parser breaks when it goes on in another.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lists")
        self.discovered = 0
        self.new = 0
        self.pages = 0
        self.answered = 0  # of these
        self.excluded = 0
        self.problems: dict[str, str] = {}

    async def run(self) -> None:
        """Walk; what goes wrong with one page, or with a whole way, is noted in `problems` and the rest goes on."""
        for number, way in enumerate(self._source.discovery, 1):
            try:
                await self._walk(way)
            except StorageError:
                raise
            except Exception as error:  # whatever one way does, the others are walked
                what = way.url or f"{way.kind}, way {number}"
                self.problems[what] = f"could not be walked: {type(error).__name__} {error}".strip()
        self._thread.shutdown(wait=False)

    async def _walk(self, way: Discovery) -> None:
        walks = {"sitemap": self._sitemaps, "listing": self._listings, "feed": self._feed, "oai_pmh": self._oai}
        if way.kind == "urls":
            await self._given(way)
        elif way.kind == "dois":
            await self._dois(way)
        elif way.url:
            await walks[way.kind](way, way.url)

    async def _given(self, way: Discovery) -> None:
        urls = [canonical_url(url, self._source.urls) for url in way.urls]
        allowed = [url for url in urls if in_bounds(url, self._source.hosts) and not refused(url, self._source.urls)]
        self.excluded += len(urls) - len(allowed)
        await self._note([(url, None) for url in allowed])

    async def _dois(self, way: Discovery) -> None:
        found = [(doi, resolving(doi, way.resolver)) for doi in way.dois]
        self.problems |= {doi: "is no DOI" for doi, url in found if url is None}
        await self._note([(url, None) for _, url in found if url])

    async def _listings(self, way: Discovery, first: str) -> None:
        start = clean_url(first, self._source.urls)
        waiting, seen, left = deque([(start, 0)]), {start}, way.max_pages
        while waiting and left and not self._enough():
            url, depth = waiting.popleft()
            left -= 1
            answer = await self._read(url, BODY_LIMIT)
            if answer is None:
                continue
            links = listing_urls(
                answer.body,
                answer.url,
                way,
                self._source.urls,
                self._source.hosts,
                content_type=answer.header("content-type"),
            )
            self.excluded += links.excluded
            await self._note([(found, None) for found in links.articles])
            deeper = [(each, depth + 1) for each in links.listings] if depth < way.depth else []
            for step in (*((each, depth) for each in links.next), *deeper):
                if step[0] not in seen and len(seen) < 2 * way.max_pages:
                    seen.add(step[0])
                    waiting.append(step)
        if waiting and not left:
            self.problems[first] = f"more than {way.max_pages} listing pages; the rest was left"

    async def _sitemaps(self, way: Discovery, first: str) -> None:
        waiting, seen, left = deque([(first, 0)]), {first}, way.max_pages
        while waiting and left and not self._enough():
            url, depth = waiting.popleft()
            left -= 1
            children = [child for child in await self._sitemap(url) if child not in seen]
            here = [child for child in children if in_bounds(child, self._source.hosts)]
            if foreign := len(children) - len(here):
                self._tell(url, f"{foreign} of its sitemaps lie on hosts that are not the source's, and were left")
            if here and depth == MOST_SITEMAP_DEPTH:
                self._tell(url, f"an index {depth} levels below the first: its {len(here)} sitemaps were left")
                continue
            waiting += [(child, depth + 1) for child in here if self._may_list(child)]
            seen |= {*here}
        if waiting and not left:
            self.problems[first] = f"more than {way.max_pages} sitemaps; the rest was left"

    def _may_list(self, url: str) -> bool:
        """Whether an address that a list gives for another list may be asked: on a host of the Source, no full text."""
        is_list = url.lower().endswith((".xml", ".xml.gz", ".txt", ".txt.gz"))
        is_page = bool(refused(url, self._source.urls)) or names_fulltext(url)
        return in_bounds(url, self._source.hosts) and (is_list or not is_page)

    def _tell(self, url: str, problem: str) -> None:
        self.problems[url] = "; ".join(filter(None, (self.problems.get(url), problem)))

    async def _sitemap(self, url: str) -> Sequence[str]:
        answer = await self._read(url, SITEMAP_LIMIT)
        if answer is None:
            return ()
        sitemap = await self._reading(partial(Sitemap, answer.body, _answered(answer)))
        there = answer.url
        del answer  # with its body
        found = ((absolute(there, loc) or loc, changed) for loc, changed in sitemap.urls())
        await self._take(url, (), sitemap.problems)
        while some := await self._reading(lambda: [*islice(found, _BATCH)]):
            await self._take(url, some, ())
        return [absolute(there, loc) or loc for loc in sitemap.sitemaps]

    async def _feed(self, way: Discovery, first: str) -> None:
        url: str | None = first
        seen: set[str] = set()
        for _ in range(way.max_pages):
            answer = await self._read(url, BODY_LIMIT) if url and not self._enough() else None
            if url is None or answer is None:
                return
            seen |= {url, answer.url}
            feed = await self._reading(partial(read_feed, answer.body, answer.url, _answered(answer)))
            await self._take(url, feed.found, feed.problems)
            url = feed.next if feed.next and feed.next not in seen and self._may_list(feed.next) else None
        if url:
            self.problems[first] = f"more than {way.max_pages} feed pages; the rest was left"

    async def _oai(self, way: Discovery, first: str) -> None:
        asked = list_request(first, prefix=way.metadata_prefix, of_set=way.set)
        last, began = None if self._afresh else await self._ledger.last_read(asked), utc_now()
        url = changed_since(asked, (last - _OVERLAP).date()) if last else asked
        seen: set[str] = set()
        whole = True
        for _ in range(way.max_pages):
            answer = await self._read(url, SITEMAP_LIMIT) if not self._enough() else None
            if answer is None:
                return
            page = await self._reading(partial(read_list, answer.body, _answered(answer), whole=last is None))
            again = ("the resumption token came before; the rest was left",) if page.token in seen else ()
            problems = (*page.problems, *again)
            await self._take(url, page.found, problems)
            whole = whole and not problems
            if page.token is None or again:
                if whole:
                    await self._ledger.note_read(asked, began)
                return
            seen.add(page.token)
            url = next_request(first, page.token)
        self.problems[first] = f"more than {way.max_pages} lists; the rest was left"

    async def _reading(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _take(self, url: str, found: Sequence[Found], problems: Sequence[str]) -> None:
        if problems:
            self.problems[url] = "; ".join(problems)
        articles, excluded = wanted(found, self._source.urls, self._source.hosts)
        self.excluded += excluded
        await self._note(articles)

    async def _read(self, url: str, limit: int) -> Answer | None:
        self.pages += 1
        try:
            answer = await self._fetch(url, Ask(limit, self._source.politeness.timeout))
        except ExchangeFailedError as error:
            self.problems[url] = f"{error.outcome}: {error.detail}"
        except PausedError:
            return None
        except HostShutError as error:
            self.problems[url] = f"not asked: {error}"
        else:
            self.answered += 1
            return answer
        return None

    async def _note(self, found: Sequence[tuple[str, datetime | None]]) -> None:
        for start in range(0, len(found), _BATCH):
            some = found[start : start + _BATCH]
            self.new += await self._ledger.discover(some)
            self.discovered += len(some)
            self._found()


def _answered(answer: Answer) -> datetime:
    """The moment of the answer by the clock that dates its entries: the site's, where it tells it."""
    now = utc_now()
    return moment(answer.header("date"), now) or now
