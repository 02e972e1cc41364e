"""The container: journal titles, ISSNs, publisher, volume, issue, pages or article number."""

import re
from collections.abc import Callable

from harvester.extraction.document import Document
from harvester.extraction.fields.choose import Rank, SignalIndex, choices
from harvester.extraction.normalise.identifiers import issn
from harvester.extraction.normalise.text import fold, tidy
from harvester.model.record import Container, Issn
from harvester.model.signal import Evidence
from harvester.model.source import Journal

_JOURNAL: Rank = {
    ("selector", "journal"): 200,
    ("jats", "journal"): 130,
    ("highwire", "journal_title"): 120,
    ("bepress", "journal_title"): 118,
    ("eprints", "publication"): 110,
    ("prism", "publicationname"): 105,
    ("json_ld", "ispartof.ispartof.ispartof.name"): 100,
    ("json_ld", "ispartof.ispartof.name"): 100,
    ("json_ld", "ispartof.name"): 90,
    ("meta", "journal_title"): 80,
    ("fact", "journal"): 70,
    ("printed", "journal"): 40,
    ("printed", "site"): 30,
    ("dc", "source"): 50,
    ("dc", "relation.ispartof"): 60,
    ("dcterms", "ispartof"): 55,
    ("highwire", "conference_title"): 45,
    ("highwire", "inbook_title"): 44,
}
_PUBLISHER: Rank = {
    ("selector", "publisher"): 200,
    ("jats", "publisher"): 120,
    ("highwire", "publisher"): 110,
    ("json_ld", "publisher.name"): 90,
    ("dc", "publisher"): 100,
    ("prism", "publisher"): 80,
    ("fact", "publisher"): 60,
}
_VOLUME: Rank = {
    ("selector", "volume"): 200,
    ("jats", "volume"): 130,
    ("highwire", "volume"): 120,
    ("bepress", "volume"): 118,
    ("eprints", "volume"): 110,
    ("prism", "volume"): 105,
    ("dc", "source.volume"): 100,
    ("meta", "volume"): 70,
    ("json_ld", "ispartof.volumenumber"): 95,
    ("json_ld", "ispartof.ispartof.volumenumber"): 95,
    ("json_ld", "volumenumber"): 90,
    ("fact", "volume"): 60,
    ("printed", "volume"): 50,
}
_ISSUE: Rank = {
    ("selector", "issue"): 200,
    ("jats", "issue"): 130,
    ("highwire", "issue"): 120,
    ("bepress", "issue"): 118,
    ("eprints", "number"): 110,
    ("prism", "number"): 105,
    ("prism", "issue"): 100,
    ("dc", "source.issue"): 100,
    ("meta", "issue"): 70,
    ("json_ld", "ispartof.issuenumber"): 95,
    ("json_ld", "issuenumber"): 90,
    ("fact", "issue"): 60,
    ("printed", "issue"): 50,
}
_PAGES: Rank = {
    ("selector", "pages"): 200,
    ("jats", "pages"): 130,
    ("highwire", "pages"): 90,
    ("prism", "pagerange"): 80,
    ("eprints", "pagerange"): 80,
    ("dc", "identifier.pagenumber"): 80,
    ("json_ld", "pagination"): 75,
    ("fact", "pages"): 60,
    ("printed", "pages"): 50,
}
_FIRST: Rank = {
    ("jats", "first"): 130,
    ("highwire", "firstpage"): 120,
    ("bepress", "firstpage"): 118,
    ("prism", "startingpage"): 105,
    ("json_ld", "pagestart"): 95,
}
_LAST: Rank = {
    ("jats", "last"): 130,
    ("highwire", "lastpage"): 120,
    ("bepress", "lastpage"): 118,
    ("prism", "endingpage"): 105,
    ("json_ld", "pageend"): 95,
}
_NUMBER: Rank = {("jats", "article_number"): 130, ("highwire", "article_number"): 120, ("json_ld", "articlenumber"): 95}
_ISSN_KINDS = {
    ("selector", "issn"): "unknown",
    ("selector", "issn.print"): "print",
    ("selector", "issn.electronic"): "electronic",
    ("jats", "issn"): "unknown",
    ("jats", "issn.print"): "print",
    ("jats", "issn.electronic"): "electronic",
    ("jats", "issn.linking"): "linking",
    ("highwire", "issn"): "unknown",
    ("bepress", "issn"): "unknown",
    ("eprints", "issn"): "unknown",
    ("prism", "issn"): "print",
    ("prism", "eissn"): "electronic",
    ("prism", "e_issn"): "electronic",
    ("highwire", "eissn"): "electronic",
    ("dc", "source.issn"): "unknown",
    ("dc", "source"): "unknown",
    ("dcterms", "ispartof"): "unknown",
    ("fact", "issn"): "unknown",
    ("printed", "issn"): "unknown",
    ("printed", "issn.print"): "print",
    ("printed", "issn.electronic"): "electronic",
    ("json_ld", "ispartof.issn"): "unknown",
    ("json_ld", "ispartof.ispartof.issn"): "unknown",
    ("json_ld", "ispartof.ispartof.ispartof.issn"): "unknown",
    ("microdata", "ispartof.issn"): "unknown",
    ("microdata", "ispartof.ispartof.issn"): "unknown",
    ("microdata", "ispartof.ispartof.ispartof.issn"): "unknown",
}
_PERHAPS_ISSN = (("dc", "source"), ("dcterms", "ispartof"))
_NAMES_ISSN = re.compile(r"issn|^\s*\d{4}-\d{3}[\dXx]\s*$", re.IGNORECASE)
_PARTS = re.compile(r"[,;\s]+")
_IN_BRACKETS = re.compile(r"\s*\[\d{4}.*$")  # "Journal [2009, 85 Suppl 1], pp72-80"
_NUMBERS = re.compile(
    r"\s*[;,/]?\s*(?:Vol(?:ume)?\.?\s*\d.*|\(\d{4}\)|\d+\(\d+\).*|(?:Ausgabe|Heft|N[°º]|Numéro|Núm)\.?\s*\d.*|(?:19|20)\d\d\s*;\s*\d.*|(?<=,\s)(?:19|20)\d\d)$"
)
_NO_NAME = re.compile(r"^(?:https?:|doi:|10\.\d{4}|urn:|info:|\d{4}-\d{3}[\dX]$|www\.)")
_NUMBER_WORD = re.compile(
    r"^(?:vol(?:ume)?|no|n[°º]|num(?:ber|éro)?|issue|tome|band|bd|heft|iss)\.?\s*(?=[\w])", re.IGNORECASE
)
_PAGE_WORD = re.compile(r"^(?:pages?\s*|pp?\.?\s*|s\.\s*)(?=\w)", re.IGNORECASE)
_DASHES = re.compile(r"\s*[-‐‑–—]+\s*")
_RANGE = re.compile(r"^[A-Za-z]{0,4}\d+[\w.-]*(?:-[\w.]+)?$")
_NUMERAL = re.compile(r"\d|^[IVXLCDM]+$|\b(?:suppl|spec|hors)", re.IGNORECASE)
# "Volume 25, Number 10 - 5 October 2020" beside the label Issue.
_NUMBERED = re.compile(
    r"\bvol(?:ume)?\.?\s*\w+\s*[,;]?\s*(?:issues?|numbers?|nos?|n[°º]s?|num[ée]ros?)\.?\s*(\d[\w/–-]*|suppl\w*|[ivxlc]+\b)",
    re.IGNORECASE,
)
_PACKED = re.compile(r"v(?P<volume>\d{1,4}) n(?P<issue>[\w/-]{1,10})(?: p?p(?P<pages>\d[\w-]*))?(?: |$)")
_IN_VOLUME = {("highwire", "volume"): 10}
_WHOLE_VOLUME = re.compile(r"vol(?:ume|\.)?\s*\w+(?:\s*[,(]?\s*(?:1[89]|20)\d\d\)?)?$", re.IGNORECASE)
_EMPTY = re.compile(r"^(?:ahead.?of.?print|in press|n/?a|null|undefined|none|0+|-+)$", re.IGNORECASE)


def choose_container(document: Document, index: SignalIndex, journals: tuple[Journal, ...] = ()) -> Container:
    """The container as the page states it; `journals` (of the Source) add the ISSNs of a journal named on the page."""
    evidence: dict[str, tuple[Evidence, ...]] = {}

    def best(field: str, table: Rank, normal: object = None) -> str | None:
        ranked = index.ranked(table)
        found = choices(ranked, normal or _plain, key=_loose) if ranked else None  # type: ignore[arg-type]
        if not found:
            return None
        evidence[field] = found[0].evidence(document, 2)
        return found[0].value

    titles = _titles(document, index, evidence)
    declared = next((j for j in journals if fold(j.title) in {fold(title) for title in titles.values()}), None)
    volume = best("volume", _VOLUME, _number)
    issue = best("issue", _ISSUE, _issue_number) or best("issue", _IN_VOLUME, _packed("issue"))
    stated = best("pages", _PAGES, _page_range) or best("pages", _IN_VOLUME, _packed("pages"))
    pages = _pages(stated, best("first", _FIRST), best("last", _LAST))
    if pages and "first" in evidence and pages != stated:
        evidence["pages"] = (*evidence["first"], *evidence.get("last", ()))
    evidence.pop("first", None)
    evidence.pop("last", None)
    number = best("article_number", _NUMBER)
    issns = _issns(index) or tuple(found for text in (declared.issns if declared else ()) if (found := issn(text)))
    publisher = best("publisher", _PUBLISHER)
    return Container(
        titles=titles,
        issns=issns,
        publisher=publisher,
        volume=volume,
        issue=issue,
        pages=pages,
        article_number=number,
        evidence=evidence,
    )


def _titles(document: Document, index: SignalIndex, evidence: dict[str, tuple[Evidence, ...]]) -> dict[str, str]:
    titles: dict[str, str] = {}
    for choice in choices(index.ranked(_JOURNAL), _journal):
        signal = choice.signals[0]
        if titles and (signal.language is None or choice.score < 80):
            continue
        language = signal.language or "und"
        if language not in titles:
            titles[language] = choice.value
            evidence.setdefault("titles", choice.evidence(document, 2))
    return titles


def _journal(text: str) -> str | None:
    value = tidy(text)
    value = _IN_BRACKETS.sub("", value)
    value = _NUMBERS.sub("", value).strip(" ;,.:/")
    return None if not value or _NO_NAME.match(value) or value.isdigit() else value


def _loose(text: str) -> str:
    return fold(text) or text


def _plain(text: str) -> str | None:
    value = tidy(text).strip(" ;,")
    return None if not value or _EMPTY.match(value) else value


def _packed(part: str) -> Callable[[str], str | None]:
    """A part of `v15 n3 p210-227 2015`, which some bibliographies give as the volume."""

    def read(text: str) -> str | None:
        found = _PACKED.match(text)
        return found[part] if found else None

    return read


def _number(text: str) -> str | None:
    value = _plain(text)
    if value is None:
        return None
    if packed := _PACKED.match(value):
        return packed["volume"]
    if named := _NUMBERED.search(value):
        return named[1]
    value = _NUMBER_WORD.sub("", value)
    if value.startswith("-") or not value.strip("0"):  # what stands where there is no number yet
        return None
    return value if len(value) <= 40 and _NUMERAL.search(value) else None


def _issue_number(text: str) -> str | None:
    """None for `Volume 44, 2013`: the year's one volume, which has no issues."""
    return None if _WHOLE_VOLUME.match(text.strip()) else _number(text)


def _page_range(text: str) -> str | None:
    value = _plain(text)
    if value is None:
        return None
    value = _DASHES.sub("-", _PAGE_WORD.sub("", value))
    return value if _RANGE.match(value) else None


def _pages(pages: str | None, first: str | None, last: str | None) -> str | None:
    if first and last and first != last:
        return f"{first}-{last}"
    if first and pages and first.isdecimal() and not re.match(rf"{first}\b", pages):
        return first
    return pages if pages and (not first or "-" in pages) else first or pages


def _issns(index: SignalIndex) -> tuple[Issn, ...]:
    found: dict[str, Issn] = {}
    for key in index.stated(_ISSN_KINDS):
        kind = _ISSN_KINDS[key]
        if key == ("prism", "issn") and not (index.get("prism", "eissn") or index.get("prism", "e_issn")):
            kind = "unknown"  # alone, it is a journal's that is printed nowhere as well
        for signal in index.get(*key):
            if key in _PERHAPS_ISSN and not _NAMES_ISSN.search(signal.value):
                continue
            for part in _PARTS.split(signal.value):
                value = issn(part, kind)
                if value and (value.value not in found or found[value.value].kind == "unknown"):
                    found[value.value] = value
    return tuple(found.values())
