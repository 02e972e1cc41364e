"""Sitemap bytes -> URLs (sitemaps.org). Pure: nothing is fetched."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

from harvester.crawl.discovery import Dates, Found
from harvester.crawl.xml_stream import children, elements, moment

SITEMAP_LIMIT = 50 * 1024 * 1024
SITEMAP_ENTRIES = 50_000


class Sitemap:
    """A sitemap (XML, or text with a URL a line) or sitemap index (sitemaps.org), plain or gzip.

    At most 50,000 entries of at most 50 MiB are read. `sitemaps` are the children an index names, `problems` what is
    wrong with it. It is gone through once for these, and again for each time its `urls` are asked for: a long one is
    never held whole. No entity is expanded and nothing external read.
    """

    def __init__(self, body: bytes, now: datetime) -> None:
        self._now = now
        self._text, problems = _unpacked(body)
        dates, sitemaps, entries = Dates(now), dict[str, None](), 0
        for kind, loc, lastmod in self._entries(problems):
            entries += 1
            if kind == "sitemap":
                sitemaps[loc] = None
            else:
                dates.note(moment(lastmod, now))
        if not entries:
            problems.append("no entries")
        self._are_dated = dates.are_believable()
        self.sitemaps = tuple(sitemaps)
        self.problems = tuple(problems)

    def urls(self) -> Iterator[Found]:
        """Its URLs with their last change.

        A `lastmod` that cannot be (unreadable, in the future) is None, and so is every one when they all say the same
        recent day: such a sitemap only says when it was made.
        """
        for kind, loc, lastmod in self._entries([]):
            if kind == "url":
                yield loc, moment(lastmod, self._now) if self._are_dated else None

    def _entries(self, problems: list[str]) -> Iterator[tuple[str, str, str | None]]:
        is_text = self._text[:20].lstrip(b"\xef\xbb\xbf \r\n").startswith(b"http")
        for count, entry in enumerate(self._lines() if is_text else self._elements(problems)):
            if count == SITEMAP_ENTRIES:
                problems.append(f"more than {SITEMAP_ENTRIES} entries; the rest was left")
                return
            yield entry

    def _elements(self, problems: list[str]) -> Iterator[tuple[str, str, str | None]]:
        """(kind, loc, lastmod) of every `url` and `sitemap` element, whatever its namespace."""
        for kind, element in elements(self._text, {"url", "sitemap"}, problems):
            parts = children(element)
            if parts.get("loc"):
                yield kind, parts["loc"], parts.get("lastmod")

    def _lines(self) -> Iterator[tuple[str, str, str | None]]:
        """The same of a text file with a URL a line."""
        for line in BytesIO(self._text.removeprefix(b"\xef\xbb\xbf")):
            if loc := line.decode("utf-8", "replace").strip():
                yield "url", loc, None


def _unpacked(body: bytes) -> tuple[bytes, list[str]]:
    if not body.startswith(b"\x1f\x8b"):
        return body[:SITEMAP_LIMIT], ["cut at 50 MiB"] if len(body) > SITEMAP_LIMIT else []
    text, rest = b"", body
    while rest.startswith(b"\x1f\x8b") and len(text) < SITEMAP_LIMIT:  # of several members (RFC 1952, 2.2) all are one
        inflate = zlib.decompressobj(31)
        try:
            text += inflate.decompress(rest, SITEMAP_LIMIT - len(text))
        except zlib.error as error:
            return text, [f"not gzip after all: {error}"]
        if not inflate.eof:
            return text, ["gzip cut short, or over 50 MiB unpacked"]
        rest = inflate.unused_data
    return text, []
