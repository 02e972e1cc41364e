"""Where a label stands: alone or before text, in a menu or above what it names, and how high it ranks."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from harvester.extraction.document import BLOCKS, Element, string_value
from harvester.extraction.labels import Label, label_of

_RANK = {f"h{number}": number for number in range(1, 7)}
LOWEST = 7
_NAVIGATION = frozenset(("nav", "option", "button", "form", "select"))
_ROW = 30  # neighbours looked at to tell a row of tabs
_NEAR = 4  # ancestors of a label that may be a menu
_SOLE_CLIMB = 6
_BIG_FORM = 2000  # characters
_AROUND = 40  # ancestors of a label that may be named a list of other articles
# A class with a sidebar in it; not one that says of the main column that there is one.
SIDEBAR = r"(?<!with.)(?<!has.)(?<!no.)(?<!one.)(?<!two.)sidebar(?![-_](?:layout|none))"
_BESIDE = re.compile(
    r"(?:related|recommended|recommendation|similar|suggested|reco)s?[-_ ]?(?:articles?|content|pub|papers?|items?|"
    r"research|works?|links?|readings?|documents?|posts?|records?)|recommendations|referee|reviewer|peer-?review|"
    r"cited[-_ ]?by|citing[-_ ]?(?:articles?|papers?|works?|documents?|literature)|"
    r"(?:next|prev|previous)[-_ ]?(?:article|paper)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"referenc|bibliograph(?!ic)|(?:^|[-_ ])ref(?:s|-?list|-cit)?(?:$|[-_ ])|reflist|cited|footnote|related|literature|"
    r"(?:^|[-_ ])comments?(?:$|[-_ ])",
    re.IGNORECASE,
)
SKIPPED = frozenset(
    "script style noscript template nav button form select option textarea svg iframe math aside figure".split()
)


class Start(NamedTuple):
    """A label found: the element that carries it, what it says, and where its text ends in the element's own text."""

    element: Element
    label: Label
    end: int | None  # None: the label is all the text of the element


def beside(element: Element) -> bool:
    """True in a list of other articles, or in what others say of this one: labels there are theirs."""
    return any(names_others(names) for names in _names_around(element))


def in_references(element: Element) -> bool:
    """True where the works stand that an article cites, and wherever `beside` is true."""
    if any(place.tag in ("ol", "aside") for place in (element, *islice(element.iterancestors(), _AROUND))):
        return True
    return any(_REFERENCES.search(names) or names_others(names) for names in _names_around(element))


def form_around(element: Element) -> Element | None:
    """The form in which an element stands."""
    return next(element.iterancestors("form"), None)


def is_big(form: Element) -> bool:
    """True for a form with a whole page in it, which tells; the labels of one that is filled in ask."""
    size = 0
    for text in form.itertext():
        size += len(text)
        if size > _BIG_FORM:
            return True
    return False


def _names_around(element: Element) -> Iterator[str]:
    """Class and id of an element and of what is around it, but not of the page's body."""
    for place in (element, *islice(element.iterancestors(), _AROUND)):
        if place.tag in ("body", "html"):
            return
        if names := f"{place.get('class') or ''} {place.get('id') or ''}".strip():
            yield names


@lru_cache(maxsize=1 << 13)  # a site's pages share their classes and ids
def names_others(names: str) -> bool:
    """Whether a class or an id names a list of other articles, or what others say of this one."""
    return bool(_BESIDE.search(names))


def in_navigation(element: Element) -> bool:
    if element.tag == "label" and element.get("for"):
        return True
    if _is_tab(element):
        return True
    for ancestor in (element, *islice(element.iterancestors(), _NEAR)):
        if ancestor.tag == "form" and is_big(ancestor):
            return False  # a page inside one big form
        if ancestor.tag in _NAVIGATION or (ancestor.tag == "a" and ancestor.get("href")):
            return not _headed(ancestor)
    return False


def _is_tab(element: Element) -> bool:
    """True in a list of short words, a row of tabs or a table's head: the label opens nothing there."""
    item = next((e for e in (element, element.getparent()) if e is not None and e.tag in ("li", "th")), None)
    row = item.getparent() if item is not None else None
    if item is None or row is None or (item is not element and string_value(element).rstrip().endswith((":", "："))):
        return False
    others = [e for e in islice(row, _ROW) if e is not item and e.tag == item.tag]
    if len(others) < 2 or any(len(string_value(e).strip()) >= 40 for e in (item, *others)):
        return False
    return not _leads_its_list(item, others)


def _leads_its_list(item: Element, others: list[Element]) -> bool:
    """True for `Keywords` as the first item of the list of keywords: no tab stands beside it."""
    label = label_of(string_value(item)) if item.tag == "li" and item.getprevious() is None else None
    return label is not None and label.kind == "keywords" and not any(label_of(string_value(e)) for e in others)


def _headed(element: Element) -> bool:
    parent = element.getparent()
    return element.tag == "a" and parent is not None and parent.tag in _RANK


def climb(start: Start) -> tuple[Element, int]:
    """The highest element that holds nothing but the label, and the label's rank."""
    element = start.element
    rank = _RANK.get(element.tag, LOWEST)
    if start.end is not None or len(string_value(element).strip()) > len((element.text or "").strip()):
        return element, rank
    for _ in range(_SOLE_CLIMB):
        parent = element.getparent()
        if parent is None or parent.tag in ("body", "html") or not _sole(parent, element):
            break
        element = parent
        rank = min(rank, _RANK.get(element.tag, LOWEST))
    return element, rank


def _sole(parent: Element, child: Element) -> bool:
    if (parent.text or "").strip() or (child.tail or "").strip(" \t\r\n\xa0:|.–—-"):
        return False
    for other in parent:
        if other is child:
            continue
        if (other.tail or "").strip() or (
            isinstance(other.tag, str) and other.tag not in SKIPPED and string_value(other).strip()
        ):
            return False
    return True


def rank_of(element: Element) -> int | None:
    """Rank of a heading element, 7 for a block that is all bold, None for anything else."""
    if element.tag in _RANK:
        return _RANK[element.tag]
    if element.get("role") == "heading":
        return 6
    if element.tag in ("dt", "th", "legend"):
        return LOWEST
    if element.tag in BLOCKS and len(element) and not (element.text or "").strip():
        children = [child for child in element if isinstance(child.tag, str)]
        solid = [c for c in children if string_value(c).strip()]
        if len(solid) == 1 and not (solid[0].tail or "").strip(" \xa0\r\n\t:"):
            only = solid[0]
            if only.tag in ("b", "strong"):
                return LOWEST
            return rank_of(only) if only.tag in BLOCKS or only.tag in _RANK else None
    return None
