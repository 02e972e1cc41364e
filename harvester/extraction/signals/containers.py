"""Reads elements whose class or id names what they hold: an abstract without a heading, a list of authors."""

import re
from functools import lru_cache

from lxml import etree

from harvester.extraction.document import Document, Element, string_value, visible_text
from harvester.extraction.signals.signal import Signal

_CANDIDATES = etree.XPath(
    "//body//*[self::div or self::section or self::p or self::span or self::article or self::blockquote or self::dd or self::td]"
    "[contains(@class,'bstract') or contains(@id,'bstract') or contains(@class,'esum') or contains(@id,'esum') or "
    "@itemprop='description' or @property='description' or @role='doc-abstract' or contains(@class,'ummary')]"
)
_ABSTRACT = re.compile(r"(?:^|[-_]|article|paper|html|full|item|node|field)(?:abstract|resume|resumen|resumo|summary)s?(?:$|[-_](?:content|text|full|body|para|p|value|inner)|(?:content|text|body|section|intext|infull))", re.I)
_NOT_ABSTRACT = re.compile(r"link|tab|nav|menu|button|title|head|tool|list|teaser|related|share|view|toggle|icon|label|graphic", re.I)


def read(document: Document) -> list[Signal]:
    """`container:abstract` for every element that is named an abstract and holds prose."""
    signals: list[Signal] = []
    taken: list[Element] = []
    for element in _CANDIDATES(document.root):
        if not _named(element) or any(parent in taken for parent in element.iterancestors()):
            continue
        text = visible_text(element)
        if 150 <= len(text) <= 8000 and _prose(element, text):
            taken.append(element)
            first = next((piece.strip() for piece in element.itertext() if len(piece.strip()) > 20), text)
            signals.append(Signal("container", "abstract", text, None, element, None, first))
    return signals


@lru_cache(maxsize=4096)
def _is_abstract_name(name: str) -> bool:
    return bool(_ABSTRACT.search(name)) and not _NOT_ABSTRACT.search(name)


def _named(element: Element) -> bool:
    if element.get("role") == "doc-abstract" or "description" in (element.get("itemprop"), element.get("property")):
        return True
    names = [*(element.get("class") or "").split(), element.get("id") or ""]
    return any(name and _is_abstract_name(name) for name in names)


def _prose(element: Element, text: str) -> bool:
    linked = sum(len(string_value(link)) for link in element.iter("a"))
    return linked < 0.3 * len(text) and text.count(". ") + text.count(".") >= 2
