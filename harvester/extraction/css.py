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
_META = re.compile(r"""meta\[name=["']([^"'\\]+)["']\]""")
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


class Needed(NamedTuple):
    """Classes, ids and names of meta elements without which nothing is found."""

    classes: frozenset[str]
    ids: frozenset[str]
    metas: frozenset[str]

    def stand_in(self, document: Document) -> bool:
        """False if the page lacks one of them."""
        named = self.classes <= document.classes and self.ids <= document.ids
        return named and (not self.metas or self.metas <= document.metas.keys())


class _Rule(NamedTuple):
    needed: Needed
    chain: tuple[_Compound, ...]  # empty for anything less plain
    search: etree.XPath


@lru_cache(maxsize=4096)
def _rule(css: str) -> _Rule:
    plain = "" if _MAY_BE_MISSING.search(css) else css
    named = _NOT_A_NAME.sub(" ", plain)
    chain = tuple(map(_compound, css.split())) if _CHAIN.fullmatch(css) else ()
    needed = Needed(frozenset(_CLASS.findall(named)), frozenset(_ID.findall(named)), frozenset(_META.findall(plain)))
    return _Rule(needed, chain, within(css))


def _compound(css: str) -> _Compound:
    return _Compound(re.split("[.#]", css)[0].lower(), frozenset(_ID.findall(css)), frozenset(_CLASS.findall(css)))


@lru_cache(maxsize=1024)
def needed(selectors: tuple[str, ...]) -> Needed:
    """What a page must hold for each of some CSS to find anything."""
    each = [_rule(css).needed for css in selectors]
    return Needed(
        frozenset(name for one in each for name in one.classes),
        frozenset(name for one in each for name in one.ids),
        frozenset(name for one in each for name in one.metas),
    )


def select(document: Document, css: str) -> list[Element]:
    """Elements that CSS finds on a page, in document order."""
    rule = _rule(css)
    if not rule.needed.stand_in(document):
        return []
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
