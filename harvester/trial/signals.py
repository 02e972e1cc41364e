"""All that a page states, by vocabulary, and what of it speaks of which field."""

import re
from collections.abc import Sequence

from harvester.extraction.document import Document
from harvester.extraction.fields.titles import visible_signals
from harvester.extraction.signals import containers, headings, json_ld, links, meta_tags, selectors
from harvester.extraction.signals.signal import Signal
from harvester.extraction.survey import survey
from harvester.model.source import Detect, Platform, Source

_FIELDS = {  # field: names of signals that speak of it, whatever their vocabulary
    "titles": r"title|title\.other|headline|alternativeheadline|title\.alternative|alternative",
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


def signals_of(document: Document, source: Source) -> list[Signal]:
    """Every Signal of the page under the rules of `source`, in order of vocabulary."""
    found = survey(document)
    return [
        *selectors.read(document, source.read),
        *meta_tags.read(document),
        *json_ld.read(document),
        *links.read(document),
        *visible_signals(document),
        *headings.read(document, found.labelled, source.read.blocks),
        *containers.read(document, found),
    ]


def about(field: str, signals: Sequence[Signal]) -> list[Signal]:
    """The Signals that speak of a field."""
    return [one for one in signals if _NAMES[field].fullmatch(one.name.partition("@")[0])]


def recognised(document: Document, fingerprints: Sequence[tuple[Detect, Platform]]) -> Platform | None:
    """The first platform all of whose marks stand on the page."""
    return next((platform for detect, platform in fingerprints if _stands(document, detect)), None)


def _stands(document: Document, detect: Detect) -> bool:
    generators = document.root.xpath("//meta[@name='generator' or @name='Generator']/@content")
    if detect.generator and not any(re.search(detect.generator, said) for said in generators):
        return False
    return all(selectors.compiled(css, None)(document.root) for css in detect.elements)
