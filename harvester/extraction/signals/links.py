"""Reads link relations from `link` and `a[rel]` elements and from HTTP Link headers (RFC 8288, signposting)."""

import re

from lxml import etree

from harvester.extraction.document import Document, Element, language_tag
from harvester.extraction.signals.signal import Signal

_WANTED = frozenset(
    ("canonical", "alternate", "license", "licence", "cite-as", "author", "item", "describedby", "schema.dc")
)
_ANCHORS = etree.XPath("descendant::a[@rel]")
_ANCHORS_AND_AREAS = etree.XPath("//a[@rel]|//area[@rel]")
_HEADER_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[\w*!-]+(?:\s*=\s*(?:"[^"]*"|[^",;]*))?)*)')
_PARAMETER = re.compile(r';\s*([\w*!-]+)\s*=\s*(?:"([^"]*)"|([^",;]*))')


def read(document: Document) -> list[Signal]:
    """Signals named after the relation; `language` is hreflang. Header links have no element."""
    signals = []
    for element in (*document.root.iter("link"), *_related(document)):
        href = (element.get("href") or "").strip()
        if not href:
            continue
        for relation in (element.get("rel") or "").lower().split():
            if relation in _WANTED:
                language = language_tag(element.get("hreflang"))
                signals.append(Signal("link", relation.replace("licence", "license"), href, language, element, "href"))
    for header in document.page.header_values("link"):
        signals.extend(_from_header(header))
    return signals


def _related(document: Document) -> list[Element]:
    has_areas = next(document.root.iter("area"), None) is not None
    found: list[Element] = _ANCHORS_AND_AREAS(document.root) if has_areas else _ANCHORS(document.root)
    return found


def _from_header(header: str) -> list[Signal]:
    signals = []
    for target, parameters in _HEADER_LINK.findall(header[:65536]):
        found = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
        for relation in found.get("rel", "").lower().split():
            if relation in _WANTED:
                language = language_tag(found.get("hreflang"))
                signals.append(Signal("link", relation, target, language, None, "link"))
    return signals
