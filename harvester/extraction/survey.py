"""One walk over a page's elements for what their own words tell: labels, and classes and ids that name.

Walking costs as much as parsing when every reader does it for himself; so it is done once, and readers get short lists.
What is asked of every element is asked of all at once: its first word by one search, its class and id once per value.
"""

import re
from functools import lru_cache
from itertools import compress
from typing import Any, NamedTuple

from harvester.extraction.document import Document, Element, as_words
from harvester.extraction.labels import begin_labels

CARRIERS = ("h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "span", "p", "td", "th", "dt", "div", "a", "font", "em",
            "i", "u", "legend", "summary", "label", "li", "section", "dd", "pre", "caption")  # fmt: skip
CARRYING = frozenset(CARRIERS)
# What containers.py looks into:
_NAMES = re.compile("bstract|esum|ummary|eyword|kwd|[-_]description|^annotation$|^[Aa]bst$")
_CREDITS = re.compile("uthor|AUTHOR|reator|uteur|utore|utor(?:in|s)?$|yline|ontrib")  # what bylines.py looks into


class Survey(NamedTuple):
    """Elements in document order: those whose text may begin with a label, and those a class or id may name."""

    labelled: list[tuple[Element, str]]  # with the element's own text; of a line break what stands after it
    named: list[Element]
    authors: list[Element]


def survey(document: Document) -> Survey:
    """The survey of a page's body (of all of an XML tree)."""
    authors = document.named(_credits)
    if credited := _credited(document):
        credited.update(authors)
        authors = document.in_order(credited)
    return Survey(_labelled(document), document.named(_names), authors)


def _credited(document: Document) -> set[Element]:
    """The elements whose property or link relation says that they name an author."""
    credited = {one.getparent() for one in document.stated("itemprop") if "author" in one or one == "creator"}
    return credited | {one.getparent() for one in document.stated("rel") if one == "author"}


def _labelled(document: Document) -> list[tuple[Element, str]]:
    texts: list[Any] = document.texts
    begun = [(text.getparent(), text) for text in compress(texts, begin_labels(document.words))]
    return [(element, text) for element, text in begun if element.tag in (CARRYING if text.is_text else ("br",))]


def labelled(root: Element) -> list[tuple[Element, str]]:
    """Elements in `root` whose own text may begin with a label, with that text."""
    speaking = [(element, text) for element in root.iter(*CARRIERS) if (text := element.text) and not text.isspace()]
    return list(compress(speaking, begin_labels(as_words(text for _, text in speaking))))


@lru_cache(maxsize=1 << 15)  # a site's pages share their classes and ids
def _names(value: str) -> bool:
    return bool(_NAMES.search(value))


@lru_cache(maxsize=1 << 15)
def _credits(value: str) -> bool:
    return bool(_CREDITS.search(value))
