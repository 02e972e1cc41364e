"""The stretches of a page's text that may speak of access, found without reading the rest.

Only the blocks around the text nodes in which a stem stands are looked at.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, NamedTuple, cast

from lxml import etree

from harvester.extraction.access.places import Place, Places
from harvester.extraction.access.selectors import plain_names
from harvester.extraction.access.words import beginning
from harvester.extraction.css import select
from harvester.extraction.document import BLOCKS, Document, Element

_LOCATED_TEXTS = etree.XPath("descendant::text()")
_TEXTS_BEFORE = etree.XPath("count(preceding::text())")
_TEXTS_COUNT = etree.XPath("count(descendant::text())")
_LARGE_BLOCK = 120  # text nodes
_TITLE_LENGTH, _TITLE_WORDS, _HEADINGS = 12, 300, 60
_LOCATED_ONE_BY_ONE = 80  # text nodes; for more it is cheaper to locate all
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
        root = document.root
        self.document = document
        self._blocks: dict[Element, Element] = {}
        self._stops = stops
        self.body: Element = document.body
        self.title = _title_element(root, excluded, title)
        names, others = plain_names(tuple(outside))
        self.places = Places(
            self.title, excluded, [element for css in others for element in select(document, css)], names
        )
        self.texts = document.texts
        self._found: dict[int, Any] = {}  # text nodes that know their element, by index
        self._spans: dict[Element, range] = {}
        self._lookups = 0

    @cached_property
    def title_at(self) -> int | None:
        """Index of the title's first text node; None when the page shows no title."""
        return None if self.title is None else self.node_index(self.title)

    def indices_below(self, element: Element) -> Iterator[int]:
        """Indices of all text nodes below `element` that hold words."""
        index = self._texts_before(element)
        for text in _LOCATED_TEXTS(element):
            if 0 <= index < len(self.texts) and self.texts[index].strip():
                self._found[index] = text
                yield index
            index += 1

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

    def links(self, parts: Sequence[str], most: int) -> list[Element]:
        """The first links of an HTML page's body in whose address one of `parts` stands."""
        fitting = (link for link, address in self._addresses if any(part in address for part in parts))
        return list(islice(fitting, most))

    @cached_property
    def _addresses(self) -> list[tuple[Element, str]]:
        links = self.body.iter("a") if self.body.tag == "body" else ()
        return [(link, address) for link in links if (address := link.get("href"))]

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

    def _text_at(self, index: int) -> Any:
        text = self._found.get(index)
        if text is None:
            self._lookups += 1
            many = self._lookups > _LOCATED_ONE_BY_ONE
            text = self._found[index] = self._located[index] if many else _text_node(index + 1)(self.body)[0]
        return text

    def _parent(self, index: int) -> Element:
        text = self._text_at(index)
        parent = text.getparent()
        return parent.getparent() if text.is_tail else parent

    def _span(self, block: Element, index: int) -> range:
        """Where a block's text nodes are, one of them being at `index`; a large block's may be anywhere."""
        span = self._spans.get(block)
        if span is None:
            span = range(len(self.texts))
            if _TEXTS_COUNT(block) <= _LARGE_BLOCK:
                text, nodes = self._text_at(index), _LOCATED_TEXTS(block)
                start = index - [(one.getparent(), one.is_tail) for one in nodes].index(
                    (text.getparent(), text.is_tail)
                )
                span = range(start, start + len(nodes))
                self._found.update(zip(span, nodes, strict=True))
            self._spans[block] = span
        return span

    @cached_property
    def _located(self) -> list[Any]:
        """The text nodes as strings that know their element."""
        return cast(list[Any], _LOCATED_TEXTS(self.body))

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
        span = self._span(block, index)
        low = self._reach(index, block, place, span, -1)
        high = self._reach(index, block, place, span, 1) + 1
        nodes = tuple(self.texts[low:high])
        if len(nodes) == 1 and len(nodes[0]) > _PASSAGE:
            nodes = (nodes[0][:_PASSAGE],)
        return Passage("".join(nodes), block, place, nodes, low)

    def _reach(self, index: int, block: Element, place: Place, span: range, step: int) -> int:
        length = len(self.texts[index])
        for _ in range(_REACH):
            following = index + step
            if following not in span:
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
        return self.places.of(parent) <= place and self._block(parent) is block


@lru_cache(maxsize=2_000)
def _text_node(number: int) -> etree.XPath:
    # A number written out lets libxml2 stop there; a variable or a comparison would have it visit the whole page.
    return etree.XPath(f"descendant::text()[{number}]")


def _title_element(root: Element, excluded: Collection[Element], title: str | None) -> Element | None:
    headings = list(islice(root.iter("h1", "h2"), _HEADINGS))
    wanted = " ".join((title or "").casefold().split())[:60]
    if wanted:
        for heading in headings:
            words = _words(heading)
            if words.startswith(wanted) or (len(words) > _TITLE_LENGTH and wanted.startswith(words)):
                return heading
    for element in excluded:
        if isinstance(element.tag, str) and element.tag in ("h1", "h2", "h3"):
            return element
    firsts = [(heading, _words(heading)) for heading in headings if heading.tag == "h1"]
    if not firsts:
        return None
    heading, words = max(firsts, key=lambda pair: len(pair[1]))
    return heading if len(words) > _TITLE_LENGTH else None


def _words(heading: Element) -> str:
    return beginning(heading, _TITLE_WORDS).casefold()
