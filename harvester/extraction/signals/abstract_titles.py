"""Reads the title that stands above an abstract in another language: what it translates is the article's title."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from harvester.extraction.document import Element, visible_text
from harvester.extraction.labels import label_of, named_language
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.title_blocks import title_text

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_TITLED = re.compile(r"(?:^|[\s_-])tit(?:le|re|ulo|olo|el)s?(?:$|[\s_-])", re.IGNORECASE)
_BEFORE = 4  # elements looked at before an abstract, and as many levels
_SHORT = 200  # characters of what may stand between a title and its abstract: authors, a kind of article
_SIGN = 25  # characters; a heading of fewer than three words and no more than these is a sign, not a title


def read(stated: Sequence[Signal]) -> Iterator[Signal]:
    """`visible:title.other` for the headings above the abstracts, where there are several; the article's own too."""
    abstracts = [one for one in stated if one.name == "abstract" and one.vocabulary in ("heading", "container")]
    for abstract in abstracts if len(abstracts) > 1 else ():
        heading = _heading_above(abstract.element)
        text = title_text(heading) if heading is not None else ""
        if heading is not None and text and not _is_sign(text):
            yield Signal("visible", "title.other", text, heading.get("lang"), heading)


def _heading_above(abstract: Element) -> Element | None:
    """The nearest heading before an abstract that is no label of a block, with nothing long between."""
    element = abstract
    for _ in range(_BEFORE):
        for before in islice(element.itersiblings(preceding=True), _BEFORE):
            if not isinstance(before.tag, str):
                continue
            text = visible_text(before)
            if before.tag in _HEADINGS or (before.tag == "p" and _TITLED.search(before.get("class") or "")):
                if label_of(text) is None:
                    return before
            elif len(text) > _SHORT or next(before.iter(*_HEADINGS), None) is not None:
                return None
        parent = element.getparent()
        if parent is None or parent.tag in ("body", "html"):
            return None
        element = parent
    return None


def _is_sign(text: str) -> bool:
    """True for `English version`, `Version française` and the like."""
    words = text.split()
    if len(words) < 3 and len(text) <= _SIGN and text.isascii():
        return True
    return len(words) <= 4 and any(named_language(word.strip("().:")) for word in words)
