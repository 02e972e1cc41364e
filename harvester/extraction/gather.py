"""All that a page states: every reader of signals/, in one index."""

import re

from harvester.extraction.document import Document
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.signals import (
    abstract_titles,
    bylines,
    containers,
    headings,
    journal_names,
    json_ld,
    links,
    meta_tags,
    microdata,
    printed,
    raw_dublin_core,
    selectors,
    title_blocks,
    unlabelled,
    xml_records,
)
from harvester.extraction.signals.signal import Signal
from harvester.extraction.survey import Survey, survey
from harvester.model.source import Source


def _read(document: Document, source: Source, found: Survey) -> list[Signal]:
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
        *title_blocks.read(document),
        *headings.read(document, found.labelled, source.read.blocks),
    ]
    signals += containers.read(document, found, signals)
    return [*signals, *abstract_titles.read(signals), *raw_dublin_core.read(document)]


_KNOWN = {
    "doi": (("selector", "doi"), ("highwire", "doi"), ("prism", "doi"), ("fact", "doi")),
    "volume": (("selector", "volume"), ("highwire", "volume"), ("prism", "volume"), ("fact", "volume")),
    "pages": (("selector", "pages"), ("highwire", "firstpage"), ("prism", "startingpage"), ("fact", "pages")),
    "date": (("highwire", "publication_date"), ("highwire", "date"), ("highwire", "online_date"), ("dc", "date"),
             ("fact", "date.published"), ("json_ld", "datepublished")),
    "issn": (("selector", "issn"), ("highwire", "issn"), ("prism", "issn"), ("fact", "issn"), ("dc", "source.issn"),
             ("json_ld", "ispartof.issn"), ("json_ld", "ispartof.ispartof.issn")),
    "journal": (("selector", "journal"), ("bepress", "journal_title"), ("eprints", "publication"),
                ("json_ld", "ispartof.ispartof.ispartof.name"), ("json_ld", "ispartof.ispartof.name"),
                ("json_ld", "ispartof.name"), ("meta", "journal_title"), ("microdata", "ispartof.name"),
                ("highwire", "journal_title"), ("prism", "publicationname"), ("fact", "journal")),
}  # fmt: skip


_LAST_PAGES = (
    ("selector", "pages"), ("highwire", "lastpage"), ("prism", "endingpage"), ("fact", "pages"), ("highwire", "pages"),
    ("prism", "pagerange"), ("json_ld", "pageend"), ("json_ld", "pagination"),
)  # fmt: skip


_TITLES = (
    ("selector", "title"), ("highwire", "title"), ("visible", "title"), ("fact", "title"), ("opengraph", "title"),
)  # fmt: skip


_NAMED_AUTHORS = (
    ("selector", "authors"), ("highwire", "author"), ("highwire", "authors"), ("bepress", "author"), ("dc", "creator"),
    ("dc", "creator.personalname"), ("dc", "contributor.author"), ("dcterms", "creator"), ("eprints", "creators_name"),
    ("json_ld", "author"), ("json_ld", "creator"), ("microdata", "author"), ("meta", "authors"),
)  # fmt: skip


_ABSTRACTS = (
    ("selector", "abstract"), ("heading", "abstract"), ("container", "abstract"), ("highwire", "abstract"),
    ("dcterms", "abstract"), ("dc", "description.abstract"), ("dc", "description"), ("eprints", "abstract"),
    ("bepress", "abstract"), ("json_ld", "abstract"), ("microdata", "abstract"), ("meta", "abstract"),
)  # fmt: skip


def _is_numbered(known: frozenset[str], printed_ones: list[Signal], *, credited: bool) -> bool:
    """True if a DOI is stated, or authors with an ISSN or a volume of a named journal: not so the news and blogs."""
    stated = known | {signal.name.partition(".")[0] for signal in printed_ones}
    return "doi" in stated or (credited and ("issn" in stated or {"volume", "journal"} <= stated))


def signals_of(document: Document, source: Source) -> SignalIndex:
    """All Signals; the printed ones only for facts that nothing else states, near the title that was found."""
    if document.is_xml:  # what is printed around an article has no place in XML
        records = [*xml_records.read(document), *links.of_headers(document), *selectors.read(document, source.read)]
        return SignalIndex(records)
    found = survey(document)
    index = SignalIndex(_read(document, source, found))
    known = frozenset(
        field for field, keys in _KNOWN.items() if index.first(*keys) or (field == "date" and _has_date(index))
    )
    if not index.first(*_LAST_PAGES):  # of a first page alone, the range may be printed
        known -= {"pages"}
    title = index.first(*_TITLES)
    named, dated = (index.first(*_KNOWN[field]) if "volume" not in known else None for field in ("journal", "date"))
    more = printed.read(
        document,
        title.value if title else None,
        known,
        named.value if named else None,
        _year(dated.value) if dated else "",
    )
    if "journal" not in known:
        numbered = not known.isdisjoint(("volume", "issn")) or any(s.name in ("volume", "issn") for s in more)
        more += journal_names.read(document, title, numbered=numbered)
    credited = index.first(*_NAMED_AUTHORS) is not None or index.first(("fact", "authors")) is not None
    if index.first(*_NAMED_AUTHORS) is None:
        written = bylines.read(document, found.authors, index.first(("selector", "title"), ("visible", "title")))
        credited, more = credited or bool(written), more + written
    if index.first(*_ABSTRACTS) is None and _is_numbered(known, more, credited=credited):
        printed_at = index.first(("selector", "title"), ("visible", "title"))
        if printed_at is not None and printed_at.attribute is None:
            unnamed = unlabelled.read(printed_at.element, _descriptions(document))
            more += [*unnamed, *abstract_titles.read(unnamed)]
    return index.with_more(more)


def _descriptions(document: Document) -> list[str]:
    names = ("description", "og:description", "twitter:description")
    return [
        said.get("content", "")
        for _, said in document.meta_elements
        if (said.get("name") or said.get("property", "")).lower() in names
    ]


def _year(date: str) -> str:
    found = re.search(r"\b(?:19|20)\d\d(?!\d)", date)
    return found[0] if found else ""


def _has_date(index: SignalIndex) -> bool:
    return any(signal.vocabulary == "selector" and signal.name.startswith("date") for signal in index.all)
