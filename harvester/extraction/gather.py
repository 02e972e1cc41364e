"""All that a page states: every reader of signals/, in one index."""

from harvester.extraction.document import Document
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.fields.titles import visible_signals
from harvester.extraction.signals import (
    containers,
    headings,
    json_ld,
    links,
    meta_tags,
    microdata,
    printed,
    selectors,
    xml_records,
)
from harvester.extraction.signals.signal import Signal
from harvester.extraction.survey import survey
from harvester.model.source import Source


def _read(document: Document, source: Source) -> list[Signal]:
    if document.is_xml:
        return [*xml_records.read(document), *links.of_headers(document), *selectors.read(document, source.read)]
    found = survey(document)
    items, of_items = microdata.read(document)
    metas = meta_tags.read(document)
    if of_items:  # what stands in an article's item is said of that article
        metas = [meta for meta in metas if meta.vocabulary != "itemprop" or meta.element not in of_items]
    signals = [
        *metas,
        *links.read(document),
        *json_ld.read(document),
        *items,
        *selectors.read(document, source.read),
        *visible_signals(document),
        *headings.read(document, found.labelled, source.read.blocks),
    ]
    return [*signals, *containers.read(document, found, signals)]


_KNOWN = {
    "doi": (("selector", "doi"), ("highwire", "doi"), ("prism", "doi"), ("fact", "doi")),
    "volume": (("selector", "volume"), ("highwire", "volume"), ("prism", "volume"), ("fact", "volume")),
    "pages": (("selector", "pages"), ("highwire", "firstpage"), ("prism", "startingpage"), ("fact", "pages")),
    "date": (("highwire", "publication_date"), ("highwire", "date"), ("highwire", "online_date"), ("dc", "date"),
             ("fact", "date.published"), ("json_ld", "datepublished")),
    "issn": (("selector", "issn"), ("highwire", "issn"), ("prism", "issn"), ("fact", "issn"), ("dc", "source.issn"),
             ("json_ld", "ispartof.issn"), ("json_ld", "ispartof.ispartof.issn")),
    "journal": (("selector", "journal"), ("highwire", "journal_title"), ("prism", "publicationname"),
                ("fact", "journal")),
}  # fmt: skip


def signals_of(document: Document, source: Source) -> SignalIndex:
    """All Signals; the printed ones only for facts that nothing else states, near the title that was found."""
    index = SignalIndex(_read(document, source))
    if document.is_xml:
        return index  # what is printed around an article has no place in XML
    known = frozenset(
        field for field, keys in _KNOWN.items() if index.first(*keys) or (field == "date" and _has_date(index))
    )
    title = index.first(("selector", "title"), ("highwire", "title"), ("visible", "title"), ("opengraph", "title"))
    return SignalIndex([*index.all, *printed.read(document, title.value if title else None, known)])


def _has_date(index: SignalIndex) -> bool:
    return any(signal.vocabulary == "selector" and signal.name.startswith("date") for signal in index.all)
