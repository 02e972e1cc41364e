"""CSS of the seed files, tried only on pages that hold the names it asks for."""

import re
from functools import lru_cache
from typing import NamedTuple

from lxml import etree
from lxml.cssselect import CSSSelector

from harvester.extraction.document import Document, Element

_PLAIN = re.compile(r"([.#])([\w-]+)")
# Names in any of these ("or", "not", another way to write a letter) need not stand on the page.
_MAY_BE_MISSING = re.compile(r"[,(\\]|!=")
_NOT_A_NAME = re.compile(r"\[[^\]]*\]|::?[\w-]+")
_CLASS = re.compile(r"\.([\w-]+)")
_ID = re.compile(r"#([\w-]+)")


class _Rule(NamedTuple):
    classes: frozenset[str]  # without these and the ids nothing is found
    ids: frozenset[str]
    search: etree.XPath


@lru_cache(maxsize=4096)
def _rule(css: str) -> _Rule:
    wanted = "" if _MAY_BE_MISSING.search(css) else _NOT_A_NAME.sub(" ", css)
    return _Rule(frozenset(_CLASS.findall(wanted)), frozenset(_ID.findall(wanted)), CSSSelector(css, translator="html"))


def may_find(document: Document, css: str) -> bool:
    """False if the page lacks a class or an id without which `css` finds nothing."""
    rule = _rule(css)
    return rule.classes <= document.classes and rule.ids <= document.ids


def select(document: Document, css: str) -> list[Element]:
    """Elements that CSS finds on a page, in document order."""
    if not may_find(document, css):
        return []
    plain = _PLAIN.fullmatch(css)
    if plain is None:
        return list(_rule(css).search(document.root))
    if plain[1] == "#":
        return [
            element for element, own in zip(document.elements, document.element_ids, strict=True) if own == plain[2]
        ]
    classes = document.element_classes
    named = {value for value in set(classes) if value and plain[2] in value.split()}
    return [element for element, value in zip(document.elements, classes, strict=True) if value in named]


@lru_cache(maxsize=1024)
def within(css: str) -> etree.XPath:
    """A compiled selector: called with an element, it finds what stands inside it or is it."""
    return CSSSelector(css, translator="html")
