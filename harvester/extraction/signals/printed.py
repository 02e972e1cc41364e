"""Reads what a page prints without any markup that names it: a DOI beside the word, a date beside `published`."""

import re

from lxml import etree

from harvester.extraction.document import Document, string_value
from harvester.extraction.signals.signal import Signal

_DOI_PLACES = etree.XPath(
    "//body//a[contains(@href,'doi.org/10.')][position() <= 400]/@href | "
    "//body//*[not(self::script or self::style)][text()[contains(., '10.') and "
    "(contains(., 'doi') or contains(., 'DOI') or contains(., 'Doi'))]]"
)
_REFERENCE = re.compile(r"referenc|biblio|citation|cited|footnote|related|recommend|reflist|literature", re.I)
_DOI = re.compile(r"\bdoi\b\s*[:=]?\s*(?:https?://(?:dx\.)?doi\.org/)?\s*(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_LIMIT = 60


def read(document: Document) -> list[Signal]:
    """`printed:doi` for the first DOIs that stand outside of references, at most two that differ."""
    if any(name in document.page.body for name in (b"citation_doi", b"prism.doi")):
        return []
    found: list[Signal] = []
    for place in _DOI_PLACES(document.root)[:_LIMIT]:
        signal = _of_link(place) if isinstance(place, str) else _of_text(place)
        if signal and signal.value not in {other.value for other in found}:
            found.append(signal)
    return found[:1] if len(found) < 3 else []


def _of_link(href: str) -> Signal | None:
    element = href.getparent()  # type: ignore[attr-defined]
    if _in_references(element):
        return None
    return Signal("printed", "doi", str(href), None, element, "href")


def _of_text(element: object) -> Signal | None:
    text = string_value(element)
    match = _DOI.search(text) if len(text) < 3000 else None
    if match is None or _in_references(element):
        return None
    return Signal("printed", "doi", match[1], None, element, None, match[1])


def _in_references(element: object) -> bool:
    for ancestor in [element, *element.iterancestors()]:  # type: ignore[attr-defined]
        if ancestor.tag in ("li", "ol", "footer", "aside"):
            return True
        if _REFERENCE.search(f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"):
            return True
    return False
