"""One HTTP exchange through Scrapy's downloader: no redirects, no retries, no cookies, only admitted addresses."""

import codecs
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, StopDownload
from scrapy.http import Headers, Request, Response
from scrapy.http.request import NO_CALLBACK
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.endpoints import HostResolution

from harvester.crawl.addresses import Gate
from harvester.crawl.decoding import (
    ACCEPT_ENCODING,
    CutShortError,
    DamagedError,
    DecodingError,
    TooLargeError,
    codings,
    decoded,
)
from harvester.model.page import VisitOutcome
from harvester.reach import retry_after
from harvester.urls import AddressRefusedError

CONCURRENT = 16

_HANDLER = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"

SETTINGS: dict[str, Any] = {
    # Nothing listens: the first opens a port that runs code, the second a telnet console.
    "REMOTE_CONTROL_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "EXTENSIONS_BASE": {},
    # Redirects, retries, robots, decompression and politeness are ours; nothing else may touch a request.
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES_BASE": {},
    "DOWNLOAD_HANDLERS_BASE": dict.fromkeys(
        ("http", "https"), "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
    ),
    "COOKIES_ENABLED": False,
    "HTTPPROXY_ENABLED": False,
    "REFERER_ENABLED": False,
    "AUTOTHROTTLE_ENABLED": False,
    "HTTPCACHE_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_FAIL_ON_DATALOSS": False,
    "DOWNLOAD_WARNSIZE": 0,
    "CONCURRENT_REQUESTS": CONCURRENT,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENT,
    "DOWNLOAD_DELAY": 0,
    "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",
    "STATS_DUMP": False,
    "LOG_FORMATTER": "harvester.crawl.transport.QuietLog",
    "LOG_INSTALL_ROOT_HANDLER": False,
    "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
}

_TLS_PACKAGES = {"OpenSSL", "service_identity"}  # whose errors Twisted passes on when a certificate is refused
_DROPPED_HEADERS = frozenset({"set-cookie", "set-cookie2"})
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/xml", "application/xml", "text/plain")


class QuietLog:
    """Says nothing per page: the outcome of every visit is in the spool."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "QuietLog":  # noqa: ARG003
        """As Scrapy builds its parts."""
        return cls()

    def crawled(self, request: Request, response: Response, spider: Any) -> None:
        """No line."""

    def download_error(self, *args: Any) -> None:
        """No line: the failure is an outcome."""


class ExchangeFailedError(Exception):
    """No whole answer came. `outcome` names what happened, `retry` says whether a second try may help.

    `host_is_well`: the host answered as it should, only not what we may follow.
    """

    def __init__(self, outcome: VisitOutcome, detail: str, *, retry: bool = False, host_is_well: bool = False) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.retry = retry
        self.host_is_well = host_is_well


class Answer(NamedTuple):
    """One response: names of headers lower-case, `body` decoded; `stopped` when an unwanted type was not read."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    stopped: bool = False

    def header(self, name: str) -> str | None:
        """First value of header `name` (lower-case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    def wait(self) -> timedelta | None:
        """The longest time from now that a Retry-After asks for (RFC 9110, 10.2.3): a proxy may have added its own."""
        now = datetime.now(UTC)
        waits = [retry_after(value, now) for key, value in self.headers if key == "retry-after"]
        return max((each for each in waits if each is not None), default=None)


class PinnedResolver:
    """An `IHostnameResolver` that hands out the addresses the gate has checked: no name is looked up here."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: ARG002, N803
        transportSemantics: str = "TCP",  # noqa: ARG002, N803
    ) -> Any:
        """As `IHostnameResolver` states."""
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        for address in self._gate.pinned(hostName.strip("[]").lower(), portNumber):
            kind = IPv6Address if ":" in address else IPv4Address
            resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return resolution


class Transport:
    """Sends single GET requests for a running crawler. Build it once the reactor runs."""

    def __init__(self, crawler: Crawler, gate: Gate, user_agent: str) -> None:
        from twisted.internet import reactor

        self._crawler = crawler
        self._gate = gate
        self._user_agent = user_agent
        reactor.installNameResolver(PinnedResolver(gate))
        crawler.signals.connect(_stop_unwanted, signals.headers_received)
        crawler.signals.connect(_stop_long, signals.bytes_received)

    async def get(
        self,
        url: str,
        *,
        timeout: float,
        limit: int,
        headers: Mapping[str, str] | None = None,
        pages_only: bool = False,
        cut: bool = False,
    ) -> Answer:
        """GET `url` once; raises `ExchangeFailedError`. `limit` bounds the body before and after unpacking.

        `pages_only`: a successful answer of another type (PDF, image ...) is not read. `cut`: of a longer body, unless
        it is packed, the first `limit` bytes are taken.
        """
        await self._admit(url)
        sent = {"User-Agent": self._user_agent, "Accept-Encoding": ACCEPT_ENCODING, **_ACCEPT, **(headers or {})}
        meta: dict[str, Any] = {"download_timeout": timeout, "download_maxsize": limit, "pages_only": pages_only}
        if cut:
            meta |= {"download_maxsize": 0, "left": limit}
        try:
            request = Request(url, headers=sent, meta=meta, callback=NO_CALLBACK)
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            raise _failure(error, timeout, limit) from error
        return _answer(url, response, limit, pages_only=pages_only, cut=cut)

    async def _admit(self, url: str) -> None:
        try:
            await self._gate.admit(url)
        except AddressRefusedError as error:
            detail = f"{error.message} ({error.remedy})" if error.remedy else error.message
            raise ExchangeFailedError(VisitOutcome.BLOCKED_ADDRESS, detail) from error
        except (OSError, UnicodeError) as error:
            raise ExchangeFailedError(VisitOutcome.NETWORK_ERROR, f"no address: {error}", retry=True) from error


_ACCEPT = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1"}


# A short body is read and thrown away: its connection may be back in the pool by the time it is stopped, and then the
# next request on it is lost and sent twice.
_SHORT = 65_536


def _stop_unwanted(headers: Headers, body_length: int, request: Request, **_: Any) -> None:
    if not request.meta.get("pages_only") or is_page_type(_text(headers.get(b"Content-Type") or b"")):
        return
    request.meta["unread"] = 0
    if isinstance(body_length, int) and body_length > _SHORT:
        raise StopDownload(fail=False)


def _stop_long(data: bytes, request: Request, **_: Any) -> None:
    if "left" in request.meta:
        request.meta["left"] -= len(data)
        if request.meta["left"] < 0:
            raise StopDownload(fail=False)
    if "unread" in request.meta:
        request.meta["unread"] += len(data)
        if request.meta["unread"] > _SHORT:
            raise StopDownload(fail=False)


def is_page_type(content_type: str) -> bool:
    """Whether a Content-Type may be an article's landing page; an absent one may."""
    media = content_type.partition(";")[0].strip().lower()
    return not media or media in _PAGE_TYPES or media.endswith("+xml")


def _answer(url: str, response: Response, limit: int, *, pages_only: bool, cut: bool) -> Answer:
    headers = tuple((_text(n).lower(), _text(v)) for n, values in response.headers.items() for v in values)
    kept = tuple(pair for pair in headers if pair[0] not in _DROPPED_HEADERS)
    unwanted = pages_only and not is_page_type(_text(response.headers.get(b"Content-Type") or b""))
    stopped = "download_stopped" in response.flags
    if stopped and cut:
        if response.headers.get(b"Content-Encoding"):
            raise ExchangeFailedError(VisitOutcome.TOO_LARGE, f"more than {limit} bytes, and packed")
        return Answer(url, response.status, kept, response.body[:limit])
    if unwanted or stopped:
        return Answer(url, response.status, kept, b"", stopped=True)
    if "dataloss" in response.flags:
        raise ExchangeFailedError(VisitOutcome.TRUNCATED, "the body ended before its announced end", retry=True)
    body = _unpacked(response.body, [value for name, value in kept if name == "content-encoding"], limit)
    if "partial" in response.flags and not _closed(body):
        raise ExchangeFailedError(VisitOutcome.TRUNCATED, "no length was announced and the end is missing", retry=True)
    return Answer(url, response.status, kept, body)


def _unpacked(body: bytes, encodings: list[str], limit: int) -> bytes:
    try:
        return decoded(body, codings(encodings), limit)
    except TooLargeError as error:
        raise ExchangeFailedError(VisitOutcome.TOO_LARGE, str(error)) from error
    except CutShortError as error:
        raise ExchangeFailedError(VisitOutcome.TRUNCATED, str(error), retry=True) from error
    except DamagedError as error:  # on the way, perhaps
        raise ExchangeFailedError(VisitOutcome.WRONG_CONTENT, str(error), retry=True) from error
    except DecodingError as error:
        raise ExchangeFailedError(VisitOutcome.WRONG_CONTENT, str(error)) from error


def _closed(body: bytes) -> bool:
    """Whether markup is whole; text without markup cannot tell and is believed."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body[2:].replace(b"\0", b"")
    body = body.removeprefix(codecs.BOM_UTF8)
    tail = body[-2048:].rstrip().lower()
    return (
        body.lstrip()[:1] != b"<"
        or tail.endswith(b"-->")
        or b"</html" in tail
        or b"</urlset" in tail
        or b"index>" in tail
        or _ends_root(body[:_HEAD].lower(), tail)
    )


# Atomic: what stands before the root is never looked over twice.
_ROOT = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(?:\[.*?\]\s*)?>)*+<([^\s<>/!?\"'=]+)", re.DOTALL)
_HEAD = 8192


def _ends_root(head: bytes, tail: bytes) -> bool:
    """Whether the last thing is the end of the root element: that its tag is somewhere tells nothing of a `div`."""
    root = _ROOT.match(head)
    opened, _, rest = tail.rpartition(b"</")
    return bool(root and opened and rest.endswith(b">") and rest[:-1].rstrip() == root[1])


def _failure(error: Exception, timeout: float, limit: int) -> ExchangeFailedError:
    if isinstance(error, DownloadTimeoutError):
        return ExchangeFailedError(VisitOutcome.NETWORK_ERROR, f"no whole answer within {timeout:.0f} s", retry=True)
    if isinstance(error, DownloadCancelledError):
        return ExchangeFailedError(VisitOutcome.TOO_LARGE, f"more than {limit} bytes")
    reasons = _reasons(error)
    detail = "; ".join(dict.fromkeys(f"{type(each).__name__} {each}".strip() for each in reasons))[:300]
    if any(type(each).__module__.partition(".")[0] in _TLS_PACKAGES for each in reasons):
        return ExchangeFailedError(VisitOutcome.TLS_ERROR, detail)
    return ExchangeFailedError(VisitOutcome.NETWORK_ERROR, detail, retry=True)


def _reasons(error: BaseException) -> list[BaseException]:
    """The failures at the bottom: Twisted wraps them in lists, Scrapy in causes."""
    wrapped = getattr(error, "reasons", None)
    if wrapped:
        return [deep for failure in wrapped for deep in _reasons(failure.value)]
    return _reasons(error.__cause__) if error.__cause__ is not None else [error]


def _text(value: bytes) -> str:
    return value.decode("latin-1")
