"""Record -> what a page shows of it, in the reader's language."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from harvester.formats import choices, citation
from harvester.model.access import AccessVerdict
from harvester.model.record import Container, DateValue, Record
from harvester.model.search import Snippet
from harvester.serving.console.wording import Wording
from storage.history import History

_T = TypeVar("_T")
_LINK = re.compile(r"https?://[^\s\"'<>]+\Z", re.IGNORECASE)
_NAMED = 6  # authors in a list of hits; then "et al."
_SHOWN = ("author", "editor")
_ADDRESSES = {
    "doi": choices.DOI_URL,
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
    "pmcid": "https://www.ncbi.nlm.nih.gov/pmc/articles/",
}


class Piece(NamedTuple):
    """Part of a text; `marked` where it is a word that was looked for."""

    text: str
    marked: bool = False


def link(address: str | None) -> str | None:
    """The address if it may stand in a link: http and https only, whatever a page calls its address."""
    return address if address and _LINK.match(address) else None


def by_reader(values: Mapping[str, _T], wording: Wording) -> list[tuple[str, _T]]:
    """Values by language, the reader's own first, then as the record has them."""
    return sorted(values.items(), key=lambda one: one[0].partition("-")[0] != wording.language)


def html_lang(tag: str) -> str:
    """A language for the attribute `lang`; empty says that it is not known (HTML, 3.2.6.2)."""
    return "" if tag == "und" else tag


def byline(record: Record) -> str:
    """The first authors, as printed."""
    names = [one.name for one in choices.people(record, "author")]
    return ", ".join(names[:_NAMED]) + (" et al." if len(names) > _NAMED else "")


def others(record: Record) -> list[str]:
    """Contributors who are not authors, with what they are."""
    return [f"{one.name} ({one.role})" for one in record.contributors if one.role != "author"]


def journal(record: Record, wording: Wording) -> str:
    """The title of the journal, in the reader's language where it has one."""
    titles = record.container.titles
    return titles.get(wording.language) or choices.journal(record) or ""


def issued(record: Record) -> DateValue | None:
    """The date of publication, else the nearest there is."""
    return choices.any_date(record)


def place(box: Container) -> str:
    """Where in the journal it stands: `42(9-10), 435-440`."""
    volume = (box.volume or "") + (f"({box.issue})" if box.issue else "")
    return ", ".join(filter(None, (volume, box.pages or box.article_number)))


def reference(record: Record, wording: Wording) -> str:
    """A reference in words, in the language of the main title."""
    date = choices.issued(record)
    title = next((record.titles[lang].value for lang in choices.languages(record) if lang in record.titles), "")
    parts = [
        byline(record),
        f"({date.value[:4]})" if date else "",
        title,
        ", ".join(filter(None, (journal(record, wording), place(record.container)))),
        citation.cite_as(record),
    ]
    ends = (part if part.endswith(("?", "!")) else f"{part.rstrip('.')}." for part in parts[:-1] if part)
    return " ".join([*ends, parts[-1]])


def days(verdict: AccessVerdict, wording: Wording) -> str:
    """Until when it is free, or from when on; empty where nothing is said."""
    if verdict.embargo_until:
        return wording.say("access_long.embargo_until", date=wording.date(verdict.embargo_until))
    return wording.say("access_long.until", date=wording.date(verdict.until)) if verdict.until else ""


def explained(verdict: AccessVerdict, wording: Wording) -> str:
    """The verdict in a sentence or two."""
    said = wording.say("access_long.disputed" if verdict.disputed else f"access_long.{verdict.status}")
    return " ".join(filter(None, (said, days(verdict, wording))))


def identifiers(record: Record) -> Iterator[tuple[str, str, str | None]]:
    """Scheme, value and address of this edition's own identifiers."""
    for one in record.identifiers:
        if one.role == "self":
            stem = _ADDRESSES.get(one.scheme)
            address = choices.doi_url(one.value) if one.scheme == "doi" else stem and stem + one.value
            yield one.scheme.upper(), one.value, link(address or one.value)


class Event(NamedTuple):
    """What became of a record at one moment: Changes, and the verdict where one was reached."""

    at: datetime
    kinds: tuple[str, ...]
    verdict: AccessVerdict | None


def events(past: History) -> list[Event]:
    """The past of a record, the latest first."""
    reached = {one.at: one.verdict for one in past.verdicts}
    moments = sorted({one.at for one in past.changes} | reached.keys(), reverse=True)
    return [Event(at, tuple(str(one.kind) for one in past.changes if one.at == at), reached.get(at)) for at in moments]


def is_withheld(record: Record) -> bool:
    """True where there may be an abstract that this reader is not shown."""
    return not record.abstracts and record.rights.abstract_policy.show != "public"


def highwire(record: Record) -> Iterator[tuple[str, str, str | None]]:
    """Name, content and language of the meta tags that Zotero and Google Scholar read."""
    for language in choices.languages(record):
        if language in record.titles:
            yield "citation_title", record.titles[language].value, language
    for person in choices.people(record, "author"):
        yield "citation_author", choices.inverted(person), None
        if person.orcid:
            yield "citation_author_orcid", f"https://orcid.org/{person.orcid}", None
    box, date, pages = record.container, choices.issued(record), choices.pages(record)
    single = {
        "citation_journal_title": choices.journal(record),
        "citation_publication_date": date.value.replace("-", "/") if date else None,
        "citation_volume": box.volume,
        "citation_issue": box.issue,
        "citation_firstpage": pages.first if pages else box.article_number,
        "citation_lastpage": pages.last if pages else None,
        "citation_doi": choices.doi(record),
        "citation_publisher": box.publisher,
        "citation_language": next(iter(choices.languages(record)), None),
        "citation_abstract_html_url": link(record.url),
    }
    yield from ((name, value, None) for name, value in single.items() if value)
    yield from (("citation_issn", issn.value, None) for issn in box.issns)
    for words in record.keywords.values():
        yield "citation_keywords", "; ".join(words.items), html_lang(words.language) or None


def pieces(snippet: Snippet) -> list[Piece]:
    """The text of a snippet, cut where marked words begin and end."""
    found, at = [], 0
    before, after = ("… " if cut else "" for cut in snippet.cut)
    for start, end in snippet.marks:
        found += [Piece(snippet.text[at:start]), Piece(snippet.text[start:end], marked=True)]
        at = end
    whole = [Piece(before), *found, Piece(snippet.text[at:]), Piece(" …" if after else "")]
    return [piece for piece in whole if piece.text]


def marked_titles(snippets: Iterable[Snippet]) -> dict[str, list[Piece]]:
    """Whole titles with their marks, by language."""
    return {one.language: pieces(one) for one in snippets if one.field == "title" and not any(one.cut)}
