"""CSS of a source's file, tried only on pages that hold the names it asks for."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree
from lxml.cssselect import CSSSelector

from harvester.extraction.document import Document, Element

_PLAIN = re.compile(r"([.#]?)([\w-]+)")
# Names in any of these ("or", "not", another way to write a letter) need not stand on the page.
_MAY_BE_MISSING = re.compile(r"[,(\\]|!=")
_NOT_A_NAME = re.compile(r"\[[^\]]*\]|::?[\w-]+")
_NAME = re.compile(r"([.#])([\w-]+)")
_CLASSED = etree.XPath("descendant-or-self::*[contains(@class, $name)]")
_IDENTIFIED = etree.XPath("descendant-or-self::*[@id = $name]")


class PlainNames(NamedTuple):
    """CSS that is one name each: an element answers to it by itself, without a search through the page."""

    tags: frozenset[str]
    ids: frozenset[str]
    classes: frozenset[str]

    def fit(self, element: Element) -> bool:
        """Whether one of the names is the element's tag, its id, or one of its classes."""
        if element.tag in self.tags or (self.ids and element.get("id") in self.ids):
            return True
        classes: str = element.get("class", "") if self.classes else ""
        return not self.classes.isdisjoint(classes.split())


@lru_cache(maxsize=2_000)
def plain_names(rules: Sequence[str]) -> tuple[PlainNames, tuple[str, ...]]:
    """What of some CSS is plain names, and the rest."""
    found = [(css, _PLAIN.fullmatch(css)) for css in rules]
    names: dict[str, set[str]] = {"": set(), "#": set(), ".": set()}
    for plain in (plain for _, plain in found if plain):
        names[plain[1]].add(plain[2] if plain[1] else plain[2].lower())
    plain_ones = PlainNames(frozenset(names[""]), frozenset(names["#"]), frozenset(names["."]))
    return plain_ones, tuple(css for css, plain in found if not plain)


@lru_cache(maxsize=2_000)
def _selector(css: str) -> Any:
    return CSSSelector(css, translator="html")


@lru_cache(maxsize=2_000)
def _wanted(css: str) -> tuple[frozenset[str], tuple[bytes, ...]]:
    """The ids and the classes without which `css` finds nothing."""
    found = [] if _MAY_BE_MISSING.search(css) else _NAME.findall(_NOT_A_NAME.sub(" ", css))
    ids = frozenset(name for kind, name in found if kind == "#")
    return ids, tuple(name.encode() for kind, name in found if kind == ".")


def select(document: Document, css: str) -> list[Element]:
    """Elements a rule's CSS finds, in document order."""
    root = document.root
    ids, classes = _wanted(css)
    if not document.is_xml and not (ids <= document.ids and all(name in document.markup for name in classes)):
        return []
    plain = _PLAIN.fullmatch(css)
    if plain is None or not plain[1]:
        return list(_selector(css)(root))
    if plain[1] == "#":
        return list(_IDENTIFIED(root, name=plain[2]))
    return [element for element in _CLASSED(root, name=plain[2]) if plain[2] in element.get("class").split()]
