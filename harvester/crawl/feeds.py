"""Feed bytes -> URLs: RSS 0.9 to 2.0, RDF (RSS 1.0) and Atom (RFC 4287, pages as in RFC 5005). Pure."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from typing import Any, NamedTuple

from harvester.crawl.discovery import Found, believable
from harvester.crawl.xml_stream import children, local, moment, tree
from harvester.urls import absolute

FEED_ENTRIES = 50_000
_DATES = ("updated", "modified", "date", "pubDate", "published")
_BASE = "{http://www.w3.org/XML/1998/namespace}base"  # XML Base; RFC 4287, section 2
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


class Feed(NamedTuple):
    """Every address of every item with the item's last change, the feed's next page, and what was wrong with it."""

    found: tuple[Found, ...] = ()
    next: str | None = None
    problems: tuple[str, ...] = ()


def read_feed(body: bytes, base_url: str, now: datetime) -> Feed:
    """What the feed answered at `now` at `base_url` names, in its order, at most 50,000 addresses."""
    problems: list[str] = []
    root = tree(body, problems)
    found: list[Found] = []
    for item in () if root is None else root.iter("{*}item", "{*}entry"):
        changed = _changed(item, now)
        found += [(url, changed) for base, link in _links(item) if (url := absolute(_base(base, base_url), link))]
        if len(found) > FEED_ENTRIES:
            problems.append(f"more than {FEED_ENTRIES} entries; the rest was left")
            break
    if not found:
        problems.append("no entries")
    return Feed(tuple(believable([*dict.fromkeys(found)], now)), _next(root, base_url), tuple(dict.fromkeys(problems)))


def _next(root: Any, base_url: str) -> str | None:
    for link in () if root is None else root.iter("{*}link"):
        within = link.getparent()
        if link.get("rel") == "next" and within is not None and local(within) in {"feed", "channel", "RDF"}:
            return absolute(_base(link, base_url), link.get("href") or "")
    return None


def _base(element: Any, base_url: str) -> str:
    """What the element's relative links rest on: the address of the feed, and every xml:base on the way down to it."""
    stated = [each.get(_BASE) for each in (element, *element.iterancestors()) if each.get(_BASE)]
    return reduce(lambda base, more: absolute(base, more) or base, reversed(stated), base_url)


def _links(item: Any) -> Iterator[tuple[Any, str]]:
    """Every link of an item, with the element that it stands in."""
    for child in item:
        name = local(child)
        if name == "link" and child.get("rel", "alternate") == "alternate":
            yield child, child.get("href") or child.text or ""
        elif name in {"origLink", "url"} or (name == "guid" and child.get("isPermaLink", "true").lower() == "true"):
            yield child, child.text or ""
    yield item, item.get(_ABOUT) or ""


def _changed(item: Any, now: datetime) -> datetime | None:
    stated = children(item)
    return max(filter(None, (moment(stated.get(name), now) for name in _DATES)), default=None)
