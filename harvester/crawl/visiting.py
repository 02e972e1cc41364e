"""One URL of the frontier -> one Visit: conditional request, bounded retries, and the transport's word on it."""

import asyncio
import random
from datetime import timedelta

from harvester.crawl.fetching import Ask, Fetcher, Permit
from harvester.crawl.ledger import Ledger, utc_now
from harvester.crawl.politeness import is_challenge
from harvester.crawl.sites import Sites
from harvester.crawl.transport import Answer, ExchangeFailedError, is_page_type
from harvester.crawl.turns import LONGEST_WAIT_S, Turns
from harvester.model.page import BODY_LIMIT, Page, VisitOutcome
from harvester.model.run import FrontierItem, Visit
from harvester.model.source import UrlRules
from harvester.urls import canonical_url, is_article

MOST_RETRIES = 2
MOST_WAITS = 4  # times a page is asked again because its host was too busy; every wait is the host's own word
HOLD_WITHOUT_WORD = timedelta(seconds=60)
_BACK_OFF_S = 0.5
_REFUSED = {401, 402, 403, 451}


class Visitor:
    """Visits the URLs of one Run. `unconditional` sends no validators."""

    def __init__(
        self,
        fetcher: Fetcher,
        sites: Sites,
        turns: Turns,
        ledger: Ledger,
        rules: UrlRules,
        *,
        run_id: str,
        timeout: float,
        unconditional: bool = False,
    ) -> None:
        self._fetcher = fetcher
        self._ledger = ledger
        self._rules = rules
        self._sites = sites
        self._turns = turns
        self._run_id = run_id
        self._timeout = timeout
        self._unconditional = unconditional

    async def visit(self, item: FrontierItem) -> Visit:
        """The visit's final outcome after retries; raises `HostShutError` when its host must not be asked."""
        validators = {} if self._unconditional else _validators(item)
        ask = Ask(BODY_LIMIT, self._timeout, validators, pages_only=True)
        try:
            if not self._fetcher.claims(item.url):
                raise ExchangeFailedError(VisitOutcome.BLOCKED_ADDRESS, "no host of this source", host_is_well=True)
            answer = await self._follow(item.url, ask)
            robots = await self._sites.statements(answer.url)
        except ExchangeFailedError as error:
            return Visit(
                run_id=self._run_id, url=item.url, outcome=error.outcome, detail=error.detail[:500], at=utc_now()
            )
        now = utc_now()
        page = Page(
            url=item.url,
            final_url=answer.url,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            fetched_at=now,
        )
        if answer.status == 304:
            outcome, detail = VisitOutcome.NOT_MODIFIED, "HTTP 304"
        else:
            outcome, detail = VisitOutcome.OK, ""
        return Visit(
            run_id=self._run_id, url=item.url, outcome=outcome, detail=detail, page=page, at=now, robots=robots
        )

    async def _follow(self, url: str, ask: Ask) -> Answer:
        """The answer at the end of the redirects; what was noted on the way and is not that end is let go again."""
        noted: list[str] = []
        end = None
        try:
            answer = await self.fetch(url, ask, self._permit_of(url, noted))
            end = canonical_url(answer.url, self._rules)
            return answer
        finally:
            await asyncio.shield(self._ledger.let_go([each for each in noted if each != end]))

    def _permit_of(self, url: str, noted: list[str]) -> Permit:
        """Robots and TDMRep, and no page twice: a redirect to what has its own place in the frontier ends there.

        `noted` takes the articles that nobody knew of before.
        """
        mine = {url}

        async def permit(hop: str) -> None:
            there = canonical_url(hop, self._rules)
            if there not in mine:
                taken = await self._ledger.take_over(there, url, is_article=self._is_another(there, url))
                if taken == "refused":
                    raise ExchangeFailedError(VisitOutcome.REDIRECTED, there)
                noted.extend([there] if taken == "noted" else [])
            mine.add(there)
            await self._sites.permit(hop)
            if self._fetcher.is_own(hop):
                # Read before any page is: a budget that ends in between would cost the page that was asked for.
                await self._sites.statements(hop)

        return permit

    def _is_another(self, there: str, url: str) -> bool:
        """Whether the source's patterns call `there` an article, and it differs by more than its query."""
        is_one = bool(self._rules.article) and is_article(there, self._rules)
        return is_one and there.partition("?")[0] != url.partition("?")[0]

    async def fetch(self, url: str, ask: Ask, permit: Permit | None = None) -> Answer:
        """A good answer (a 200 page, or a 304 that was asked for) after at most two retries, and four waits.

        Raises `ExchangeFailedError` with the last outcome, `HostShutError`.
        """
        retries = waits = 0
        while True:
            self._turns.check(url)
            try:
                answer = await self._attempt(url, ask, permit or self._sites.permit)
            except ExchangeFailedError as error:
                self._turns.note(url, VisitOutcome.OK if error.host_is_well else error.outcome, error.detail)
                busy = error.outcome is VisitOutcome.RATE_LIMITED
                if not error.retry or (waits >= MOST_WAITS if busy else retries >= MOST_RETRIES):
                    raise
                waits, retries = waits + busy, retries + (not busy)
                if not busy:  # a hold is waited for where the turn is taken
                    await self._back_off(url, retries)
            else:
                self._turns.note(url, VisitOutcome.OK, "")
                return answer

    async def _back_off(self, url: str, retry: int) -> None:
        least = max(self._turns.lane(url).gap, _BACK_OFF_S)
        await asyncio.sleep(least * 2 ** (retry - 1) * random.uniform(0.75, 1.25))  # noqa: S311

    async def _attempt(self, url: str, ask: Ask, permit: Permit) -> Answer:
        answer = await self._fetcher.get(url, ask, permit)
        if answer.status == 429 and answer.wait() is None:
            await self._turns.hold(answer.url, HOLD_WITHOUT_WORD, f"HTTP 429 at {answer.url}")
        conditional = "If-None-Match" in ask.headers or "If-Modified-Since" in ask.headers
        if failure := _judged(answer, conditional=conditional, page=ask.pages_only):
            raise failure
        return answer


def _validators(item: FrontierItem) -> dict[str, str]:
    named = (("If-None-Match", item.etag), ("If-Modified-Since", item.last_modified))
    return {name: value for name, value in named if value}


def _judged(answer: Answer, *, conditional: bool, page: bool) -> ExchangeFailedError | None:
    """What is wrong with an answer, or None when it is what was asked for."""
    status = answer.status
    if is_challenge(status, dict(answer.headers), answer.body):
        return ExchangeFailedError(VisitOutcome.CHALLENGED, f"HTTP {status}: a bot check")
    if status == 200:
        return _judged_content(answer) if page else None
    if status == 304:
        spurious = ExchangeFailedError(VisitOutcome.SERVER_ERROR, "HTTP 304 to an unconditional request", retry=True)
        return None if conditional else spurious
    return _judged_status(answer)


def _judged_status(answer: Answer) -> ExchangeFailedError:
    status, detail = answer.status, f"HTTP {answer.status}"
    if status in {404, 410}:
        return ExchangeFailedError(VisitOutcome.GONE, detail)
    if status in _REFUSED:
        return ExchangeFailedError(VisitOutcome.FORBIDDEN, detail)
    if status == 429 or (status == 503 and answer.header("retry-after")):
        wait = answer.wait() or timedelta(0)
        return ExchangeFailedError(VisitOutcome.RATE_LIMITED, detail, retry=wait.total_seconds() <= LONGEST_WAIT_S)
    if status >= 500 or status in {408, 425}:
        return ExchangeFailedError(VisitOutcome.SERVER_ERROR, detail, retry=True)
    if status == 206:
        return ExchangeFailedError(VisitOutcome.TRUNCATED, detail)
    return ExchangeFailedError(VisitOutcome.FORBIDDEN if status >= 400 else VisitOutcome.WRONG_CONTENT, detail)


def _judged_content(answer: Answer) -> ExchangeFailedError | None:
    content_type = answer.header("content-type") or ""
    if answer.stopped or not is_page_type(content_type):
        return ExchangeFailedError(VisitOutcome.WRONG_CONTENT, f"{content_type or 'unknown type'}, no web page")
    start = answer.body[:1024].lstrip()
    if not start:
        return ExchangeFailedError(VisitOutcome.WRONG_CONTENT, "empty body")
    wide = start[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00<" in start or b"<\x00" in start
    if start.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8", b"GIF8")) or (b"\0" in start and not wide):
        return ExchangeFailedError(VisitOutcome.WRONG_CONTENT, f"binary body labelled {content_type or 'nothing'}")
    return None
