"""Reads single labelled facts: a table row, a definition list, a heading over a value, `Label: value` in one block."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from lxml import etree

from harvester.extraction.document import BLOCKS, Element, string_value, visible_text
from harvester.extraction.labels import fact_of
from harvester.extraction.normalise.identifiers import doi, issn
from harvester.extraction.signals.label_places import beside, in_references
from harvester.extraction.signals.signal import Signal

_LABELLERS = frozenset(("th", "dt", "h3", "h4", "h5", "h6", "b", "strong", "label", "legend"))
_LIMIT = 400
_NEIGHBOURS = 30  # elements after a label among which its value stands
_OF_EVERY_ARTICLE = frozenset(("volume", "issue", "pages"))  # and what lists of other articles say of each
_ONLY_SEPARATORS = re.compile(r"^(?:[\s,;|/•·]|and|et|und|y|e|en|og|och|ve|i|и|та)*$")
_LABEL = re.compile(r"^\s*([^\W\d_][\w\s()’'°./-]{1,38}?)\s*[:：]\s*(\S.*)?$", re.DOTALL)


# Labels over several names, of languages in which few family names are two words.
_SEVERAL = re.compile(r"\W*(?:authors|auteurs|autoren|autori|autorzy|autoři|författare|forfattere)\b", re.IGNORECASE)
_TWO_NAMES = re.compile(r"^[^\W\d_][^\s,;]*(?: [^\s,;]+){1,2}, [^\W\d_][^\s,;]*(?: [^\s,;]+){1,2}$")


class Fact(NamedTuple):
    """A label of a fact: its element, what it labels, and the value that follows in the same text, if any."""

    element: Element
    kind: str
    value: str | None


class _Said(NamedTuple):
    kind: str
    value: str | None
    closed: bool  # by a colon


def fact_at(element: Element, stripped: str) -> Fact | None:
    """The fact that an element's own text labels; only label-like places count unless a colon closes the word."""
    said = fact_said(stripped)
    return Fact(element, said.kind, said.value) if said and (said.closed or _labels(element)) else None


def fact_said(stripped: str) -> _Said | None:
    """The fact that words label, wherever they stand."""
    if len(stripped) > _LIMIT:
        return None
    match = _LABEL.match(stripped) if ":" in stripped or "：" in stripped else None
    if match and (kind := fact_of(match[1])):
        return _Said(kind, match[2], closed=True)
    kind = fact_of(stripped) if len(stripped) <= 40 else None
    return _Said(kind, None, closed=False) if kind else None


def _labels(element: Element) -> bool:
    if element.tag in _LABELLERS:
        return True
    names = f"{element.get('class') or ''}"
    if element.tag in ("td", "span", "div") and re.search(r"label|\bname\b|title|heading|\bkey\b", names):
        return True
    return _leads_row(element) or (element.tag in ("em", "i") and _leads(element))


def _leads_row(element: Element) -> bool:
    """True for all that the first of two or three cells of a row holds."""
    cell = element if element.tag == "td" else element.getparent()
    if cell is None or cell.tag != "td" or (cell is not element and len(cell) > 1):
        return False
    row = cell.getparent()
    return row is not None and row.tag == "tr" and 2 <= len(row) <= 3 and row[0] is cell


def _leads(element: Element) -> bool:
    """True for the first of several elements in a block with nothing before it."""
    parent = element.getparent()
    return parent is not None and len(parent) > 1 and parent[0] is element and not (parent.text or "").strip()


def read_fact(fact: Fact) -> Iterator[Signal]:
    """One Signal of vocabulary `fact` with the value, if a short one follows on the line or, failing that, after it."""
    if fact.element.tag == "br":
        value, place = _line_after(fact), fact.element.getparent()
    else:
        value, place = _rest_of_line(fact), fact.element
        if not value:
            value, place = _following(fact.element, fact.kind)
    value = " ".join(value.split()).strip(" :;,")
    if fact.kind == "authors" and _names_several(fact.element) and _TWO_NAMES.match(value):
        value = value.replace(",", ";")
    if value and len(value) <= _LIMIT and _fits(fact.kind, value, fact.element):
        yield Signal("fact", fact.kind, value, None, place)


def _names_several(label: Element) -> bool:
    return bool(_SEVERAL.match(label.text or ""))


def _fits(kind: str, value: str, label: Element) -> bool:
    """An identifier that is none, or another's, must not keep the page's other statements of it from being read."""
    if kind == "doi":
        return doi(value) is not None and not in_references(label)
    if kind in _OF_EVERY_ARTICLE or kind.startswith("date."):
        return not beside(label)
    return kind != "issn" or issn(value) is not None


def _rest_of_line(fact: Fact) -> str:
    """What stands after the label inside its own element, up to a line break or a block."""
    pieces = [fact.value or ""]
    parts, loose = [], fact.value or ""
    for child in fact.element:
        if isinstance(child.tag, str) and not _is_mark(child, fact.kind):
            if child.tag == "br" or child.tag in BLOCKS or _says_fact(child):
                break
            parts.append(visible_text(child))
            pieces.append(parts[-1])
        if _begins_fact(child.tail):
            break
        pieces.append(child.tail or "")
        loose += child.tail or ""
    if len(parts) > 1 and _ONLY_SEPARATORS.match(loose):
        return "; ".join(part for part in parts if part)
    return "".join(pieces).strip(" :\xa0\r\n\t")


def _says_fact(element: Element) -> bool:
    """Whether an element is a label, or begins with one and a colon: another fact begins there."""
    words = string_value(element).strip()
    return bool(words) and fact_said(words) is not None


def _begins_fact(tail: str | None) -> bool:
    """Whether what follows an element is the label of another fact: `, Issue Date:`."""
    said = fact_said(tail.strip(" ,;|\r\n\t\xa0")) if tail and ":" in tail else None
    return said is not None and said.closed


def _line_after(fact: Fact) -> str:
    """What stands after a label that a line break leads to, up to the next break, block or label."""
    pieces = [fact.value or ""]
    for sibling in islice(fact.element.itersiblings(etree.Element), _NEIGHBOURS):
        if sibling.tag in BLOCKS or sibling.tag in ("br", "hr") or _says_fact(sibling):
            break
        pieces.append(visible_text(sibling))
        if _begins_fact(sibling.tail):
            break
        pieces.append(sibling.tail or "")
    return "".join(pieces).strip(" :\xa0\r\n\t")


def _is_mark(element: Element, kind: str) -> bool:
    """True for what is raised after a name: a mark of its affiliation."""
    return kind == "authors" and element.tag == "sup"


def _following(element: Element, kind: str) -> tuple[str, Element]:
    """What stands after the label: its tail, the next element, or the same after the elements it alone fills."""
    for _ in range(4):
        parent = element.getparent()
        if parent is None or parent.tag == "body":
            break
        pieces, parts, loose = [element.tail or ""], list[str](), ""
        for sibling in islice(element.itersiblings(), _NEIGHBOURS):
            if not isinstance(sibling.tag, str):
                continue
            if _is_mark(sibling, kind):
                pieces.append(sibling.tail or "")
                loose += sibling.tail or ""
                continue
            said = "".join(pieces).strip(" :\xa0\r\n\t")
            if sibling.tag in ("br", "hr", "dt") or _says_fact(sibling):
                if said:
                    break
                continue
            if sibling.tag == "dd" and said:
                pieces.append("; ")
            parts.append(_listed(sibling) if sibling.tag == "a" else "")
            pieces.extend((parts[-1] or _listed(sibling), sibling.tail or ""))
            loose += sibling.tail or ""
            if sibling.tag in BLOCKS and sibling.tag != "dd" and "".join(pieces).strip(" :\xa0\r\n\t"):
                pieces.extend(f"; {visible_text(other)}" for other in _alike_after(sibling))
                break
        links = len(parts) > 1 and all(parts) and _ONLY_SEPARATORS.match(loose)
        value = "; ".join(parts) if links else "".join(pieces)
        if value.strip(" :\xa0\r\n\t"):
            return value, parent
        element = parent
    return "", element


def _alike_after(element: Element) -> Iterator[Element]:
    """The blocks of the same tag and class that follow at once: more values of the same fact."""
    name = element.get("class")
    for sibling in islice(element.itersiblings(etree.Element), _NEIGHBOURS) if name else ():
        if sibling.tag != element.tag or sibling.get("class") != name or (sibling.getprevious().tail or "").strip():
            return
        yield sibling


def _listed(element: Element) -> str:
    """Text of an element; parts that are elements of their own are kept apart with semicolons."""
    children = [child for child in element if isinstance(child.tag, str) and string_value(child).strip()]
    alone = not (element.text or "").strip() and all(
        not (child.tail or "").strip(" ,;\r\n\t\xa0|") for child in children
    )
    if len(children) > 1 and alone and all(child.tag == children[0].tag for child in children):
        return "; ".join(visible_text(child).strip(" ;,") for child in children)
    return visible_text(element)
