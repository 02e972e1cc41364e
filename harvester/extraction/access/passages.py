"""The stretches of a page's text that may speak of access, found without reading the rest.

Only the blocks around the text nodes in which a stem stands are looked at.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree

from harvester.extraction.access.places import Place, Places
from harvester.extraction.access.selectors import plain_names
from harvester.extraction.access.words import beginning
from harvester.extraction.css import select
from harvester.extraction.document import BLOCKS, Document, Element

_TEXTS_BEFORE = etree.XPath("count(preceding::text())")
_TEXTS_COUNT = etree.XPath("count(descendant::text())")
_TITLE_LENGTH, _TITLE_WORDS, _HEADINGS = 12, 300, 60
_REACH = 40  # text nodes on either side of a hit that may belong to its sentence
_PASSAGE = 2_000  # characters of a passage
_HEAD_NODES = 1_500
HEAD_BEFORE, HEAD_AFTER = 500, 2_500  # characters around the title that count as the article's head


class Passage(NamedTuple):
    """Consecutive text of one block: `raw` stands unbroken in the string value of `block`."""

    raw: str
    block: Element
    place: Place
    nodes: tuple[str, ...]  # the text nodes it is made of
    at: int  # index of its first text node


class PageText:
    """All text nodes of the body in document order, with whose words they are."""

    def __init__(
        self,
        document: Document,
        *,
        excluded: Collection[Element] = (),
        outside: Sequence[str] = (),
        title: str | None = None,
        stops: Sequence[int] = (),
    ) -> None:
        self.document = document
        self._blocks: dict[Element, Element] = {}
        self._stops = stops
        self.body: Element = document.body
        self.title = _title_element(document.root, excluded, title)
        names, others = plain_names(tuple(outside))
        self.places = Places(
            self.title, excluded, [element for css in others for element in select(document, css)], names
        )
        self.texts = document.texts

    @cached_property
    def title_at(self) -> int | None:
        """Index of the title's first text node; None when the page shows no title."""
        return None if self.title is None else self.node_index(self.title)

    def indices_below(self, element: Element) -> Iterator[int]:
        """Indices of all text nodes below `element` that hold words."""
        first = self._texts_before(element)
        indices = range(max(first, 0), min(first + int(_TEXTS_COUNT(element)), len(self.texts)))
        return (index for index in indices if self.texts[index].strip())

    def node_index(self, element: Element) -> int:
        """Index of the first text node at or after the start of `element`."""
        return max(min(self._texts_before(element), len(self.texts)), 0)

    def _texts_before(self, element: Element) -> int:
        return int(_TEXTS_BEFORE(element)) - self._texts_before_body

    @cached_property
    def _texts_before_body(self) -> int:
        return int(_TEXTS_BEFORE(self.body))

    def in_head(self, index: int) -> bool:
        """Whether a text node stands close to the title, counted in characters without the spaces around nodes."""
        title = self.title_at
        if title is None or abs(index - title) > _HEAD_NODES:
            return False
        low, high = sorted((index, title))
        distance = sum(map(len, map(str.strip, self.texts[low:high])))
        return distance <= (HEAD_AFTER if index >= title else HEAD_BEFORE)

    @cached_property
    def speaking(self) -> list[Passage]:
        """The passages around the text nodes at `stops`, in order."""
        return self.passages(self._stops)

    @cached_property
    def _links(self) -> list[tuple[Element, str]]:
        links = self.body.iter("a") if self.body.tag == "body" else ()
        return [(link, address) for link in links if (address := link.get("href"))]

    def links(self, wanted: re.Pattern[str], most: int) -> list[Element]:
        """The first links of an HTML page's body in whose address `wanted` stands."""
        return [link for link, address in self._links if wanted.search(address)][:most]

    def around(self, at: int, before: int, after: int) -> tuple[str, str]:
        """Text nodes, one a line, before and from the one `at`: some `before` and `after` characters, across blocks."""
        left = "\n".join(map(str.strip, self.texts[max(at - _REACH, 0) : at]))
        right = "\n".join(text[:after].strip() for text in self.texts[at : at + _REACH])
        return left[-before:], right[:after]

    def passages(self, indices: Iterable[int]) -> list[Passage]:
        """The passages around the text nodes `indices`, each once, hidden and inadmissible ones too."""
        found: list[Passage] = []
        done = -1
        for index in indices:
            if index <= done:
                continue
            passage = self._passage(index)
            if passage is not None:
                found.append(passage)
                done = passage.at + len(passage.nodes) - 1
        return found

    def passages_in(self, element: Element) -> list[Passage]:
        """The one passage that all words in `element` are, wherever it stands."""
        texts = [text for text in element.itertext() if text.strip()]
        raw = " ".join(texts)[:_PASSAGE]
        return [Passage(raw, element, self.places.of(element), tuple(texts), self.node_index(element))] if raw else []

    def _parent(self, index: int) -> Element:
        text: Any = self.texts[index]
        parent = text.getparent()
        return parent.getparent() if text.is_tail else parent

    def _block(self, element: Element) -> Element:
        """`block_of`, remembered along the way: an attack nests deeper than it is wide."""
        way = []
        known = self._blocks.get(element)
        while known is None:
            way.append(element)
            parent = element.getparent()
            known = element if element.tag in BLOCKS or parent is None else self._blocks.get(parent)
            element = parent
        self._blocks.update(dict.fromkeys(way, known))
        return known

    def _passage(self, index: int) -> Passage | None:
        parent = self._parent(index)
        place = self.places.of(parent)
        if place >= Place.ELSEWHERE:
            return None
        block = self._block(parent)
        low = self._reach(index, block, place, -1)
        high = self._reach(index, block, place, 1) + 1
        nodes = tuple(self.texts[low:high])
        if len(nodes) == 1 and len(nodes[0]) > _PASSAGE:
            nodes = (nodes[0][:_PASSAGE],)
        return Passage("".join(nodes), block, place, nodes, low)

    def _reach(self, index: int, block: Element, place: Place, step: int) -> int:
        length = len(self.texts[index])
        for _ in range(_REACH):
            following = index + step
            if not 0 <= following < len(self.texts):
                break
            length += len(self.texts[following])
            if length > _PASSAGE or not self._is_part(following, block, place):
                break
            index = following
        return index

    def _is_part(self, index: int, block: Element, place: Place) -> bool:
        # A script or hidden words between two sentences stand in the block's string value: the passage ends there.
        if not self.texts[index]:
            return False
        parent = self._parent(index)
        return self._block(parent) is block and self.places.of(parent) <= place


def _title_element(root: Element, excluded: Collection[Element], title: str | None) -> Element | None:
    wanted = " ".join((title or "").casefold().split())[:60]
    if wanted:
        for heading in islice(root.iter("h1", "h2"), _HEADINGS):
            words = _words(heading)
            if words.startswith(wanted) or (len(words) > _TITLE_LENGTH and wanted.startswith(words)):
                return heading
    for element in excluded:
        if isinstance(element.tag, str) and element.tag in ("h1", "h2", "h3"):
            return element
    headings = islice(root.iter("h1", "h2"), _HEADINGS)
    firsts = [(heading, _words(heading)) for heading in headings if heading.tag == "h1"]
    if not firsts:
        return None
    heading, words = max(firsts, key=lambda pair: len(pair[1]))
    return heading if len(words) > _TITLE_LENGTH else None


def _words(heading: Element) -> str:
    return beginning(heading, _TITLE_WORDS).casefold()
