"""One walk over a page's elements for what their own words tell: labels, and classes and ids that name.

Walking costs as much as parsing when every reader does it for himself; so it is done once, and readers get short lists.
What is asked of every element is asked of all at once: its first word by one search, its class and id once per value.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from harvester.extraction.document import Document, Element
from harvester.extraction.labels import begin_labels

CARRIERS = ("h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "span", "p", "td", "th", "dt", "div", "a", "font", "em",
            "i", "u", "legend", "summary", "label", "li", "section", "dd", "pre", "caption")  # fmt: skip
CARRYING = frozenset(CARRIERS)
_NAMES = re.compile("bstract|esum|ummary|eyword|kwd|-description|^annotation$")  # what containers.py looks into
_CREDITS = re.compile("uthor|AUTHOR|reator|uteur|utore|utor(?:in|s)?$|yline|ontrib")  # what bylines.py looks into


class Survey(NamedTuple):
    """Elements in document order: those whose text may begin with a label, and those a class or id may name."""

    labelled: list[tuple[Element, str]]  # with the element's own text
    named: list[Element]
    authors: list[Element]


def survey(document: Document) -> Survey:
    """The survey of a page's body (of all of an XML tree)."""
    authors = document.named(_credits)
    if credited := _credited(document):
        credited.update(authors)
        authors = [element for element in document.elements if element in credited]
    return Survey(_labelled(document.elements), document.named(_names), authors)


def _credited(document: Document) -> set[Element]:
    """The elements whose property or link relation says that they name an author."""
    credited = {one.getparent() for one in document.stated("itemprop") if "author" in one or one == "creator"}
    return credited | {one.getparent() for one in document.stated("rel") if one == "author"}


def labelled(root: Element) -> list[tuple[Element, str]]:
    """Elements in `root` whose own text may begin with a label, with that text."""
    return _labelled(root.iter(*CARRIERS))


def _labelled(elements: Iterable[Element]) -> list[tuple[Element, str]]:
    speaking = [(e, text) for e in elements if e.tag in CARRYING and (text := e.text) and not text.isspace()]
    return list(compress(speaking, begin_labels([text for _, text in speaking])))


@lru_cache(maxsize=1 << 15)  # a site's pages share their classes and ids
def _names(value: str) -> bool:
    return bool(_NAMES.search(value))


@lru_cache(maxsize=1 << 15)
def _credits(value: str) -> bool:
    return bool(_CREDITS.search(value))
