"""ORCID iDs that a page prints as links: each is of the author in whose entry, or behind whose name, it stands."""

from collections.abc import Iterator, Sequence
from itertools import islice

from lxml import etree

from harvester.extraction.access.words import beginning
from harvester.extraction.document import Document, Element
from harvester.extraction.normalise.identifiers import orcid
from harvester.extraction.normalise.text import fold

_ADDRESS = "orcid.org/"
_LINKS = etree.XPath(f"descendant::a[contains(@href, '{_ADDRESS}')]")
_MOST, _CLIMB, _ENTRY = 300, 5, 400  # links; ancestors of one; characters of an author's entry


def printed_ids(document: Document, names: Sequence[tuple[str, str]]) -> dict[int, str]:
    """ORCID iD by index into `names`, pairs of family and given name; nothing where a link may be of two people."""
    if _ADDRESS.encode() not in document.page.body:
        return {}
    wanted = [(f" {fold(family)} ", fold(given).partition(" ")[0]) for family, given in names]
    found: dict[int, str] = {}
    for link in _LINKS(document.body)[:_MOST]:
        identifier = orcid(link.get("href", ""))
        owner = _owner(link, wanted) if identifier else None
        if identifier and owner is not None:
            found.setdefault(owner, identifier)
    return found if len(set(found.values())) == len(found) else {}


def _owner(link: Element, wanted: Sequence[tuple[str, str]]) -> int | None:
    for entry in islice(link.iterancestors(), _CLIMB):
        words = beginning(entry, _ENTRY + 1)
        if len(words) > _ENTRY:
            return None
        named = [*_named(f" {fold(words)} ", wanted)]
        if len(named) == 1:
            others = [one for one in islice(entry.iter("a"), _MOST) if one is not link and _is_id(one)]
            return (
                None if any(orcid(one.get("href", "")) != orcid(link.get("href", "")) for one in others) else named[0]
            )
        if named:
            return _behind(link, entry, wanted)
    return None


def _named(words: str, wanted: Sequence[tuple[str, str]]) -> Iterator[int]:
    """The people of whom both names stand in some words; of a given name an initial is enough, or none."""
    for index, (family, given) in enumerate(wanted):
        if family.strip() and family in words and (not given or f" {given}" in words or f" {given[0]} " in words):
            yield index


def _is_id(link: Element) -> bool:
    return _ADDRESS in (link.get("href") or "")


def _behind(link: Element, entry: Element, wanted: Sequence[tuple[str, str]]) -> int | None:
    """Whose name stands last before a link, since the link before it; None where the links stand before the names."""
    stretches = [""]
    own = -1
    for event, element in islice(etree.iterwalk(entry, events=("start", "end")), 4 * _ENTRY):
        if event == "end":
            stretches[-1] += f" {element.tail or ''}" if element is not entry else ""
        elif element.tag == "a" and _is_id(element):
            own = len(stretches) - 1 if element is link else own
            stretches.append("")
        elif isinstance(element.tag, str):
            stretches[-1] += f" {element.text or ''}"
    first, before = (f" {fold(stretches[place])} " for place in (0, max(own, 0)))
    if own < 0 or next(_named(first, wanted), None) is None:
        return None
    places = sorted((before.rfind(wanted[one][0]), one) for one in _named(before, wanted))
    return places[-1][1] if places and (len(places) == 1 or places[-1][0] > places[-2][0]) else None
