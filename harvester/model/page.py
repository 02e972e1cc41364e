"""A Page is one HTTP exchange as plain data; a VisitOutcome is what happened to US."""

from enum import StrEnum

from harvester.model.base import Utc, Value

BODY_LIMIT = 10 * 1024 * 1024  # bytes of a landing page, once unpacked


class VisitOutcome(StrEnum):
    """What became of one visit. Never mixed with `AccessStatus`: being refused is not evidence."""

    OK = "ok"  # an article's landing page, read
    NOT_ARTICLE = "not_article"  # listing, soft 404, cookie wall, viewer shell ...
    NOT_MODIFIED = "not_modified"  # 304, or the same digest as last time
    GONE = "gone"  # 404, 410
    REDIRECTED = "redirected"  # answered by another page of the same Source, visited there
    DISALLOWED = "disallowed"  # robots.txt says no
    FORBIDDEN = "forbidden"  # 401, 402, 403, 451
    CHALLENGED = "challenged"  # bot check
    LOGIN = "login"  # redirected to, or answered with, a sign-in page
    RATE_LIMITED = "rate_limited"  # 429, 503 with Retry-After
    SERVER_ERROR = "server_error"  # other 5xx
    NETWORK_ERROR = "network_error"  # name, route, reset, time out
    TLS_ERROR = "tls_error"  # certificate or handshake refused
    BLOCKED_ADDRESS = "blocked_address"  # private or otherwise forbidden address
    WRONG_CONTENT = "wrong_content"  # empty, binary, PDF ...
    TRUNCATED = "truncated"  # shorter than announced
    TOO_LARGE = "too_large"  # over the size cap, after decompression


class Page(Value):
    """One HTTP exchange. `headers` keep order and repeats, names lower-case; `body` is decompressed."""

    url: str
    final_url: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    fetched_at: Utc

    def header(self, name: str) -> str | None:
        """Value of the first header `name` (lower-case), or None."""
        return next((value for key, value in self.headers if key == name), None)

    def header_values(self, name: str) -> list[str]:
        """Values of every header `name` (lower-case), in order."""
        return [value for key, value in self.headers if key == name]
