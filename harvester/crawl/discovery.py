"""Listing and sitemap bytes -> URLs. Pure: nothing is fetched, nothing outside the Source's hosts comes out."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cssselect import HTMLTranslator
from lxml import etree, html

from harvester.model.source import Discovery, UrlRules
from harvester.urls import absolute, canonical_url, clean_url, in_bounds, is_article, refused

SITEMAP_LIMIT = 50 * 1024 * 1024
SITEMAP_ENTRIES = 50_000
_CHUNK = 65_536


class Links(NamedTuple):
    """What a listing names, each in page order without repeats. `next` are its own further pages, `listings` others."""

    articles: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    excluded: int = 0


def listing_urls(body: bytes, base_url: str, way: Discovery, rules: UrlRules, hosts: Sequence[str]) -> Links:
    """Article URLs (canonical), further listings and next pages of the listing `body` read at `base_url`.

    Only links on `hosts` that are not refused come out; `excluded` counts the article links that were.
    """
    tree = _tree(body)
    if tree is None:
        return Links()
    base = _base(tree, base_url, hosts)
    candidates = _hrefs(tree, way.links, base) if way.links else (_hrefs(tree, "a", base) if rules.article else [])
    wanted = [url for url in candidates if is_article(url, rules)]
    articles = [canonical_url(url, rules) for url in wanted if _askable(url, rules, hosts)]
    follow = [re.compile(pattern) for pattern in way.follow]
    listings = [u for u in _hrefs(tree, "a", base) if any(p.search(u) for p in follow)] if follow else []
    return Links(
        articles=_unique(url for url in articles if _askable(url, rules, hosts)),
        listings=_unique(clean_url(url, rules) for url in listings if _askable(url, rules, hosts)),
        next=_unique(clean_url(u, rules) for u in _next(tree, way, base) if _askable(u, rules, hosts)),
        excluded=len(wanted) - len(articles),
    )


def _tree(body: bytes) -> Any:
    try:
        return html.document_fromstring(body, parser=html.HTMLParser(huge_tree=True, encoding=None))
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _base(tree: Any, page_url: str, hosts: Sequence[str]) -> str:
    element = tree.find(".//base[@href]")
    stated = absolute(page_url, element.get("href")) if element is not None else None
    return stated if stated and in_bounds(stated, hosts) else page_url


def _next(tree: Any, way: Discovery, base: str) -> list[str]:
    return _hrefs(tree, way.next, base) if way.next else []


def _hrefs(tree: Any, selector: str, base: str) -> list[str]:
    """Absolute URLs of the elements a selector finds; an element that is no link stands for the first link in it."""
    links = (str(href) for node in _found(tree, selector) for href in _own_or_first(node))
    return [url for link in links if (url := absolute(base, link))]


def _found(tree: Any, selector: str) -> list[Any]:
    nodes = _select(selector)(tree)
    return nodes if isinstance(nodes, list) else []


def _own_or_first(node: Any) -> list[Any]:
    link = node if node.get("href") is not None else node.find(".//a[@href]")
    return [] if link is None else [link.get("href")]


@lru_cache(maxsize=256)
def _select(selector: str) -> etree.XPath:
    return etree.XPath(HTMLTranslator().css_to_xpath(selector))


def _askable(url: str, rules: UrlRules, hosts: Sequence[str]) -> bool:
    return in_bounds(url, hosts) and not refused(url, rules)


def _unique(urls: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(urls))


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
            urls.append((loc, _moment(lastmod, now)))
    if not urls and not sitemaps:
        problems.append("no entries")
    return SitemapEntries(tuple(_believable(urls, now)), tuple(dict.fromkeys(sitemaps)), tuple(problems))


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
    if b"<!ENTITY" in text[:_CHUNK]:
        problems.append("declares entities, which are not expanded")
    parser = etree.XMLPullParser(
        events=("end",), resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True
    )
    for start in range(0, len(text), _CHUNK):
        try:
            parser.feed(text[start : start + _CHUNK])
        except etree.XMLSyntaxError as error:
            problems.append(f"broken XML: {error.msg}")
            return
        yield from _ended(parser)


def _ended(parser: Any) -> Iterator[tuple[str, str, str | None]]:
    for _, element in parser.read_events():
        kind = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if kind in {"url", "sitemap"}:
            parts = {etree.QName(c).localname: (c.text or "").strip() for c in element if isinstance(c.tag, str)}
            if parts.get("loc"):
                yield kind, parts["loc"], parts.get("lastmod")
            element.clear()


def _moment(text: str | None, now: datetime) -> datetime | None:
    """A W3C date-time (a bare date is its midnight, UTC), or None when unreadable or more than a day ahead."""
    try:
        found = datetime.fromisoformat(_padded((text or "").strip()))
    except ValueError:
        return None
    moment = found if found.tzinfo else found.replace(tzinfo=UTC)
    return moment.astimezone(UTC) if moment <= now + timedelta(days=1) else None


def _padded(text: str) -> str:
    return {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)


def _believable(urls: list[tuple[str, datetime | None]], now: datetime) -> list[tuple[str, datetime | None]]:
    days: Counter[date] = Counter(moment.date() for _, moment in urls if moment)
    day, count = days.most_common(1)[0] if days else (now.date(), 0)
    if len(urls) >= 20 and count >= 0.95 * len(urls) and now.date() - day <= timedelta(days=2):
        return [(url, None) for url, _ in urls]
    return urls


def sitemap_articles(
    entries: SitemapEntries, rules: UrlRules, hosts: Sequence[str]
) -> tuple[list[tuple[str, datetime | None]], int]:
    """The entries that are articles of the Source, canonical, without repeats; and how many articles were excluded."""
    found: dict[str, datetime | None] = {}
    excluded = 0
    for loc, lastmod in entries.urls:
        if not in_bounds(loc, hosts) or not is_article(loc, rules) or urlsplit(loc).path in {"", "/"}:
            continue
        url = canonical_url(loc, rules)
        if not _askable(loc, rules, hosts) or not _askable(url, rules, hosts):
            excluded += 1
        elif url not in found or (lastmod and (found[url] is None or lastmod > (found[url] or lastmod))):
            found[url] = lastmod
    return list(found.items()), excluded
