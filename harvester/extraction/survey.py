"""One walk over a page's elements for what their own words tell: labels, and classes and ids that name.

Walking costs as much as parsing when every reader does it for himself; so it is done once, and readers get short lists.
"""

from typing import NamedTuple

from harvester.extraction.document import Document, Element
from harvester.extraction.labels import may_begin_label

CARRIERS = ("h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "span", "p", "td", "th", "dt", "div", "a", "font", "em",
            "i", "u", "legend", "summary", "label", "li", "section", "dd", "pre", "caption")  # fmt: skip
_WALKED = (*CARRIERS, "article", "blockquote", "ul")
_UNLABELLED = frozenset(("article", "blockquote", "ul"))


class Survey(NamedTuple):
    """Elements in document order: those whose text may begin with a label, and those a class or id may name."""

    labelled: list[tuple[Element, str]]  # with the element's own text
    named: list[Element]
    authors: list[Element]


def survey(document: Document) -> Survey:
    """The survey of a page's body (of all of an XML tree)."""
    body = document.root.find("body")
    return _walk(document.root if body is None else body)


def labelled(root: Element) -> list[tuple[Element, str]]:
    """Elements in `root` whose own text may begin with a label, with that text."""
    return _walk(root).labelled


def _walk(root: Element) -> Survey:
    found = Survey([], [], [])
    meanings: dict[str | None, tuple[bool, bool]] = {None: (False, False)}  # few classes, on many elements
    for element in root.iter(*_WALKED):
        text = element.text
        if text and not text.isspace() and may_begin_label(text) and element.tag not in _UNLABELLED:
            found.labelled.append((element, text))
        get = element.get
        classes, own, role = get("class"), get("id"), get("itemprop")
        if classes not in meanings:
            meanings[classes] = (_names_something(classes), "uthor" in classes or "reator" in classes)
        named, author = meanings[classes]
        if named or (own and _names_something(own)):
            found.named.append(element)
        if author or (own and "uthor" in own) or (role and "author" in role) or get("rel") == "author":
            found.authors.append(element)
    return found


def _names_something(value: str) -> bool:
    """True for a class or id that containers.py looks into."""
    return (
        "bstract" in value
        or "esum" in value
        or "ummary" in value
        or "eyword" in value
        or "kwd" in value
        or "-description" in value
    )
