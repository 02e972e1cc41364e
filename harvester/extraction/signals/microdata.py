"""Reads schema.org in microdata (HTML Standard, section 5) and in RDFa Lite: this page's article, as JSON-LD is read.

Both give Signals of vocabulary `microdata`: they differ in the names of three attributes, and in how words are marked.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree

from harvester.extraction.document import Document, Element, language_tag, string_value, visible_text
from harvester.extraction.normalise.text import fold
from harvester.extraction.signals.containers import is_elsewhere
from harvester.extraction.signals.json_ld import HIDDEN, Words, is_article, signals_of_node
from harvester.extraction.signals.signal import Signal


class _Marks(NamedTuple):
    """The attributes that begin an item, say its type and name a property; `of_item` finds the last in an item."""

    item: str
    type: str
    name: str
    of_item: etree.XPath  # attributes are found faster than the elements that have them


_MICRODATA = _Marks("itemscope", "itemtype", "itemprop", etree.XPath("descendant-or-self::*/@itemprop"))
_RDFA = _Marks("typeof", "typeof", "property", etree.XPath("descendant-or-self::*/@property"))
_PREFIX = re.compile(r"^schema:")
_DATA = frozenset(("Text", "URL", "Date", "DateTime", "Time", "Number", "Integer", "Float", "Boolean"))  # no items
_MOST = 400  # items of a page, and properties of an item
_DEEPEST = 6
_MOST_NODES = 1_000  # elements read as properties of the article and of the items in it
_MOST_NAMES = 16  # of one property
_ADDRESSED = {"a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "embed": "src",
              "iframe": "src", "source": "src", "track": "src", "video": "src", "object": "data"}  # fmt: skip
_ELSEWHERE = frozenset(("aside", "nav", "footer", "form"))
_PEOPLE = frozenset(("author", "creator", "editor", "contributor"))
_WHOLE = frozenset(("html", "body"))
_NAMES = frozenset(("headline", "name"))
_TEASER = re.compile(r"\b(?:teasers?|promos?)\b", re.IGNORECASE)


def read(document: Document) -> tuple[list[Signal], frozenset[Element]]:
    """(Signals of vocabulary `microdata` named as those of JSON-LD, elements that belong to an article's item).

    Other articles' items, in lists of related ones, give no Signal; their elements are in the second part all the same.
    """
    marks, items = _MICRODATA, _items(document, _MICRODATA)
    if not items and b"typeof=" in document.markup:  # scripts say `typeof x` on every page
        marks, items = _RDFA, _items(document, _RDFA)
    if not items or b"schema.org" not in document.markup:
        return [], frozenset()
    own = _this_article(document, items, marks)
    signals = [] if own is None else list(signals_of_node("microdata", _article_node(own, document, marks), own))
    if own is not None and own.tag in _WHOLE:  # a template calls every page of a site an article: that proves none
        signals = [signal for signal in signals if signal.name != "@type"]
    return signals, frozenset(part for item in items for part in item.iter("meta"))


def _items(document: Document, marks: _Marks) -> list[Element]:
    return [one for one in map(_owner, document.stated(marks.item)) if _is_article_item(one, marks)][:_MOST]


def _owner(attribute: Any) -> Element:
    return attribute.getparent()


def _is_article_item(element: Element, marks: _Marks) -> bool:
    """True for an article's item that is nobody's property."""
    return element.get(marks.name) is None and is_article(_types(element, marks))


def _types(element: Element, marks: _Marks) -> list[str]:
    kinds = (element.get(marks.type) or "").split()
    return [_PREFIX.sub("", kind.rstrip("/").rpartition("/")[2]) for kind in kinds]


def _this_article(document: Document, items: list[Element], marks: _Marks) -> Element | None:
    """The item around the page's heading, else the only one that is named as the page is."""
    items = [item for item in items if not any(one.tag in _ELSEWHERE for one in item.iterancestors())]
    whole = [item for item in items if item.tag in _WHOLE]
    if whole:
        return whole[-1]
    headings = list(document.root.iter("h1"))
    over = _over(headings)
    around = [item for item in items if item in over]
    if around:
        return around[-1] if len(headings) == 1 or len(around) == 1 else None
    titles = {fold(visible_text(heading)) for heading in headings}
    titles |= {
        fold(text) for name in ("citation_title", "dc.title", "DC.Title") for text in document.metas.get(name, ())
    }
    if (title := document.root.find("head/title")) is not None and not titles:
        titles = {fold(title.text or "")}
    nest = set(items)
    outer = [item for item in items if sum(one in nest for one in item.iterancestors()) < _DEEPEST]
    named = [item for item in outer if any(name and _stands_in(name, titles) for name in _named(item, marks))]
    return named[0] if len(named) == 1 else None


def _over(elements: list[Element]) -> set[Element]:
    """All that some of these stand in."""
    over: set[Element] = set()
    for element in elements:
        for one in element.iterancestors():
            if one in over:
                break
            over.add(one)
    return over


def _named(item: Element, marks: _Marks) -> Iterator[str]:
    for element, name in _properties(item, {}, marks):
        if name in _NAMES:
            value = _value(element)
            yield fold(str(value)) if value else ""


def _stands_in(name: str, titles: set[str]) -> bool:
    return len(name) > 10 and any(title.startswith(name) or name.startswith(title) for title in titles if title)


def _ids(document: Document) -> dict[str, Element]:
    if not document.stated("itemref"):
        return {}
    return {name: element for element in document.root.iter() if (name := element.get("id"))}


def _article_node(item: Element, document: Document, marks: _Marks) -> dict[str, Any]:
    return _node(item, _ids(document), (), iter(range(_MOST_NODES)), marks)


def _node(
    item: Element, ids: dict[str, Element], above: tuple[Element, ...], budget: Iterator[int], marks: _Marks
) -> dict[str, Any]:
    """The item as a JSON-LD node; the text of the article itself is left out.

    `above`: the items it stands in. A page can let items refer to one another in circles: so only the article's own
    `itemref` is followed, no item stands in itself, and all items together take one from `budget` per element.
    """
    node: dict[str, Any] = {"@type": _types(item, marks)}
    if item.get("itemid"):
        node["@id"] = Words.of(item.get("itemid"), item, "itemid", None)
    way = (*above, item)
    values: dict[bool, Any] = {}  # of the element that is read, by whether it is a contributor's
    last: Element | None = None
    for element, name in _properties(item, {} if above else ids, marks):
        if name.lower() in HIDDEN or (name in node and len(node[name]) >= _MOST) or element in way:
            continue
        if element is not last:
            if next(budget, None) is None:
                break
            last, values = element, {}
        is_person = name in _PEOPLE
        if is_person not in values:
            if _is_item(element, marks) and len(above) < _DEEPEST:
                values[is_person] = _node(element, ids, way, budget, marks)
            elif is_person:
                values[is_person] = _person(element)
            else:
                values[is_person] = _value(element, _no_words(element, node["@type"], marks))
        if values[is_person]:
            node.setdefault(name, []).append(values[is_person])
    return node


def _is_item(element: Element, marks: _Marks) -> bool:
    return element.get(marks.item) is not None and _DATA.isdisjoint(_types(element, marks))


def _no_words(element: Element, kinds: list[str], marks: _Marks) -> frozenset[Element]:
    """What in a property's element is no part of its value: a person's marks, and the name of a typed text."""
    if "Person" in kinds:
        return frozenset(element.iter("sup"))
    if element.get(marks.type) is None:
        return frozenset()
    return frozenset(one for one in element.iter("h2", "h3", "h4") if one.get(marks.name) == "name")


def _properties(item: Element, ids: dict[str, Element], marks: _Marks) -> Iterator[tuple[Element, str]]:
    """(element, name) of the item's own properties: those of items inside it, and of others' boxes, are theirs."""
    named = dict.fromkeys((item.get("itemref") or "").split()[:_MOST]) if ids else ()
    referred = [ids[name] for name in named if name in ids]
    seen = {item}
    for root in (item, *referred):
        open_to_root = {item: True} if root is item else {root: root.get(marks.item) is None}
        for element in map(_owner, marks.of_item(root)):
            if element not in seen and (element is root or _is_open(element.getparent(), open_to_root, marks)):
                seen.add(element)
                if element is root or not (_is_others(element) or (item.tag in _WHOLE and _in_teaser(element, item))):
                    names = (element.get(marks.name) or "").split(maxsplit=_MOST_NAMES)[:_MOST_NAMES]
                    yield from ((element, _PREFIX.sub("", name.rpartition("/")[2])) for name in names)


def _is_open(element: Element, known: dict[Element, bool], marks: _Marks) -> bool:
    """Whether no other item, and no box of others' words, stands between an element and the root in `known`."""
    way = []
    while (is_open := known.get(element)) is None:
        way.append(element)
        element = element.getparent()
    for inner in reversed(way):
        is_open = known[inner] = is_open and inner.get(marks.item) is None and not _is_others(inner)
    return is_open


def _is_others(element: Element) -> bool:
    # References and related articles: their markup often has no scope of its own.
    return element.tag in _ELSEWHERE or is_elsewhere(f"{element.get('class') or ''} {element.get('id') or ''}")


def _in_teaser(element: Element, whole: Element) -> bool:
    """Whether an element of a page that is one item stands in another work's box: one named so, or headed by a link."""
    for box in islice(element.iterancestors(), _DEEPEST):
        if box is whole or box.tag in ("body", "main", "article") or box.find(".//h1") is not None:
            return False
        if _TEASER.search(f"{box.get('class') or ''} {box.get('id') or ''}"):
            return True
        if any(box.find(f"{heading}//a[@href]") is not None for heading in ("h2", "h3", "h4", "h5", "h6")):
            return True
    return False


def _person(element: Element) -> dict[str, Any]:
    """A contributor written as words: the name without marks and addresses, and the ORCID iD that a link gives."""
    links = [link for link in element.iter("a") if "orcid.org" in (link.get("href") or "")]
    addresses = [link for link in links if "orcid" in string_value(link)]
    name = _value(element, frozenset((*element.iter("sup", "button"), *addresses)))
    return {"name": name, "url": [link.get("href") for link in links[:1]]} if name else {}


def _value(element: Element, drop: frozenset[Element] = frozenset()) -> Words | None:
    named = "content" if element.get("content") is not None else _ADDRESSED.get(element.tag)
    if element.tag == "time" and element.get("datetime"):
        named = "datetime"
    elif element.tag in ("data", "meter") and element.get("value"):
        named = "value"
    text = element.get(named, "").strip() if named else visible_text(element, drop)
    return Words.of(text, element, named, _nearest_language(element)) if text else None


def _nearest_language(element: Element) -> str | None:
    """The nearest lang below the body: the page's own says too little of a text in it."""
    for one in (element, *element.iterancestors()):
        if one.tag in ("body", "html", "head"):
            return None
        if declared := one.get("lang"):
            return language_tag(declared)
    return None
