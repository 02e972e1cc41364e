"""One walk over a page's elements for all that is told by an element's own words: labels, and classes and ids that name.

Walking costs as much as parsing when every reader does it for himself; so it is done once, and readers get short lists.
"""

from collections.abc import Container
from typing import NamedTuple

from harvester.extraction.document import Document, Element
from harvester.extraction.labels import may_begin_label

CARRIERS = ("h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "span", "p", "td", "th", "dt", "div", "a", "font", "em",
            "i", "u", "legend", "summary", "label", "li", "section", "dd", "pre", "caption")  # fmt: skip
_WALKED = (*CARRIERS, "article", "blockquote", "ul")
_UNLABELLED = frozenset(("article", "blockquote", "ul"))
# Parts of the class and id values that containers.py looks into.
_NAMING = ("bstract", "esum", "ummary", "-description", "eyword", "kwd")


class Survey(NamedTuple):
    """Elements in document order: those whose text may begin with a label, and those a class or id may name."""

    labelled: list[tuple[Element, str]]  # with the element's own text
    named: list[Element]


def survey(document: Document) -> Survey:
    """The survey of a page's body (of all of an XML tree)."""
    body = document.root.find("body")
    ids = frozenset(name for name in document.ids if _names(name))
    return _walk(document.root if body is None else body, ids)


def labelled(root: Element) -> list[tuple[Element, str]]:
    """Elements in `root` whose own text may begin with a label, with that text."""
    return _walk(root, ()).labelled


def _walk(root: Element, ids: Container[str]) -> Survey:
    found: list[tuple[Element, str]] = []
    named: list[Element] = []
    naming: dict[str | None, bool] = {None: False}
    for element in root.iter(*_WALKED):
        text = element.text
        if text and may_begin_label(text) and element.tag not in _UNLABELLED:
            found.append((element, text))
        classes = element.get("class")
        names = naming.get(classes)
        if names is None:
            names = naming[classes] = _names(classes or "")
        if names or (ids and element.get("id") in ids):
            named.append(element)
    return Survey(found, named)


def _names(value: str) -> bool:
    return any(part in value for part in _NAMING)
