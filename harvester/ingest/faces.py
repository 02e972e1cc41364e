"""One article at an address per language: what a page says of its other faces, one record from all of them. Pure."""

import re
from collections.abc import Mapping
from html import unescape
from typing import TypeVar

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from harvester.model.page import Page
from harvester.model.record import Record
from harvester.urls import absolute

_STATED = BytesAhoCorasick([b"hreflang"], matchkind=MatchKind.LeftmostFirst)  # found twenty times faster than by `in`
_LINK = re.compile(rb"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_HEAD = 200_000  # bytes, within which the links to other faces stand
_ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_MOST = 50

Texts = TypeVar("Texts")


def other_faces(page: Page) -> dict[str, str]:
    """Addresses by primary language tag, as `link rel=alternate hreflang` states them; without the page's own."""
    head = page.body[:_HEAD]
    if not _STATED.find_matches_as_indexes(head.lower()):
        return {}
    found: dict[str, str] = {}
    for link in [link for link in _LINK.findall(head) if b"hreflang" in link.lower()][:_MOST]:
        pairs = _ATTRIBUTE.findall(link.decode("utf-8", "replace"))
        stated = {name.lower(): unescape(value.strip("\"'")) for name, value in pairs}
        language = stated.get("hreflang", "").partition("-")[0].lower()
        address = absolute(page.final_url, stated.get("href", ""))
        if "alternate" in stated.get("rel", "").lower().split() and language not in ("", "x") and address:
            found.setdefault(language, address)
    return {language: url for language, url in found.items() if url not in (page.url, page.final_url)}


def with_other_faces(known: Record, read: Record, faces: Mapping[str, str], visited: str) -> Record:
    """The record with the languages that stand at its other addresses.

    Only the page at the record's own address speaks of what is the same in all languages.
    """
    merged = {
        "titles": _joined(known.titles, read.titles, faces),
        "abstracts": _joined(known.abstracts, read.abstracts, faces),
        "keywords": _joined(known.keywords, read.keywords, faces),
        "languages": tuple(
            dict.fromkeys(
                tag for tag in (*known.languages, *read.languages) if tag in read.languages or _at(tag, faces)
            )
        ),
    }
    if known.url != visited:
        shared = ("contributors", "container", "dates", "identifiers", "relations", "locations", "type", "publisher_id")
        merged |= {name: value for name in shared if (value := getattr(known, name))}
    return read.model_copy(update=merged)


def _joined(known: Mapping[str, Texts], read: Mapping[str, Texts], faces: Mapping[str, str]) -> dict[str, Texts]:
    kept = {tag: text for tag, text in known.items() if tag not in read and _at(tag, faces)}
    order = [*known, *(tag for tag in read if tag not in known)]
    both = {**kept, **read}
    return {tag: both[tag] for tag in order if tag in both}


def _at(tag: str, faces: Mapping[str, str]) -> bool:
    return tag.partition("-")[0].lower() in faces
