"""Reads Dublin Core printed as it is stored: rows `dc.contributor.author | Quill, Amara | en` of a full item record."""

import re
from collections.abc import Iterator
from itertools import islice

from harvester.extraction.document import Document, Element, language_tag, visible_text
from harvester.extraction.signals.signal import Signal

_NAME = re.compile(r"^(?:dc|dcterms)\.([a-z]+(?:\.[a-z]+)*)$", re.IGNORECASE)
_MOST = 400  # rows
_LONGEST = 20_000  # characters of a value


def read(document: Document) -> list[Signal]:
    """Signals of vocabulary `dc` named as in metadata (`contributor.author`); a third cell is a language."""
    if b"\0dc." not in document.words or b">dc." not in document.markup:
        return []
    return [signal for row in islice(document.root.iter("tr"), _MOST) for signal in _row(row)]


def _row(row: Element) -> Iterator[Signal]:
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    if not 2 <= len(cells) <= 3:
        return
    name = _NAME.match(visible_text(cells[0]))
    value = visible_text(cells[1])
    if name and 0 < len(value) <= _LONGEST:
        language = language_tag(visible_text(cells[2])) if len(cells) == 3 else None
        yield Signal("dc", name[1].lower(), value, language, cells[1])
