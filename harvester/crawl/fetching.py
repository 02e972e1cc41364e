"""One URL, hop by hop: every hop is asked of robots, bounds and the host's turn before anything is sent."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote

from harvester.crawl.transport import Answer, ExchangeFailedError, Transport
from harvester.crawl.turns import Turns
from harvester.model.page import VisitOutcome
from harvester.model.source import Source
from harvester.urls import absolute, in_bounds, looks_like_login, refused, target

MOST_HOPS = 7
_REDIRECTS = {301, 302, 303, 307, 308}
_NOT_ASCII = re.compile(r"[^\0-\x7f]+")
_LEAST_HOLD = timedelta(seconds=1)

Permit = Callable[[str], Awaitable[None]]


class Ask(NamedTuple):
    """What is wanted: bounds of the body in bytes and of the whole exchange in seconds, and request headers.

    `anywhere` follows redirects to other hosts as well, which only robots.txt may (RFC 9309, 2.3.1.2). `cut` takes the
    first `limit` bytes of a longer body instead of refusing it.
    """

    limit: int
    timeout: float
    headers: Mapping[str, str] = {}
    pages_only: bool = False
    anywhere: bool = False
    cut: bool = False


async def anything(url: str) -> None:
    """Permits every URL: for robots.txt itself."""


class Fetcher:
    """Follows redirects of one Source within its hosts."""

    def __init__(self, source: Source, transport: Transport, turns: Turns) -> None:
        self._source = source
        self._transport = transport
        self._turns = turns

    def claims(self, url: str) -> bool:
        """Whether a page at `url` may be asked for: on the Source's hosts, or at the resolver of its DOIs."""
        resolvers = (way.resolver for way in self._source.discovery if way.kind == "dois")
        return in_bounds(url, (*self._source.hosts, *(target(each).netloc for each in resolvers)))

    def is_own(self, url: str) -> bool:
        """Whether a URL is on one of the Source's hosts, not at a resolver."""
        return in_bounds(url, self._source.hosts)

    async def get(self, url: str, ask: Ask, permit: Permit) -> Answer:
        """The last answer on the way, its `url` the one that gave it; raises `ExchangeFailedError`, `HostShutError`.

        `permit` is asked before every hop and raises when it says no. `ask.timeout` bounds the sum of all hops, the
        waits for turns left out. A Retry-After of any hop holds its host.
        """
        left = ask.timeout
        seen = [url]
        while True:
            await permit(seen[-1])
            answer, took = await self._exchange(seen[-1], ask, left)
            left -= took
            await self._heed(answer)
            location = answer.header("location") if answer.status in _REDIRECTS else None
            if location is None:
                return answer
            seen.append(self._next_hop(seen, _as_written(location), anywhere=ask.anywhere))

    async def _exchange(self, url: str, ask: Ask, left: float) -> tuple[Answer, float]:
        async with self._turns.turn(url):
            clock = asyncio.get_running_loop().time
            started = clock()
            answer = await self._transport.get(
                url,
                timeout=max(left, 0.1),
                limit=ask.limit,
                headers=ask.headers,
                pages_only=ask.pages_only,
                cut=ask.cut,
            )
            self._turns.received(len(answer.body))
            return answer, clock() - started

    async def _heed(self, answer: Answer) -> None:
        """Retry-After (RFC 9110, 10.2.3) comes with refusals and redirects, and speaks for the whole host."""
        wait = answer.wait()
        if wait is not None and answer.status >= 300 and answer.status != 304:
            await self._turns.hold(answer.url, max(wait, _LEAST_HOLD), f"HTTP {answer.status} at {answer.url}")

    def _next_hop(self, seen: Sequence[str], location: str, *, anywhere: bool) -> str:
        url = absolute(seen[-1], location)
        if url is None:
            raise ExchangeFailedError(VisitOutcome.BLOCKED_ADDRESS, f"redirects to {location[:200]!r}, no web page")
        if looks_like_login(url) and not looks_like_login(seen[0]):
            raise ExchangeFailedError(VisitOutcome.LOGIN, f"redirects to a sign-in page, {url[:200]}")
        if not anywhere and not in_bounds(url, self._source.hosts):
            where = target(url).netloc
            detail = f"redirects to {where}, no host of this source"
            raise ExchangeFailedError(VisitOutcome.BLOCKED_ADDRESS, detail, host_is_well=True)
        if seen[-1].startswith("https:") and url.startswith("http:"):
            raise ExchangeFailedError(VisitOutcome.TLS_ERROR, f"redirects from https to plain {url[:200]}")
        if not anywhere and (reason := refused(url, self._source.urls)):
            raise ExchangeFailedError(VisitOutcome.WRONG_CONTENT, f"redirects to {url[:200]}: {reason}")
        if url in seen:
            raise ExchangeFailedError(VisitOutcome.SERVER_ERROR, f"redirects in a circle, back to {url[:200]}")
        if len(seen) > MOST_HOPS:
            raise ExchangeFailedError(VisitOutcome.SERVER_ERROR, f"redirects without end, {len(seen)} in a row")
        return url


def _as_written(location: str) -> str:
    """A `Location` whose bytes are raw UTF-8, as many servers send it and browsers read it: percent-encoded."""
    try:
        location.encode("latin-1").decode()
    except UnicodeError:
        return location
    return _NOT_ASCII.sub(lambda found: quote(found[0].encode("latin-1")), location)
