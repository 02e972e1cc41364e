"""Reads labelled blocks: Résumé | Summary | Mots clés ..., the label a heading, bold, a cell, or glued into text.

One pass per region: from a label on, text belongs to the open block until another label, a heading of the same rank, a
rule, or the end of the region closes it. So two abstracts glued together part where the second one's label stands.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from harvester.extraction.css import within
from harvester.extraction.document import Document, Element, block_of, string_value
from harvester.extraction.labels import Label, inline_label, is_section, label_of, may_begin_with_inline_label
from harvester.extraction.memo import Memo
from harvester.extraction.normalise.keywords import split_keywords
from harvester.extraction.normalise.text import fold
from harvester.extraction.signals.facts import Fact, fact_at, fact_said, read_fact
from harvester.extraction.signals.keyword_blocks import keyword_items, keyword_items_inside
from harvester.extraction.signals.label_places import Start, beside, climb, form_around, in_navigation, is_big
from harvester.extraction.signals.regions import Block, Closed, RegionReader
from harvester.extraction.signals.selectors import find
from harvester.extraction.signals.signal import Signal
from harvester.extraction.survey import labelled
from harvester.model.source import SelectorRule

_CONTENTS = "sommario"  # an abstract in some journals, in others what the article holds
_OUTLINE = re.compile(r"\W*(?:1|I)\s?[.)]\s.{3,120}?\W(?:2|II)\s?[.)]\s", re.DOTALL)
_SHORT = 60  # characters of a text that may be nothing but a label
Carriers = Sequence[tuple[Element, str]]  # elements with their own text, which may begin with a label


def read(document: Document, carriers: Carriers, rules: Sequence[SelectorRule] = ()) -> list[Signal]:
    """Signals `abstract`, `lay`, `graphical`, `highlights`, `keywords` with the label's language.

    `carriers` are those of the page's body. With `rules` (a Source's `read.blocks`) only the containers they find are
    read, if there are any.
    """
    if document.root.find("body") is None:
        return []
    seen: set[Element] = set()
    signals: list[Signal] = []
    for rule in rules:
        for root in find(document, rule):
            seen.update(e for css in rule.drop for e in within(css)(root))
            signals.extend(_read_all(labelled(root), seen))
    return signals or _read_all(carriers, seen)


def prose_of(element: Element) -> list[Signal]:
    """The abstract an element holds that is named one, read like a labelled block: labels, keywords and tabs left out.

    A heading before any text is the title in that language, not a part of the abstract. What declares another language
    or has its label is an abstract of its own.
    """
    reader = RegionReader(set())
    reader.open(Label("abstract", None, False), 0, element, element)
    try:
        reader.text(element.text, element)
        reader.children(element)
    except Closed:
        pass
    blocks = [block for block in reader.blocks if block.label.kind == "abstract" and block.first]
    best = max(blocks, key=lambda block: block.size, default=None)
    signals: list[Signal] = []
    for block in blocks:
        if block is best or block.label.language:
            block.pieces = [(label if label and is_section(label) else None, parts) for label, parts in block.pieces]
            signals.extend(_signal(block))
    return [signal._replace(vocabulary="container", language=None) for signal in signals]


def _read_all(carriers: Carriers, seen: set[Element]) -> list[Signal]:
    signals: list[Signal] = []
    for start in _starts(carriers):
        if start.element in seen:
            continue
        if isinstance(start, Fact):
            signals.extend(read_fact(start))
            continue
        for block in _read_region(start, seen):
            signals.extend(_signal(block))
    return signals


def _starts(carriers: Carriers) -> Iterator[Start | Fact]:
    tells = Memo(is_big)
    for element, text in carriers:
        stripped = text.strip()
        if len(stripped) <= _SHORT and not _may_label(stripped):
            continue
        found = _label_at(element, text, stripped) if element.tag != "br" else None
        if found and found.label.kind != "stop":
            if not in_navigation(element) and not beside(element):
                yield found
        elif (fact := fact_at(element, stripped)) and ((form := form_around(element)) is None or tells[form]):
            yield fact


@lru_cache(maxsize=8192)  # links and buttons of a site's pages say the same
def _may_label(stripped: str) -> bool:
    """False if words are no label of a block or a fact, neither alone nor with others after them."""
    return bool(label_of(stripped) or may_begin_with_inline_label(stripped) or fact_said(stripped))


def _label_at(element: Element, text: str, stripped: str) -> Start | None:
    if len(stripped) <= _SHORT and (label := label_of(stripped)):
        return Start(element, label, None)
    head = text[:400].lstrip()
    match = inline_label().match(head) if may_begin_with_inline_label(head) else None
    if match and (label := label_of(match[1])):
        return Start(element, label, match.end() + len(text) - len(text.lstrip()))
    return None


def _read_region(start: Start, seen: set[Element]) -> list[Block]:
    anchor, rank = climb(start)
    scope = anchor.getparent()
    if scope is None:
        return []
    reader = RegionReader(seen)
    reader.open(start.label, rank, scope, start.element)
    if start.label.kind == "keywords" and start.end is None and reader.current:
        reader.current.items = keyword_items_inside(start.element) or keyword_items(anchor)
        return reader.blocks
    try:
        if start.end is not None:
            reader.text((start.element.text or "")[start.end :], start.element)
        if start.element is anchor and (start.end is not None or len(anchor)):
            reader.children(anchor)
            if reader.has_content():  # the label leads its own block: the block is the region
                return reader.finish(anchor)
        reader.after(anchor, scope)
        for _ in range(3):
            if reader.has_content() or scope.getparent() is None or scope.tag == "body":
                break
            anchor, scope = scope, scope.getparent()
            reader.after(anchor, scope)
    except Closed:
        pass
    return reader.finish(scope)


def _signal(block: Block) -> Iterator[Signal]:
    language = block.label.language if block.label.proves else None
    if block.items:
        items = block.items
        yield Signal(
            "heading", "keywords", "; ".join(items.items), language, items.element, None, items.quote, items.items
        )
        return
    if block.first is None:
        return
    element, quote = block.first
    carrier = element if quote in string_value(element) else block_of(element)
    if block.label.kind == "keywords":
        words = tuple(split_keywords("".join("".join(parts) for _, parts in block.pieces)))
        yield Signal("heading", "keywords", "; ".join(words), language, carrier, None, quote, words)
        return
    sections = block.sections()
    if (
        len(sections) == 1
        and fold(string_value(block.anchor)[:_SHORT]).startswith(_CONTENTS)
        and _OUTLINE.match(sections[0].text)
    ):
        return
    value = " ".join([f"{part.label} {part.text}" if part.label else part.text for part in sections])
    labelled = tuple(sections) if any(section.label for section in sections) else ()
    yield Signal("heading", block.label.kind, value, language, carrier, None, quote, (), labelled)
