"""CSS of the seed files, tried only on pages that hold the names it asks for."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from lxml import etree
from lxml.cssselect import CSSSelector

from harvester.extraction.document import Document, Element

# Names in any of these ("or", "not", another way to write a letter) need not stand on the page.
_MAY_BE_MISSING = re.compile(r"[,(\\]|!=")
_NOT_A_NAME = re.compile(r"\[[^\]]*\]|::?[\w-]+")
_CLASS = re.compile(r"\.([\w-]+)")
_ID = re.compile(r"#([\w-]+)")
# One or more compounds of tag, ids and classes, each below the one before it.
_CHAIN = re.compile(r"(?:[\w-]+|[.#][\w-]+)(?:[.#][\w-]+)*(?:\s+(?:[\w-]+|[.#][\w-]+)(?:[.#][\w-]+)*)*")


class _Compound(NamedTuple):
    """A tag, if any, with the ids and classes asked of it."""

    tag: str
    ids: frozenset[str]
    classes: frozenset[str]

    def fits(self, element: Element) -> bool:
        """Whether an element answers to all of it."""
        if self.tag and element.tag != self.tag:
            return False
        if self.ids and not self.ids <= {element.get("id")}:
            return False
        return not self.classes or self.classes.issubset(element.get("class", "").split())


class _Rule(NamedTuple):
    classes: frozenset[str]  # without these and the ids nothing is found
    ids: frozenset[str]
    chain: tuple[_Compound, ...]  # empty for anything less plain
    search: etree.XPath


@lru_cache(maxsize=4096)
def _rule(css: str) -> _Rule:
    wanted = "" if _MAY_BE_MISSING.search(css) else _NOT_A_NAME.sub(" ", css)
    chain = tuple(map(_compound, css.split())) if _CHAIN.fullmatch(css) else ()
    return _Rule(frozenset(_CLASS.findall(wanted)), frozenset(_ID.findall(wanted)), chain, within(css))


def _compound(css: str) -> _Compound:
    return _Compound(re.split("[.#]", css)[0].lower(), frozenset(_ID.findall(css)), frozenset(_CLASS.findall(css)))


def may_find(document: Document, css: str) -> bool:
    """False if the page lacks a class or an id without which `css` finds nothing."""
    rule = _rule(css)
    return rule.classes <= document.classes and rule.ids <= document.ids


def select(document: Document, css: str) -> list[Element]:
    """Elements that CSS finds on a page, in document order."""
    if not may_find(document, css):
        return []
    rule = _rule(css)
    if not rule.chain or document.is_xml:
        return list(rule.search(document.root))
    *above, last = rule.chain
    found = (element for element in _candidates(document, last) if last.fits(element))
    return [element for element in found if not above or _stands_below(element, above)]


def _candidates(document: Document, compound: _Compound) -> Iterable[Element]:
    """In document order, all elements that may fit and some that do not."""
    if compound.ids:
        return document.identified(compound.ids)
    if compound.classes:
        name = next(iter(compound.classes))
        return document.classed(lambda value: name in value)
    found: Iterable[Element] = document.root.iter(compound.tag)
    return found


def _stands_below(element: Element, chain: Sequence[_Compound]) -> bool:
    wanted = list(chain)
    for ancestor in element.iterancestors():
        if wanted[-1].fits(ancestor):
            wanted.pop()
            if not wanted:
                return True
    return False


@lru_cache(maxsize=4096)
def within(css: str) -> etree.XPath:
    """A compiled selector: called with an element, it finds what stands inside it or is it."""
    return CSSSelector(css, translator="html")
