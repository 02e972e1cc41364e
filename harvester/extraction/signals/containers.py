"""Reads elements whose class or id names what they hold: an abstract without a heading, a list of keywords."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, takewhile

from harvester.extraction.document import Document, Element, language_tag, string_value, visible_text
from harvester.extraction.memo import Memo
from harvester.extraction.signals.headings import prose_of
from harvester.extraction.signals.label_places import SIDEBAR
from harvester.extraction.signals.signal import Signal
from harvester.extraction.survey import Survey

_ABSTRACT_TAGS = frozenset(("div", "section", "p", "span", "article", "blockquote", "dd", "td"))
_DESCRIBING = (("itemprop", "description"), ("property", "description"), ("role", "doc-abstract"))
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
_CYRILLIC = re.compile("[а-яё]{3}")
_EXCERPT = re.compile(r"\W*in (?:lieu|place) of an? abstract", re.IGNORECASE)
_ELSEWHERE = re.compile(
    rf"referenc|biblio|cited|citation|comment|related|recommend|{SIDEBAR}|footer|bio|search|similar|also", re.I
)
_LEVELS, _SIBLINGS = 5, 12  # elements around an abstract one of which declares its language, and beside that one
_MOST = 200  # elements named an abstract; a page with more is no article's
_KEYWORD_TAGS = frozenset(("ul", "div", "p", "section"))
_KEYWORD_NAME = re.compile(r"(?:^|[\s_-])(?:kwd-?groups?|keywords?(?:-?(?:list|group|section))?)(?:$|[\s_-])", re.I)


def read(document: Document, found: Survey, stated: Sequence[Signal]) -> list[Signal]:
    """`container:abstract` and `container:keywords` from the elements of the survey.

    A name says less than a label or a rule: what is `stated` so is not read again.
    """
    stated = [signal for signal in stated if signal.vocabulary in ("heading", "selector")]
    known = {signal.name for signal in stated}
    return [
        *_abstracts(document, found.named, _around(stated)),
        *_in_other_languages([signal for signal in stated if signal.name == "abstract"]),
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
    holds_prose = Memo(_holds_prose)
    for place, element in enumerate(candidates):
        if any(parent in taken for parent in element.iterancestors()) or not holds_prose[element]:
            continue
        if any(holds_prose[inner] for inner in _inside(element, candidates[place + 1 :])) or _apart(element):
            continue
        if next(element.iter("h1"), None) is not None:  # a box around all of an article, whose kind is its name
            continue
        if _EXCERPT.match(string_value(element)[:200]):
            continue
        taken.append(element)
        yield from prose_of(element)


def _in_other_languages(stated: Sequence[Signal]) -> Iterator[Signal]:
    """Abstracts without a label beside a labelled one: elements of one tag, each of which declares its language."""
    told = {signal.language for signal in stated}
    for signal in stated:
        around = islice((signal.element, *signal.element.iterancestors()), _LEVELS)
        own = next((one for one in around if one.get("lang") and one.tag not in ("body", "html")), None)
        parent = own.getparent() if own is not None else None
        if own is None or parent is None:
            continue
        told.add(language_tag(own.get("lang")))
        for other in islice(parent.iterchildren(own.tag), _SIBLINGS):
            language = language_tag(other.get("lang"))
            if language and language not in told and _holds_prose(other):
                told.add(language)
                yield from prose_of(other)


def _named_abstracts(document: Document, named: Sequence[Element]) -> list[Element]:
    found = [element for element in named if element.tag in _ABSTRACT_TAGS and _names_abstract(element)]
    describing = {
        one.getparent() for attribute, said in _DESCRIBING for one in document.stated(attribute) if one == said
    }
    if not describing:
        return found
    return document.in_order({*found, *(one for one in describing if one.tag in _ABSTRACT_TAGS)})


def _inside(element: Element, following: Sequence[Element]) -> Iterator[Element]:
    """Those of the elements that follow in document order that stand inside `element`."""
    return takewhile(lambda other: element in other.iterancestors(), following)


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
def _is_abstract_name(name: str) -> bool:
    if _DESCRIPTION.search(name):
        return True
    return bool(_ABSTRACT.search(name)) and not _NOT_ABSTRACT.search(name)


def _names_abstract(element: Element) -> bool:
    classes, own = element.get("class") or "", element.get("id") or ""
    if classes == "annotation":  # what an abstract is called in Russian; elsewhere it is a note
        return bool(_CYRILLIC.search(string_value(element)[:200]))
    if own.lower() == "abst":
        return True
    if not any(part in classes or part in own for part in ("bstract", "esum")) and not any(
        part in classes for part in ("-description", "_description", "ummary")
    ):
        return False
    return any(name and _is_abstract_name(name) for name in (*classes.split(), own))


def _holds_prose(element: Element) -> bool:
    text = visible_text(element)
    if not 150 <= len(text) <= 8000 or "." not in text:
        return False
    return sum(len(string_value(link)) for link in element.iter("a")) < 0.3 * len(text)
