"""Sitemap bytes -> URLs (sitemaps.org). Pure: nothing is fetched."""

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from harvester.crawl.discovery import believable
from harvester.crawl.xml_stream import children, elements, moment

SITEMAP_LIMIT = 50 * 1024 * 1024
SITEMAP_ENTRIES = 50_000


class SitemapEntries(NamedTuple):
    """URLs of a sitemap with their last change, child sitemaps of an index, and what was wrong with it."""

    urls: tuple[tuple[str, datetime | None], ...] = ()
    sitemaps: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def sitemap_entries(body: bytes, now: datetime) -> SitemapEntries:
    """Entries of a sitemap or sitemap index (sitemaps.org), plain or gzip, at most 50,000 of at most 50 MiB.

    No entity is expanded and nothing external read. A `lastmod` that cannot be (unreadable, in the future) is None,
    and so is every one when they all say the same recent day: such a sitemap only says when it was made.
    """
    text, problems = _unpacked(body)
    urls: list[tuple[str, datetime | None]] = []
    sitemaps: list[str] = []
    for kind, loc, lastmod in _locations(text, problems):
        if len(urls) + len(sitemaps) >= SITEMAP_ENTRIES:
            problems.append(f"more than {SITEMAP_ENTRIES} entries; the rest was left")
            break
        if kind == "sitemap":
            sitemaps.append(loc)
        else:
            urls.append((loc, moment(lastmod, now)))
    if not urls and not sitemaps:
        problems.append("no entries")
    return SitemapEntries(tuple(believable(urls, now)), tuple(dict.fromkeys(sitemaps)), tuple(problems))


def _unpacked(body: bytes) -> tuple[bytes, list[str]]:
    if not body.startswith(b"\x1f\x8b"):
        return body[:SITEMAP_LIMIT], ["cut at 50 MiB"] if len(body) > SITEMAP_LIMIT else []
    inflate = zlib.decompressobj(31)
    try:
        text = inflate.decompress(body, SITEMAP_LIMIT)
    except zlib.error as error:
        return b"", [f"not gzip after all: {error}"]
    return text, [] if inflate.eof else ["gzip cut short, or over 50 MiB unpacked"]


def _locations(text: bytes, problems: list[str]) -> Iterator[tuple[str, str, str | None]]:
    """(kind, loc, lastmod) of every `url` and `sitemap` element, whatever its namespace."""
    for kind, element in elements(text, {"url", "sitemap"}, problems):
        parts = children(element)
        if parts.get("loc"):
            yield kind, parts["loc"], parts.get("lastmod")
