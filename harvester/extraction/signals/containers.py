"""Reads elements whose class or id names what they hold: an abstract without a heading, a list of authors."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import takewhile

from harvester.extraction.document import Document, Element, string_value, visible_text
from harvester.extraction.labels import label_of
from harvester.extraction.normalise.names import looks_like_name, split_names
from harvester.extraction.signals.headings import prose_of
from harvester.extraction.signals.signal import Signal
from harvester.extraction.survey import Survey

_ABSTRACT_TAGS = frozenset(("div", "section", "p", "span", "article", "blockquote", "dd", "td"))
_DESCRIBING = re.compile(rb"rop(?:erty)?\s*=\s*[\"']?description")  # itemprop and property
_NOT_ABSTRACT = re.compile(
    r"link|tab|nav|menu|button|title|head|tool|list|teaser|related|share|view|toggle|icon|label|graphic", re.I
)
_DESCRIPTION = re.compile(
    r"(?:^|[-_])(?:paper|item|article|publication|record|thesis|work)[-_]description(?:$|[-_])", re.I
)
_ABSTRACT = re.compile(
    r"(?:^|[-_]|article|paper|html|full|item|node|field)(?:abstract|resume|resumen|resumo|summary)s?"
    r"(?:$|[-_]|(?:content|text|body|section|intext|infull))",
    re.I,
)
_AUTHOR_TAGS = frozenset(("div", "p", "span", "ul", "section", "td", "h2", "h3", "a"))
_AUTHOR_NAME = re.compile(
    r"(?:^|[-_a-z])[Aa]uthors?(?:$|[-_]?(?:names?|list|s|data|link|text|item)$)|^contrib(?:utor)?s?$|^creators?$", re.I
)
_ELSEWHERE = re.compile(
    r"referenc|biblio|cited|citation|comment|related|recommend|sidebar|footer|bio|search|similar|also", re.I
)
_MOST = 200  # elements named an abstract; a page with more is no article's
_KEYWORD_TAGS = frozenset(("ul", "div", "p", "section"))
_KEYWORD_NAME = re.compile(r"(?:^|[\s_-])(?:kwd-?groups?|keywords?(?:-?(?:list|group|section))?)(?:$|[\s_-])", re.I)


def read(document: Document, found: Survey, stated: Sequence[Signal]) -> list[Signal]:
    """`container:abstract`, `container:authors` and `container:keywords` from the elements of the survey.

    A name says less than a label or a rule: what is `stated` so is not read again.
    """
    stated = [signal for signal in stated if signal.vocabulary in ("heading", "selector")]
    known = {signal.name for signal in stated}
    return [
        *_abstracts(document, found.named, _around(stated)),
        *(_authors(document, found.authors) if "authors" not in known else ()),
        *(_keywords(found.named) if "keywords" not in known else ()),
    ]


def _around(stated: Sequence[Signal]) -> set[Element]:
    """The elements that abstracts were read from, and all that these stand in."""
    around: set[Element] = set()
    for signal in stated:
        element = signal.element if signal.name == "abstract" else None
        while element is not None and element not in around:
            around.add(element)
            element = element.getparent()
    return around


def _abstracts(document: Document, named: Sequence[Element], read: set[Element]) -> Iterator[Signal]:
    """One Signal for every element that is named an abstract and holds prose, unless one inside fits more closely."""
    candidates = [element for element in _named_abstracts(document, named)[:_MOST] if element not in read]
    taken: list[Element] = []
    holds_prose = cache(_holds_prose)
    for place, element in enumerate(candidates):
        if any(parent in taken for parent in element.iterancestors()) or not holds_prose(element):
            continue
        if any(holds_prose(inner) for inner in _inside(element, candidates[place + 1 :])) or _apart(element):
            continue
        taken.append(element)
        if prose := prose_of(element):
            yield prose


def _named_abstracts(document: Document, named: Sequence[Element]) -> list[Element]:
    found = [element for element in named if element.tag in _ABSTRACT_TAGS and _names_abstract(element)]
    if b"doc-abstract" not in document.markup and not _DESCRIBING.search(document.markup):
        return found
    either = set(found)
    return [element for element in document.root.iter(*_ABSTRACT_TAGS) if element in either or _describes(element)]


def _describes(element: Element) -> bool:
    get = element.get
    return "description" in (get("itemprop"), get("property")) or get("role") == "doc-abstract"


def _inside(element: Element, following: Sequence[Element]) -> Iterator[Element]:
    """Those of the elements that follow in document order that stand inside `element`."""
    return takewhile(lambda other: element in other.iterancestors(), following)


def _authors(document: Document, crediting: Sequence[Element]) -> list[Signal]:
    """`container:authors` with the names of the first element that is named a list of authors."""
    if any(name.lower() in ("citation_author", "citation_authors") for name in document.metas):
        return []
    candidates = [element for element in crediting if element.tag in _AUTHOR_TAGS]
    leaves: list[tuple[Element, str]] = []
    for place, element in enumerate(candidates):
        names = [*(element.get("class") or "").split(), element.get("id") or "", element.get("itemprop") or ""]
        if not any(name and _is_author_name(name) for name in names) or _apart(element):
            continue
        text = " ".join(_without_marks(element).split())
        if not 3 <= len(text) <= 1500:
            continue
        if len(text) > 60 and next(_inside(element, candidates[place + 1 : place + 2]), None) is not None:
            continue  # the list of the leaves that follow
        parts = split_names(text)
        people = [name for name in parts if looks_like_name(name) and not label_of(name)]
        if len(people) < 0.6 * len(parts):
            continue  # prose that a class calls the author's
        leaves.extend((element, name) for name in people)
    distinct = dict.fromkeys(name for _, name in leaves)
    if not distinct:
        return []
    first = leaves[0][0]
    return [Signal("container", "authors", "; ".join(distinct), None, first, None, None, tuple(distinct))]


def _keywords(named: Sequence[Element]) -> list[Signal]:
    """`container:keywords` from elements that are named keywords and carry no label."""
    for group in named:
        classes = group.get("class") or ""
        if group.tag not in _KEYWORD_TAGS or not ("eyword" in classes or "kwd" in classes):
            continue
        if not _KEYWORD_NAME.search(f"{classes} {group.get('id') or ''}"):
            continue
        items = [
            text
            for child in group.iter("li", "a", "span")
            if not len(child) and (text := visible_text(child).strip(" ,;|"))
        ]
        if len(items) >= 2 and all(len(item) <= 100 for item in items):
            return [Signal("container", "keywords", "; ".join(items), None, group, None, None, tuple(items))]
    return []


def _without_marks(element: Element) -> str:
    dropped = frozenset(mark for mark in element.iter("sup", "script", "style", "button"))
    return visible_text(element, dropped)


def _apart(element: Element) -> bool:
    """True in references, comments, related boxes and menus: those authors are others'."""
    for ancestor in [element, *element.iterancestors()]:
        if (
            ancestor.tag in ("nav", "footer", "aside", "form", "li")
            and ancestor is not element
            and ancestor.tag != "li"
        ):
            return True
        if is_elsewhere(f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"):
            return True
    return False


@lru_cache(maxsize=4096)
def is_elsewhere(names: str) -> bool:
    """True for a class and id of references, comments, related boxes: what stands there is others'."""
    return bool(_ELSEWHERE.search(names))


@lru_cache(maxsize=4096)
def _is_author_name(name: str) -> bool:
    return bool(_AUTHOR_NAME.search(name))


@lru_cache(maxsize=4096)
def _is_abstract_name(name: str) -> bool:
    if _DESCRIPTION.search(name):
        return True
    return bool(_ABSTRACT.search(name)) and not _NOT_ABSTRACT.search(name)


def _names_abstract(element: Element) -> bool:
    classes, own = element.get("class") or "", element.get("id") or ""
    if not any(part in classes or part in own for part in ("bstract", "esum")) and not any(
        part in classes for part in ("-description", "ummary")
    ):
        return False
    return any(name and _is_abstract_name(name) for name in (*classes.split(), own))


def _holds_prose(element: Element) -> bool:
    text = visible_text(element)
    if not 150 <= len(text) <= 8000 or "." not in text:
        return False
    return sum(len(string_value(link)) for link in element.iter("a")) < 0.3 * len(text)
