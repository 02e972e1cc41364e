"""Bytes of a listing page -> URLs. Pure: nothing is fetched, nothing outside the Source's hosts comes out."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cssselect import HTMLTranslator
from lxml import etree, html

from harvester.extraction.charset import charset_of
from harvester.model.source import Discovery, UrlRules
from harvester.urls import absolute, canonical_url, clean_url, in_bounds, is_article, refused

Found = tuple[str, datetime | None]  # a URL, and when it last changed where that is said

_FEW, _MANY = 3, 20  # entries
_NEARLY_ALL = 0.95
_AT_ONCE = timedelta(seconds=1)
_RECENT = timedelta(days=2)


class Links(NamedTuple):
    """What a listing names, each in page order without repeats. `next` are its own further pages, `listings` others."""

    articles: tuple[str, ...] = ()
    listings: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    excluded: int = 0


def listing_urls(
    body: bytes,
    base_url: str,
    way: Discovery,
    rules: UrlRules,
    hosts: Sequence[str],
    *,
    content_type: str | None = None,
) -> Links:
    """Article URLs (canonical), further listings and next pages of the listing `body` read at `base_url`.

    `content_type` is the header's, whose charset a page need not repeat. Only links on `hosts` that are not refused
    come out; `excluded` counts the article links that were.
    """
    tree = _tree(body, content_type)
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


def _tree(body: bytes, content_type: str | None) -> Any:
    text = body.decode(charset_of(body, content_type).name, "replace").encode("utf-8", "replace")
    try:
        return html.document_fromstring(text, parser=html.HTMLParser(huge_tree=True, encoding="utf-8"))
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


def wanted(found: Iterable[Found], rules: UrlRules, hosts: Sequence[str]) -> tuple[list[Found], int]:
    """Those that are articles of the Source, canonical, without repeats; and how many articles were excluded."""
    articles: dict[str, datetime | None] = {}
    excluded = 0
    for loc, lastmod in found:
        if not in_bounds(loc, hosts) or not is_article(loc, rules) or urlsplit(loc).path in {"", "/"}:
            continue
        url = canonical_url(loc, rules)
        if not all(_askable(one, rules, hosts) for one in {loc, url}):
            excluded += 1
        elif url not in articles or (lastmod and (articles[url] is None or lastmod > (articles[url] or lastmod))):
            articles[url] = lastmod
    return list(articles.items()), excluded


class Dates:
    """The dates of a list, seen one by one: whether they only say when the list was made.

    They do when nearly all of them name the second of the answer, `now`; or, in a `whole` list and not one of changes
    only, the same day, today or yesterday.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._entries = self._at_once = 0
        self._days: Counter[date] = Counter()

    def note(self, changed: datetime | None) -> None:
        """Take one entry into account."""
        self._entries += 1
        if changed:
            self._days[changed.date()] += 1
            self._at_once += changed >= self._now - _AT_ONCE

    def are_believable(self, *, whole: bool = True) -> bool:
        """Whether they say anything of the entries."""
        day, of_day = self._days.most_common(1)[0] if self._days else (self._now.date(), 0)
        same_moment = self._entries >= _FEW and self._at_once >= _NEARLY_ALL * self._entries
        same_day = whole and self._entries >= _MANY and of_day >= _NEARLY_ALL * self._entries
        return not same_moment and not (same_day and self._now.date() - day <= _RECENT)


def believable(found: Sequence[Found], now: datetime, *, whole: bool = True) -> list[Found]:
    """The same, but without dates where they only say when the list was made."""
    dates = Dates(now)
    for _, changed in found:
        dates.note(changed)
    return [*found] if dates.are_believable(whole=whole) else [(url, None) for url, _ in found]
