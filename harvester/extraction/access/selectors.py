"""CSS of a source's file, tried only on pages that hold the names it asks for."""

import re
from functools import cached_property, lru_cache
from typing import Any

from lxml import etree
from lxml.cssselect import CSSSelector

from harvester.extraction.document import Document, Element

_PLAIN = re.compile(r"([.#]?)([\w-]+)")
# Names in any of these ("or", "not", another way to write a letter) need not stand on the page.
_MAY_BE_MISSING = re.compile(r"[,(\\]|!=")
_NOT_A_NAME = re.compile(r"\[[^\]]*\]|::?[\w-]+")
_NAME = re.compile(r"([.#])([\w-]+)")


@lru_cache(maxsize=2_000)
def _selector(css: str) -> Any:
    return CSSSelector(css, translator="html")


@lru_cache(maxsize=2_000)
def _names(css: str) -> tuple[frozenset[str], tuple[bytes, ...]]:
    """The ids and the classes without which `css` finds nothing."""
    found = [] if _MAY_BE_MISSING.search(css) else _NAME.findall(_NOT_A_NAME.sub(" ", css))
    ids = frozenset(name for kind, name in found if kind == "#")
    return ids, tuple(name.encode() for kind, name in found if kind == ".")


class Selectors:
    """Finds elements of one document by CSS; most of the rules' CSS is one name, and those are looked up."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def select(self, css: str) -> list[Element]:
        """Elements a rule's CSS finds, in document order."""
        document = self._document
        if document.is_xml:
            return list(_selector(css)(document.root))
        ids, classes = _names(css)
        if not (ids <= document.ids and all(name in document.markup for name in classes)):
            return []
        plain = _PLAIN.fullmatch(css)
        return self._named(plain[1], plain[2]) if plain else list(_selector(css)(document.root))

    def _named(self, kind: str, name: str) -> list[Element]:
        if kind == "#":
            return [element for element, _, own in self.named if own == name]
        if kind == ".":
            return [element for element, classes, _ in self.named if name in classes and name in classes.split()]
        return list(self._document.root.iter(name.lower()))

    @cached_property
    def named(self) -> list[tuple[Element, str, str]]:
        """All elements that have a class or an id, in order, with both."""
        elements = self._document.root.iter(etree.Element)
        found = ((element, element.get("class", ""), element.get("id", "")) for element in elements)
        return [one for one in found if one[1] or one[2]]
