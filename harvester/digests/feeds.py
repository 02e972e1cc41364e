"""Feeds: Atom (RFC 4287) and JSON Feed 1.1, each item whole, in one language, with the other marked where it begins."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import orjson
from lxml import etree, html

from harvester.digests.present import Piece
from harvester.digests.render import bare, byline
from harvester.digests.wording import NOT_KNOWN, Wording
from harvester.model.base import iso_utc

ATOM, JSON = "application/atom+xml", "application/feed+json"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NS = "http://www.w3.org/2005/Atom"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FeedItem(NamedTuple):
    """One article in a feed. `id` is a URN that stays; `updated` moves when what is told does."""

    id: str
    piece: Piece
    updated: datetime
    heading: str = ""  # what is new about it


class Feed(NamedTuple):
    """A feed. `url` is its own address, `home` a page about the same; not `whole`: something new is not in it yet."""

    id: str
    title: str
    url: str
    home: str
    items: Sequence[FeedItem]
    whole: bool = True


def urn(*parts: str) -> str:
    """A URN (RFC 9562) that follows from names which never change, and not from where they are served."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(("harvester", *parts))).urn


def updated(feed: Feed) -> datetime:
    """When anything in it last changed its meaning."""
    return max((item.updated for item in feed.items), default=EPOCH)


def atom(feed: Feed, words: Wording) -> bytes:
    """The feed as an Atom document."""
    root = etree.Element(f"{{{_NS}}}feed", {f"{_XML}lang": words.language}, nsmap={None: _NS})
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", iso_utc(updated(feed)))
    _add(root, "link", rel="self", type=ATOM, href=feed.url)
    if feed.home:
        _add(root, "link", rel="alternate", type="text/html", href=feed.home)
    _add(_add(root, "author"), "name", "Harvester")
    for item in feed.items:
        _add_entry(root, item, words)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def json_feed(feed: Feed, words: Wording) -> bytes:
    """The feed as JSON Feed 1.1."""
    about = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "feed_url": feed.url,
        "language": words.language,
        "items": [_json_item(item, words) for item in feed.items],
    }
    return orjson.dumps(about | ({"home_page_url": feed.home} if feed.home else {}))


def _add_entry(root: etree._Element, item: FeedItem, words: Wording) -> None:
    piece = item.piece
    language = piece.title.language if piece.title.language != NOT_KNOWN else ""
    entry = _add(root, "entry")
    _add(entry, "id", item.id)
    _add(entry, "title", _titled(item), **{f"{_XML}lang": language})
    _add(entry, "updated", iso_utc(item.updated))
    if piece.url:
        _add(entry, "link", rel="alternate", type="text/html", href=piece.url)
    if piece.authors:
        _add(_add(entry, "author"), "name", _clean(piece.authors))
    _add(entry, "category", term=piece.badge.status, label=piece.badge.word)
    content = _add(entry, "content", type="xhtml", **{f"{_XML}lang": words.language})
    content.append(_xhtml(bare(piece, words)))


def _xhtml(fragment: str) -> etree._Element:
    """The same in the namespace of XHTML; a language is said in both ways, as XHTML and as HTML do."""
    tree = html.fragment_fromstring(_clean(fragment), create_parent="div")
    for element in tree.iter():
        if isinstance(element.tag, str) and (language := element.get("lang")) is not None:
            element.set(f"{_XML}lang", language)
    html.html_to_xhtml(tree)
    return tree


def _json_item(item: FeedItem, words: Wording) -> dict[str, object]:
    piece = item.piece
    found: dict[str, object] = {
        "id": item.id,
        "title": _titled(item),
        "content_html": bare(piece, words),
        "summary": byline(piece),
        "date_modified": iso_utc(item.updated),
        "tags": [piece.badge.word],
    }
    found |= {"url": piece.url} if piece.url else {}
    found |= {"authors": [{"name": piece.authors}]} if piece.authors else {}
    return found | ({"language": piece.title.language} if piece.title.language != NOT_KNOWN else {})


def _titled(item: FeedItem) -> str:
    return _clean(f"[{item.heading}] {item.piece.title.value}" if item.heading else item.piece.title.value)


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_NS}}}{name}", {key: _clean(value) for key, value in attributes.items()})
    element.text = _clean(text) or None
    return element


def _clean(text: str) -> str:
    """Without characters that XML has no place for."""
    return _NOT_XML.sub("", text)
