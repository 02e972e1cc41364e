"""A record as a reader meets it: title and abstract in his language, the others marked, access in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from harvester.digests.wording import NOT_KNOWN, Wording
from harvester.formats.citation import preferred
from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.alert import one_line
from harvester.model.open_copy import Statement
from harvester.model.record import LangText, Record

MOST_AUTHORS = 6
MOST_COPIES = 3
MOST_NAMED = 200  # code points of what a page calls the edition to cite
_PUBLISHED = ("published", "online", "print")


class Words(NamedTuple):
    """Text in one language (BCP 47)."""

    value: str
    language: str


class OtherLanguage(NamedTuple):
    """The same article in another language than the reader's; either part may be missing."""

    label: str
    language: str
    title: str
    abstract: str


class Badge(NamedTuple):
    """Access to the full text: the word, when it was found, and what the page said. `status` for colours."""

    status: str
    word: str
    found: str
    says: Words | None
    more: str = ""  # until when


class EditionLine(NamedTuple):
    """Another edition of the same article, with the access of its own."""

    label: str
    title: Words
    url: str
    badge: Badge
    journal: str


class CopyLine(NamedTuple):
    """An open copy that a registry knows of: its host, which version it is, and who said so when."""

    host: str
    url: str
    version: str
    said: str


class Piece(NamedTuple):
    """One article as it is told. Empty strings for what is not known."""

    record_id: str
    title: Words
    url: str
    doi: str
    authors: str
    journal: str
    published: str
    abstract: Words | None
    withheld: bool  # there is an abstract that may not be shown
    others: tuple[OtherLanguage, ...]
    badge: Badge
    was: str
    integrity: str
    editions: tuple[EditionLine, ...]
    cite: str
    copies: tuple[CopyLine, ...]
    notices: tuple[str, ...]  # that registries know of, and the page may not


def title_of(record: Record, language: str) -> Words:
    """Its title in a language, or else the one it has; never empty."""
    found = _chosen(record.titles, language)
    value = one_line(found.value) if found else ""
    return Words(value or record.url, found.language if found and value else NOT_KNOWN)


def piece(
    record: Record,
    words: Wording,
    *,
    editions: Sequence[Record] = (),
    was: str = "",
    withheld: bool,
    said: Sequence[Statement] = (),
) -> Piece:
    """The record in the reader's language. `editions`: the others of its work; `was`: its status before, in words;
    `said`: by registries."""
    title = title_of(record, words.language)
    abstract = _chosen(record.abstracts, words.language)
    return Piece(
        record.id,
        title,
        safe_url(record.url),
        record.identity_doi or record.identifier("doi") or "",
        _authors(record, words),
        _journal(record),
        published_in(record, words),
        Words(abstract.value, abstract.language) if abstract else None,
        withheld and abstract is None,
        tuple(_others(record, words, title.language, abstract.language if abstract else "")),
        badge(record.access, words),
        was,
        words(f"integrity.{record.integrity.status}"),
        tuple(_edition(one, words) for one in editions),
        _cite(record, words),
        tuple(copies(said, words)),
        tuple(notices(said, words)),
    )


def _cite(record: Record, words: Wording) -> str:
    """The edition that the page asks to cite, if it asks for one."""
    wanted = preferred(record)
    if wanted is None:
        return ""
    named = one_line(wanted.named)[:MOST_NAMED] or words("cite_unnamed")
    return words("cite_doi", named, wanted.doi) if wanted.doi else words("cite_own", named)


def copies(said: Sequence[Statement], words: Wording) -> Iterator[CopyLine]:
    """The first copies that registries name, each address once."""
    found = {copy.url: (copy, one) for one in reversed(said) for copy in reversed(one.copies)}
    for copy, one in list(reversed(found.values()))[:MOST_COPIES]:
        if url := safe_url(copy.url):
            host = words("copy.publisher") if copy.at_publisher else one_line(urlsplit(url).hostname or "")
            yield CopyLine(host, url, words(f"copy.{copy.version}"), _according(one, words))


def notices(said: Sequence[Statement], words: Wording) -> Iterator[str]:
    """The notices that registries know of, each in a line."""
    for one in said:
        for notice in one.notices:
            day = words("notice_on", words.day(notice.on)) if notice.on else ""
            doi = f"(DOI {notice.doi})" if notice.doi else ""
            told = " ".join(filter(None, (_kind_of_notice(notice.kind, words), day, doi)))
            yield f"{told}, {_according(one, words)}"


def _kind_of_notice(kind: str, words: Wording) -> str:
    try:
        return words(f"notice.{kind}")
    except KeyError:
        return words("notice.other", kind.replace("_", " "))


def _according(one: Statement, words: Wording) -> str:
    return words("according_to", words(f"registry.{one.registry}"), words.day(one.asked_at.date()))


def badge(verdict: AccessVerdict, words: Wording) -> Badge:
    """The verdict in words, with its date and the sentence it rests on."""
    said = None if verdict.operator else next((one for one in verdict.evidence if one.quote), None)
    says = Words(one_line(said.quote), said.language or NOT_KNOWN) if said else None
    more = ""
    if verdict.status is AccessStatus.EMBARGOED and verdict.embargo_until:
        more = words("embargo_until", words.day(verdict.embargo_until))
    elif verdict.status is AccessStatus.FREE and verdict.until:
        more = words("free_until", words.day(verdict.until))
    found = words("corrected" if verdict.operator else "found", words.day(verdict.as_of.date()))
    if verdict.status is AccessStatus.UNKNOWN and not verdict.disputed:
        says = None
    return Badge(verdict.status.value, words(f"access.{verdict.status}"), found, says, more)


def safe_url(url: str) -> str:
    """An http(s) address with nothing in it that markup or a mail could take for something else; else empty."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")


def doi_url(doi: str) -> str:
    """Where a DOI leads."""
    return f"https://doi.org/{quote(doi, safe='/().;:-_')}"


def published_in(record: Record, words: Wording) -> str:
    """When it was published, in words of the record's own precision; empty where that is not known."""
    for kind in _PUBLISHED:
        for one in record.dates:
            if one.kind == kind:
                return _dated(one.value, words)
    return ""


def _dated(value: str, words: Wording) -> str:
    try:
        year, *rest = (int(part) for part in value.split("-"))
        if len(rest) == 2:
            return words("published", words.day(date(year, *rest)))
        return words("published_in", words.month(year, rest[0]) if rest else str(year))
    except (ValueError, IndexError, TypeError):
        return ""


def _chosen(texts: Mapping[str, LangText], language: str) -> LangText | None:
    """The text in a language, or else the first there is."""
    same = [one for tag, one in texts.items() if tag.partition("-")[0].lower() == language]
    return next(iter([*same, *texts.values()]), None)


def _others(record: Record, words: Wording, title_in: str, abstract_in: str) -> list[OtherLanguage]:
    """Title and abstract in every language but those already shown, as far as they are not."""
    found = []
    for tag in dict.fromkeys((*record.titles, *record.abstracts)):
        title, abstract = record.titles.get(tag), record.abstracts.get(tag)
        other_title = one_line(title.value) if title and title.language != title_in else ""
        other_abstract = abstract.value if abstract and abstract.language != abstract_in else ""
        if other_title or other_abstract:
            found.append(OtherLanguage(words.edition(tag), tag, other_title, other_abstract))
    return found


def _authors(record: Record, words: Wording) -> str:
    names = [one_line(one.name) for one in record.contributors if one.role == "author" and one.name.strip()]
    shown = ", ".join(names[:MOST_AUTHORS])
    return f"{shown}, {words('and_others')}" if len(names) > MOST_AUTHORS else shown


def _journal(record: Record) -> str:
    container = record.container
    name = one_line(next(iter(container.titles.values()), ""))
    number = container.volume or ""
    number += f"({container.issue})" if container.issue else ""
    place = container.pages or container.article_number or ""
    return ", ".join(filter(None, (name, number, place)))


def _edition(record: Record, words: Wording) -> EditionLine:
    title = title_of(record, words.language)
    return EditionLine(
        words.edition(title.language), title, safe_url(record.url), badge(record.access, words), _journal(record)
    )
