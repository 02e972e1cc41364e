"""One article at an address per language: what a page says of its other faces, one record from all of them. Pure."""

import re
from collections.abc import Mapping
from html import unescape
from typing import TypeVar

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from harvester.extraction.document import language_tag
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.source import UrlRules
from harvester.urls import absolute

_STATED = BytesAhoCorasick([b"hreflang"], matchkind=MatchKind.LeftmostFirst)  # found twenty times faster than by `in`
_LINK = re.compile(rb"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_HEAD = 200_000  # bytes, within which the links to other faces stand
_ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_MOST = 50
_TOKEN = re.compile(r"[^/?&=._-]+")
_CODE = re.compile(r"[a-z]{2,3}", re.IGNORECASE)  # of a language, or of the region behind it
_MOST_CODES = 2
_LANGUAGE_NAMES = frozenset(("lang", "language", "langue", "sprache", "idioma", "locale", "lng", "ln", "hl", "l"))

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


def addressed_faces(visited: str, record: Record, rules: UrlRules) -> dict[str, str]:
    """Addresses of the record by primary language tag that differ from `visited` in nothing but a language.

    Where links state no other face, `/fr/article/1` beside `/en/article/1` does, or `/article/1?lang=en` beside
    `/article/1`: the one that names no language has those that the other does not name.
    """
    found: dict[str, str] = {}
    for url in (record.url, *record.aliases):
        mine, yours = _apart(visited, url, rules)
        if yours:
            found.setdefault(yours, url)
        elif mine:
            found |= {tag: url for tag in map(_primary, record.languages) if tag not in (mine, *found)}
    return found


def _apart(here: str, there: str, rules: UrlRules) -> tuple[str | None, str | None]:
    """The languages that two addresses name where all else in them is the same; None for one that names none.

    Behind what the Source's pattern finds there may be a slug, in the language of the page.
    """
    named = _named_apart(_tokens(here), _tokens(there))
    return named if any(named) else _named_apart(_tokens(_found(here, rules)), _tokens(_found(there, rules)))


def _found(url: str, rules: UrlRules) -> str:
    return url[: max((found.end() for pattern in rules.article if (found := re.search(pattern, url))), default=None)]


def _tokens(url: str) -> list[str]:
    return _TOKEN.findall(url.partition("://")[2])


def _named_apart(here: list[str], there: list[str]) -> tuple[str | None, str | None]:
    if len(here) == len(there):
        pairs = [(mine, yours) for mine, yours in zip(here, there, strict=True) if mine != yours]
        same = pairs and all(_CODE.fullmatch(mine) and _CODE.fullmatch(yours) for mine, yours in pairs)
        return (_primary(pairs[0][0]), _primary(pairs[0][1])) if same else (None, None)
    longer, shorter = (here, there) if len(here) > len(there) else (there, here)
    at = next((n for n, one in enumerate(shorter) if one != longer[n]), len(shorter))
    end = at + len(longer) - len(shorter)
    codes = longer[at:end][longer[at].lower() in _LANGUAGE_NAMES :]
    is_language = 0 < len(codes) <= _MOST_CODES and all(map(_CODE.fullmatch, codes))
    tag = _primary(codes[0]) if is_language and longer[:at] + longer[end:] == shorter else None
    return (tag, None) if longer is here else (None, tag)


def _primary(tag: str) -> str:
    return (language_tag(tag) or tag).partition("-")[0].lower()


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
