"""One walk over a page's elements for what their own words tell: labels, and classes and ids that name.

Walking costs as much as parsing when every reader does it for himself; so it is done once, and readers get short lists.
What is asked of every element is asked of all at once: its first word by one search, its class and id once per value.
"""

import re
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from lxml import etree

from harvester.extraction.document import Document, Element
from harvester.extraction.labels import begin_labels

CARRIERS = ("h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "span", "p", "td", "th", "dt", "div", "a", "font", "em",
            "i", "u", "legend", "summary", "label", "li", "section", "dd", "pre", "caption")  # fmt: skip
_CARRYING = frozenset(CARRIERS)
_NAMES = re.compile("bstract|esum|ummary|eyword|kwd|-description|^annotation$")  # what containers.py looks into
_CREDITS = re.compile("uthor|AUTHOR|reator|uteur|utore|utor(?:in|s)?$|yline|ontrib")  # what bylines.py looks into
_ROLE = re.compile(rb"itemprop\s*=\s*[\"']?[^\"'>]{0,60}(?:author|creator)")
_REL = re.compile(rb"rel=[\"']?author")
_CREDITED = etree.XPath("descendant::*[contains(@itemprop, 'author') or @itemprop = 'creator' or @rel = 'author']")


class Survey(NamedTuple):
    """Elements in document order: those whose text may begin with a label, and those a class or id may name."""

    labelled: list[tuple[Element, str]]  # with the element's own text
    named: list[Element]
    authors: list[Element]


def survey(document: Document) -> Survey:
    """The survey of a page's body (of all of an XML tree)."""
    elements, classes, ids = document.elements, document.element_classes, document.element_ids
    telling = {value for value in {*classes, *ids} if value and _tells(value)}
    hits = [
        (e, one, own) for e, one, own in zip(elements, classes, ids, strict=True) if one in telling or own in telling
    ]
    named = [element for element, one, own in hits if (one and _NAMES.search(one)) or (own and _NAMES.search(own))]
    authors = [e for e, one, own in hits if (one and _CREDITS.search(one)) or (own and _CREDITS.search(own))]
    if (b"itemprop" in document.markup and _ROLE.search(document.markup)) or _REL.search(document.markup):
        credited = {*authors, *_CREDITED(document.root)}
        authors = [element for element in elements if element in credited]
    return Survey(_labelled(elements), named, authors)


def labelled(root: Element) -> list[tuple[Element, str]]:
    """Elements in `root` whose own text may begin with a label, with that text."""
    return _labelled(list(root.iter(*CARRIERS)))


def _labelled(elements: list[Element]) -> list[tuple[Element, str]]:
    texts = [element.text or "" for element in elements]
    hits = compress(zip(elements, texts, strict=True), begin_labels(texts))
    return [(element, text) for element, text in hits if element.tag in _CARRYING]


@lru_cache(maxsize=1 << 15)  # a site's pages share their classes and ids
def _tells(value: str) -> bool:
    return bool(_NAMES.search(value) or _CREDITS.search(value))
