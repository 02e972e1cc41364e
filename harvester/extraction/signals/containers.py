"""Reads elements whose class or id names what they hold: an abstract without a heading, a list of authors."""

import re
from functools import lru_cache

from lxml import etree

from harvester.extraction.document import Document, Element, string_value, visible_text
from harvester.extraction.labels import label_of
from harvester.extraction.normalise.names import looks_like_name, split_names
from harvester.extraction.signals.signal import Signal

_CANDIDATES = etree.XPath(
    "descendant::*[self::div or self::section or self::p or self::span or self::article or self::blockquote or self::dd or self::td]"
    "[contains(@class,'bstract') or contains(@id,'bstract') or contains(@class,'esum') or contains(@id,'esum') or "
    "contains(@class,'-description') or @itemprop='description' or @property='description' or @role='doc-abstract' or contains(@class,'ummary')]"
)
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
_AUTHORS = etree.XPath(
    "descendant::*[self::div or self::p or self::span or self::ul or self::section or self::td or self::h2 or self::h3 or self::a]"
    "[contains(@class,'uthor') or contains(@id,'uthor') or contains(@class,'reator') or contains(@itemprop,'author') or "
    "@rel='author']"
)
_AUTHOR_NAME = re.compile(
    r"(?:^|[-_a-z])[Aa]uthors?(?:$|[-_]?(?:names?|list|s|data|link|text|item)$)|^contrib(?:utor)?s?$|^creators?$", re.I
)
_ELSEWHERE = re.compile(
    r"referenc|biblio|cited|citation|comment|related|recommend|sidebar|footer|bio|search|similar|also", re.I
)
_KEYWORDS = etree.XPath(
    "//body//*[self::ul or self::div or self::p or self::section][contains(@class,'eyword') or contains(@class,'kwd')]"
)
_KEYWORD_NAME = re.compile(r"(?:^|[\s_-])(?:kwd-?groups?|keywords?(?:-?(?:list|group|section))?)(?:$|[\s_-])", re.I)


def read(document: Document) -> list[Signal]:
    """`container:abstract` for every element that is named an abstract and holds prose."""
    signals: list[Signal] = []
    taken: list[Element] = []
    for element in _CANDIDATES(document.root):
        if not _named(element) or any(parent in taken for parent in element.iterancestors()):
            continue
        inner = next((e for e in _CANDIDATES(element) if e is not element and _named(e) and _holds_prose(e)), None)
        if inner is not None:
            continue  # the closer fit follows
        if _holds_prose(element) and not _apart(element):
            taken.append(element)
            text = visible_text(element)
            signals.append(Signal("container", "abstract", text, None, element))
    return [*signals, *_authors(document), *_keywords(document)]


def _authors(document: Document) -> list[Signal]:
    """`container:authors` with the names of the first element that is named a list of authors."""
    root = document.root
    if any((meta.get("name") or "").lower() in ("citation_author", "citation_authors") for meta in root.iter("meta")):
        return []
    leaves: list[tuple[Element, str]] = []
    for element in _AUTHORS(root):
        names = [*(element.get("class") or "").split(), element.get("id") or "", element.get("itemprop") or ""]
        if not any(name and _is_author_name(name) for name in names) or _apart(element):
            continue
        text = " ".join(_without_marks(element).split())
        if not 3 <= len(text) <= 1500:
            continue
        inner = [child for child in element.iterdescendants() if child in dict.fromkeys(_AUTHORS(element))]
        if inner and len(text) > 60:
            continue  # the list of the leaves that follow
        people = [name for name in split_names(text) if looks_like_name(name) and not label_of(name)]
        if people:
            leaves.extend((element, name) for name in people)
    distinct = dict.fromkeys(name for _, name in leaves)
    if not distinct:
        return []
    first = leaves[0][0]
    return [Signal("container", "authors", "; ".join(distinct), None, first, None, None, tuple(distinct))]


def _keywords(document: Document) -> list[Signal]:
    """`container:keywords` from elements that are named keywords and carry no label."""
    for group in _KEYWORDS(document.root):
        names = f"{group.get('class') or ''} {group.get('id') or ''}"
        if not _KEYWORD_NAME.search(names):
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
        if _ELSEWHERE.search(f"{ancestor.get('class') or ''} {ancestor.get('id') or ''}"):
            return True
    return False


@lru_cache(maxsize=4096)
def _is_author_name(name: str) -> bool:
    return bool(_AUTHOR_NAME.search(name))


@lru_cache(maxsize=4096)
def _is_abstract_name(name: str) -> bool:
    if _DESCRIPTION.search(name):
        return True
    return bool(_ABSTRACT.search(name)) and not _NOT_ABSTRACT.search(name)


def _named(element: Element) -> bool:
    if element.get("role") == "doc-abstract" or "description" in (element.get("itemprop"), element.get("property")):
        return True
    names = [*(element.get("class") or "").split(), element.get("id") or ""]
    return any(name and _is_abstract_name(name) for name in names)


def _holds_prose(element: Element) -> bool:
    text = visible_text(element)
    linked = sum(len(string_value(link)) for link in element.iter("a"))
    return 150 <= len(text) <= 8000 and linked < 0.3 * len(text) and "." in text
