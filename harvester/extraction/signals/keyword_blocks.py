"""Reads the keywords that follow a label: list items, links, spans, or one printed line."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harvester.extraction.document import BLOCKS, Element, string_value, visible_text
from harvester.extraction.labels import is_section, label_of
from harvester.extraction.normalise.keywords import clean_keywords, split_keywords

_SKIPPED = frozenset(("script", "style", "noscript", "button", "form", "svg", "template"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "hr", "table"))
_SEPARATORS = re.compile(r"^[\s,;:|•·/\u2013\u2014.-]*$")
_ITEM_LIMIT = 150
_REGION_LIMIT = 4000
_BESIDE = 4  # elements beside the keywords in what holds no more than them and their label


class KeywordItems(NamedTuple):
    """Items in printed order, with the element and raw words they start at."""

    items: tuple[str, ...]
    element: Element
    quote: str


def keyword_items(anchor: Element) -> KeywordItems | None:
    """The keywords after `anchor`, the highest element that holds the label alone; None if nothing follows."""
    for _ in range(4):
        parent = anchor.getparent()
        if parent is None:
            return None
        found = _region(anchor.tail or "", anchor.itersiblings())
        if found.text.strip():
            return _listed(parent, found)
        if parent.tag == "body":
            return None
        anchor = parent
    return None


def keyword_items_inside(element: Element) -> KeywordItems | None:
    """The keywords that stand after the label in the element that carries it; None if the label is all there is."""
    found = _region("", element)
    return _listed(element, found) if found.text.strip() else None


def _listed(parent: Element, found: "_Region") -> KeywordItems | None:
    items = _from_elements(found) or split_keywords(found.text)
    return _placed(parent, found, tuple(items)) if items else None


class _Region(NamedTuple):
    text: str
    elements: list[Element]
    loose: str  # text that stands outside of the elements
    unbroken: bool  # whether that is one text node


def _region(first: str, siblings: Iterable[Element]) -> _Region:
    texts = [first]
    loose = [first]
    elements: list[Element] = []
    block: Element | None = None
    for sibling in siblings:
        if not isinstance(sibling.tag, str) or sibling.tag in _SKIPPED:
            texts.append(sibling.tail or "")
            continue
        said = "".join(texts).strip(" :\xa0\r\n\t")
        if sibling.tag == "br":
            if said and not said.endswith((",", ";")):
                break
        elif _closes(sibling) or (sibling.tag in BLOCKS and not _continues(sibling, block, said)):
            break
        else:
            if sibling.tag in BLOCKS:
                block = sibling
                texts.append("\n\n")
            texts.append(_printed(sibling))
            elements.append(sibling)
        tail = sibling.tail or ""
        texts.append(tail)
        loose.append(tail)
        if sum(map(len, texts)) > _REGION_LIMIT:
            break
    text = "".join(texts)
    unbroken = sum(1 for part in loose if part.strip()) == 1
    return _Region(re.sub(r"^[\s:|–—-]+", "", text), elements, "".join(loose), unbroken)


def _closes(element: Element) -> bool:
    if element.tag in _HEADINGS and element.tag != "table":
        return True
    words = string_value(element).strip()
    return (
        len(words) < 60 and bool(words) and (label_of(words) is not None or (is_section(words) and element.tag != "a"))
    )


def _continues(element: Element, block: Element | None, said: str) -> bool:
    if block is None:
        return not said
    if re.search(r"[,;|]", string_value(block)):
        return False  # a printed list is whole; what follows is something else
    return (
        element.tag == block.tag
        and element.get("class") == block.get("class")
        and len(string_value(element)) < _ITEM_LIMIT
    )


def _printed(element: Element) -> str:
    """Text with line breaks where blocks and `br` stand, so that a separator made of layout is not lost."""
    if not isinstance(element.tag, str) or element.tag in _SKIPPED:
        return ""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _SKIPPED:
            parts.append("\u2028" if child.tag == "br" else _printed(child))
            if child.tag in BLOCKS:
                parts.append("\n\n")
        parts.append(child.tail or "")
    return "".join(parts)


def _from_elements(region: _Region) -> list[str]:
    """One keyword per element, if the elements hold all the words and only separators stand between them."""
    level = [e for e in region.elements if string_value(e).strip()]
    loose = region.loose
    for _ in range(5):
        texts = [visible_text(element) for element in level]
        if len(level) >= 2:
            fits = _SEPARATORS.match(loose) and all(len(text) <= _ITEM_LIMIT for text in texts)
            return clean_keywords([text.strip(" ,;|•·") for text in texts]) if fits else []
        if len(level) != 1:
            return []
        only = level[0]
        level = [child for child in only if isinstance(child.tag, str) and string_value(child).strip()]
        loose = (only.text or "") + "".join(child.tail or "" for child in only)
        if len(level) == 1 and only.tag in ("ul", "ol"):
            return _single(level[0], loose)
    return []


def _single(item: Element, loose: str) -> list[str]:
    text = visible_text(item)
    return clean_keywords([text]) if _SEPARATORS.match(loose) and not re.search(r"[,;]", text) else []


def _placed(parent: Element, region: _Region, items: tuple[str, ...]) -> KeywordItems:
    """The items with the element that holds them and little else: what is around them may speak of something else."""
    holder = parent
    if region.elements and _SEPARATORS.match(region.loose):
        alone = len(region.elements) == 1
        if alone or len(parent) > len(region.elements) + _BESIDE:
            holder = region.elements[0]
    return KeywordItems(items, holder, next(_texts(region), items[0]))


def _texts(region: _Region) -> Iterator[str]:
    """Words that stand in one text node of the region: looking for others in all the parent says costs too much."""
    if not _SEPARATORS.match(region.loose) and region.unbroken:
        yield region.loose.strip()
    for element in region.elements:
        yield from (text.strip() for text in element.itertext("*") if text.strip())
