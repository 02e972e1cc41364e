"""Reads an abstract that stands under the byline with no label and no named element.

Run only when nothing else holds an abstract and the page is numbered as an article: prose alone may be anything.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from harvester.extraction.document import Element, string_value
from harvester.extraction.labels import Label, inline_label, is_section, label_of
from harvester.extraction.languages import detect, same
from harvester.extraction.normalise.text import fold
from harvester.extraction.signals.bylines import leaves
from harvester.extraction.signals.signal import Signal
from harvester.model.record import Section

_BLOCKS = 40  # after the title; an abstract further off has a label
_SHORTEST, _LONGEST = 150, 4000  # characters of an abstract
_MOST = 2  # paragraphs of one without sections
_BEGUN = 50  # characters of a description that prove what begins so
_FEWEST = 3  # labelled parts that prove a structured one
_PART = re.compile(r"^([^\W\d_][\w ,/&’'-]{1,40}?)\s*[:：.]\s+(\S.{20,})$", re.DOTALL)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "header"))
_OF_THE_SITE = frozenset(("tag", "tags", "index"))  # what a news page prints under its text, too


class _Block(NamedTuple):
    element: Element
    text: str


def read(title: Element, descriptions: Sequence[str] = ()) -> list[Signal]:
    """Signals `container:abstract` from blocks after the printed title: labelled parts, prose before keywords, or prose
    that begins as the `descriptions` of the metadata do, which are cut."""
    blocks = list(_blocks(title))
    return _structured(blocks) or _before_keywords(blocks) or _described(blocks, descriptions)


def _blocks(title: Element) -> Iterator[_Block]:
    """The blocks after the title; a heading that opens a section ends them."""
    element, left = title, _BLOCKS
    for _ in range(4):
        for sibling in islice(element.itersiblings(), _BLOCKS):
            for leaf in leaves(sibling) if isinstance(sibling.tag, str) else ():
                text = " ".join(string_value(leaf).split())
                if left <= 0 or (leaf.tag in _HEADINGS and (is_section(text) or _is_stop(text))):
                    return
                if text and leaf.tag not in ("script", "style", "nav", "form"):
                    left -= 1
                    yield _Block(leaf, text)
        parent = element.getparent()
        if parent is None or parent.tag in ("body", "html"):
            return
        element = parent


def _is_stop(text: str) -> bool:
    label = label_of(text)
    return label is not None and label.kind == "stop"


def _described(blocks: list[_Block], descriptions: Sequence[str]) -> list[Signal]:
    begun = [" ".join(text.split()).rstrip(" .\u2026") for text in descriptions]
    for block in blocks:
        if _is_prose(block) and any(len(each) >= _BEGUN and block.text.startswith(each) for each in begun):
            return _signal([block], ())
    return []


def _structured(blocks: list[_Block]) -> list[Signal]:
    """Consecutive paragraphs that begin with different labels of an abstract's parts."""
    run: list[tuple[_Block, Section]] = []
    for block in blocks:
        found = _PART.match(block.text)
        if found and is_section(found[1]):
            run.append((block, Section(label=found[1], text=found[2])))
        elif len(run) >= _FEWEST:
            break
        else:
            run = []
    labels = {fold(section.label or "") for _, section in run}
    if len(labels) < _FEWEST or len(labels) < len(run):
        return []
    return _signal([block for block, _ in run], tuple(section for _, section in run))


def _before_keywords(blocks: list[_Block]) -> list[Signal]:
    """The one or two paragraphs of prose right before each labelled list of keywords.

    So too where the title in the second one's language stands between two.
    """
    signals: list[Signal] = []
    run: list[_Block] = []
    before: list[_Block] = []
    for block in blocks:
        if _is_prose(block):
            run.append(block)
        elif run and (label := _label(block.text)) and label.kind == "keywords":
            if len(run) > _MOST or (before and not _translates(run, before)):
                return []
            signals.extend([*_signal(before, ()), *_signal(run, ())])
            run, before = [], []
        elif run and not before and len(run) <= _MOST and block.element.tag in _HEADINGS:
            run, before = [], run
        elif run:
            return signals
    return signals


def _translates(run: list[_Block], before: list[_Block]) -> bool:
    one, other = detect(run[0].text), detect(before[0].text)
    return one is not None and other is not None and not same(one.language, other.language)


def _label(text: str) -> Label | None:
    found = inline_label().match(text[:200])
    word = found[1] if found else text
    return label_of(word) if fold(word) not in _OF_THE_SITE else None


def _is_prose(block: _Block) -> bool:
    if len(block.text) < _SHORTEST or block.element.tag in _HEADINGS or _label(block.text):
        return False
    sentences = [part for part in re.split(r"(?<=[.!?。])\s+", block.text) if len(part.split()) >= 6]
    links = sum(len(string_value(link)) for link in block.element.iter("a"))
    return len(sentences) >= 2 and block.text.endswith((".", "!", "?", "»", ")", "…")) and links < 0.2 * len(block.text)


def _signal(run: list[_Block], sections: tuple[Section, ...]) -> list[Signal]:
    text = " ".join([block.text for block in run])
    if not _SHORTEST <= len(text) <= _LONGEST:
        return []
    first = run[0]
    return [Signal("container", "abstract", text, None, first.element, None, first.text, (), sections)]
