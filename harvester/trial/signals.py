"""What of all that a page states speaks of which field."""

import re
from collections.abc import Sequence

from harvester.extraction.signals.signal import Signal

_FIELDS = {  # field: names of signals that speak of it, whatever their vocabulary
    "titles": r"title|title\.other|title\.translated|headline|alternativeheadline|title\.alternative|alternative",
    "abstracts": r"abstract|description|lay|graphical|highlights",
    "keywords": r"keywords?|subject|about|article:tag",
    "contributors": r"authors?|creator|contributor|author\.name|byline",
    "journal": r"journal|journal_title|publicationname|publication|(?:ispartof\.)+name|relation\.ispartof|source",
    "issn": r"issn(?:\.\w+)?|source\.issn|(?:ispartof\.)+issn|eissn",
    "publisher": r"publisher(?:\.name)?",
    "volume": r"volume|source\.volume|(?:ispartof\.)*volumenumber",
    "issue": r"issue|number|source\.issue|(?:ispartof\.)*issuenumber",
    "pages": r"pages|firstpage|startingpage|pagerange|pagination|pagestart|identifier\.pagenumber",
    "dates": r"date.*|publication_date|online_date|published.*|issued|available|created|modified",
    "doi": r"doi|identifier(?:\.doi|\.value)?|cite-as|sameas|id",
}
_NAMES = {field: re.compile(pattern) for field, pattern in _FIELDS.items()}
FIELDS = tuple(_FIELDS)


def about(field: str, signals: Sequence[Signal]) -> list[Signal]:
    """The Signals that speak of a field."""
    return [one for one in signals if _NAMES[field].fullmatch(one.name.partition("@")[0])]
