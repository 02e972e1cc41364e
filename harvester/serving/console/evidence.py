"""What a record's values rest on: each chosen value with its evidence, and all that its archived page says."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harvester.extraction.document import Document
from harvester.extraction.gather import signals_of
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.signal import Evidence
from harvester.model.source import Source

MOST_SIGNALS = 1000
_LONGEST = 600  # characters of one value


class Chosen(NamedTuple):
    """A value of a record, its language where it has one, and what it rests on."""

    field: str
    language: str | None
    value: str
    evidence: tuple[Evidence, ...]


class Stated(NamedTuple):
    """One statement of the page; a long value is cut."""

    vocabulary: str
    name: str
    value: str
    language: str | None
    where: str


def chosen(record: Record) -> list[Chosen]:
    """Every value that rests on something, the verdict apart."""
    return [one for one in _chosen(record) if one.value and one.evidence]


def quotes(record: Record) -> list[Evidence]:
    """What is marked on the page, each quote once: first what the verdict rests on and what stands against it."""
    access = [*record.access.evidence, *(one.evidence for one in record.access.conflicts)]
    fields = [evidence for one in chosen(record) for evidence in one.evidence]
    told: dict[tuple[str, int, str], Evidence] = {}
    for one in (*access, *fields):
        told.setdefault((one.where, one.offset, one.quote), one)
    return list(told.values())


def stated(page: Page, source: Source) -> list[Stated]:
    """What the page says, by vocabulary, as the rules of its Source read it today. Raises what extraction raises."""
    document = Document(page)
    found = []
    for signal in signals_of(document, source).all[:MOST_SIGNALS]:
        value = " | ".join(signal.items) or " ".join(signal.value.split())
        where = signal.evidence(document).where
        found.append(Stated(signal.vocabulary, signal.name, _cut(value), signal.language, where))
    return sorted(found, key=lambda one: one.vocabulary)


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]} …"


def _chosen(record: Record) -> Iterator[Chosen]:
    for field, texts in (("title", record.titles), ("abstract", record.abstracts)):
        yield from (Chosen(field, language, _cut(one.value), one.evidence) for language, one in texts.items())
    for language, words in record.keywords.items():
        yield Chosen("keywords", language, ", ".join(words.items), words.evidence)
    for person in record.contributors:
        yield Chosen(person.role, None, person.name, person.evidence)
    yield from _of_container(record)
    for date in record.dates:
        yield Chosen("date", None, f"{date.value} ({date.kind}, {date.rule})", date.evidence)
    for identifier in record.identifiers:
        yield Chosen(identifier.scheme, None, identifier.value, identifier.evidence)
    for licence in record.rights.licences:
        yield Chosen("licence", None, licence.spdx or licence.url, licence.evidence)
    if tdm := record.rights.tdm:
        yield Chosen("tdm", None, "reserved" if tdm.reserved else "not reserved", tdm.evidence)
    for relation in record.relations:
        yield Chosen(relation.type, None, relation.target or relation.target_text, relation.evidence)
    yield Chosen("integrity", None, record.integrity.status, record.integrity.evidence)


def _of_container(record: Record) -> Iterator[Chosen]:
    box = record.container
    values: dict[str, Sequence[str | None]] = {
        "titles": [*box.titles.values()],
        "issns": [one.value for one in box.issns],
        "publisher": [box.publisher],
        "volume": [box.volume],
        "issue": [box.issue],
        "pages": [box.pages],
        "article_number": [box.article_number],
    }
    for field, told in values.items():
        yield Chosen(field, None, " / ".join(filter(None, told)), box.evidence.get(field, ()))
