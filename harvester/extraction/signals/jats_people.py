"""Reads the contributors of a JATS article: names, groups, ORCID, affiliations by reference."""

import re
from collections.abc import Iterator

from harvester.extraction.document import Element
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.xml_tree import each, first, local, words

_MOST = 6_000  # contributors; large collaborations have some thousands
_NUMBERED = re.compile(r"^[\s\d*†‡§¶,.)#a-d]{1,4}$")
_ROLES = {"": "author", "author": "author", "authors": "author", "editor": "editor"}


def read(meta: Element) -> Iterator[Signal]:
    """One Signal per contributor, `author` or `editor`; items: family, given, ORCID, affiliations.

    A group's Signal is `collective`: its name is not taken apart.
    """
    groups = [*each(meta, "contrib-group")]
    addresses = _by_id([meta, *groups])
    shared = [text for group in groups for aff in each(group, "aff") if (text := affiliation(aff))]
    shared += [text for aff in each(meta, "aff") if (text := affiliation(aff))]
    people = [contrib for group in groups for contrib in each(group, "contrib")][:_MOST]
    referred = any(_references(contrib) for contrib in people)
    for contrib in people:
        role = _ROLES.get((contrib.get("contrib-type") or "").lower())
        signal = _person(role, contrib, addresses) if role else None
        if signal:
            lone = not referred and len(shared) == 1 and len(signal.items) == 3
            yield signal._replace(items=(*signal.items, *shared)) if lone else signal


def _by_id(parents: list[Element]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for parent in parents:
        for aff in each(parent, "aff"):
            found[aff.get("id", "")] = [affiliation(aff)]
        for group in each(parent, "aff-alternatives"):
            texts = [affiliation(aff) for aff in each(group, "aff")]
            ids = [group.get("id", ""), *(aff.get("id", "") for aff in each(group, "aff"))]
            found.update((name, texts[:1]) for name in ids)
    found.pop("", None)
    return found


def _references(contrib: Element) -> list[str]:
    found = [xref.get("rid", "") for xref in each(contrib, "xref") if xref.get("ref-type") in ("aff", None)]
    return [name for rid in found for name in rid.split()]


def _person(role: str, contrib: Element, addresses: dict[str, list[str]]) -> Signal | None:
    affiliations = [text for name in _references(contrib) for text in addresses.get(name, ())]
    affiliations += [affiliation(aff) for aff in each(contrib, "aff")]
    texts = tuple(dict.fromkeys(filter(None, affiliations)))
    collab = _collaboration(contrib)
    if collab is not None:
        inner = [child for child in collab if local(child) in ("contrib-group", "aff", "author-comment")]
        name = words(collab, inner)
        return Signal("jats", role, name, None, collab, None, name, ("", "", "", *texts), (), True) if name else None
    element = _name(contrib)
    if element is None:
        return None
    family, given = words(first(element, "surname")), words(first(element, "given-names"))
    suffix = words(first(element, "suffix"))
    family = f"{family} {suffix}" if family and suffix else family
    eastern = element.get("name-style") == "eastern"
    printed = " ".join(filter(None, (family, given) if eastern else (given, family)))
    printed = printed if family else words(element)
    items = (family, given, _orcid(contrib), *texts)
    return Signal("jats", role, printed, None, element, None, family or printed, items) if printed else None


def _collaboration(contrib: Element) -> Element | None:
    if _name(contrib) is not None:
        return None
    collab = first(contrib, "collab")
    return collab if collab is not None else first(contrib, "collab-alternatives", "collab")


def _name(contrib: Element) -> Element | None:
    for path in (("name",), ("name-alternatives", "name"), ("string-name",), ("name-alternatives", "string-name")):
        found = first(contrib, *path)
        if found is not None:
            return found
    return None


def _orcid(contrib: Element) -> str:
    for element in [*each(contrib, "contrib-id"), *each(contrib, "ext-link"), *each(contrib, "uri")]:
        kind = element.get("contrib-id-type") or element.get("content-type") or element.get("ext-link-type") or ""
        if "orcid" in kind.lower():
            return words(element)
    return ""


def affiliation(aff: Element) -> str:
    """An address as printed, without its label; parts that stand apart in the file are joined by commas."""
    whole = next((part for part in each(aff, "institution") if part.get("content-type") == "original"), None)
    if whole is not None:
        return words(whole)
    marks = {child for child in aff if local(child) == "label" or _is_mark(child)}
    parts = [child for child in aff if child not in marks and local(child)]
    loose = [aff.text, *(child.tail for child in aff)]
    if parts and not any(text and text.strip() for text in loose):
        joined = ", ".join(filter(None, (_part(part) for part in parts)))
        return re.sub(r"(?:,\s*)+(?=,)", "", joined).strip(" ,;")
    return re.sub(r"\s+([,.;])", r"\1", words(aff, marks)).strip(" ,;")


def _part(part: Element) -> str:
    if local(part) == "institution-wrap":
        return ", ".join(filter(None, map(words, each(part, "institution"))))
    return "" if local(part) in ("email", "phone", "fax", "ext-link", "uri") else words(part).strip(" ,;")


def _is_mark(child: Element) -> bool:
    return local(child) == "sup" and bool(_NUMBERED.match("".join(child.itertext())))
