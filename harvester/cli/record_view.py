"""One Record for a reader: what it says, in which language, and the words its access verdict rests on."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from harvester.cli.show import facts, plain, table
from harvester.model.access import AccessVerdict
from harvester.model.record import Contributor, Record
from harvester.model.search import Snippet

_ABSTRACT_START = 400
_VALUES = 12  # of a facet
_PUBLISHED = frozenset(("published", "online", "print"))


def full(record: Record) -> Table:
    """Every part of the record, one a row; abstracts by their first words."""
    return facts(_rows(record))


def _rows(record: Record) -> Iterator[tuple[str, object]]:
    yield "id", record.id
    yield "url", record.url
    yield "source", record.source_id
    yield "type", record.type
    for lang, title in sorted(record.titles.items()):
        yield f"title {lang}", title.value
    for lang, abstract in sorted(record.abstracts.items()):
        yield f"abstract {lang}", _start(abstract.value)
    for lang, words in sorted(record.keywords.items()):
        yield f"keywords {lang}", ", ".join(words.items)
    for one in record.contributors:
        yield one.role, _person(one)
    yield from _container(record)
    yield "dates", "; ".join(f"{date.value} ({date.kind})" for date in record.dates)
    for identifier in record.identifiers:
        whose = "" if identifier.role == "self" else f" ({identifier.role.replace('_', ' ')})"
        yield identifier.scheme, identifier.value + whose
    yield from verdict_rows(record.access)
    yield from _rights(record)
    for relation in record.relations:
        yield "relation", f"{relation.type}: {relation.target or relation.target_text} ({relation.state})"
    if record.integrity.status != "none":
        yield "integrity", f"{record.integrity.status} {record.integrity.date or ''} {record.integrity.notice or ''}"
    yield "flags", ", ".join(record.flags)


def _start(text: str) -> str:
    if len(text) <= _ABSTRACT_START:
        return text
    return f"{text[:_ABSTRACT_START].rpartition(' ')[0]} ... ({len(text)} characters)"


def _person(one: Contributor) -> str:
    notes = [*([f"ORCID {one.orcid}"] if one.orcid else []), *one.affiliations]
    return f"{one.name} ({'; '.join(notes)})" if notes else one.name


def _container(record: Record) -> Iterator[tuple[str, object]]:
    place = record.container
    yield "journal", " / ".join(place.titles.values())
    yield "issn", ", ".join(f"{issn.value} ({issn.kind})" for issn in place.issns)
    yield "publisher", place.publisher
    where = {"volume": place.volume, "issue": place.issue, "pages": place.pages, "article": place.article_number}
    yield "in", ", ".join(f"{name} {value}" for name, value in where.items() if value)


def verdict_rows(verdict: AccessVerdict) -> Iterator[tuple[str, object]]:
    """The verdict with every quote it rests on, and every statement against it."""
    until = verdict.embargo_until or verdict.until
    disputed = ", disputed" if verdict.disputed else ""
    yield "access", Text(f"{verdict.status}{f' until {until}' if until else ''}{disputed}", style="bold")
    yield "  decided by", verdict.decided_by if verdict.tier else ""
    if verdict.operator:
        yield "  says", verdict.operator
    for evidence in () if verdict.operator else verdict.evidence:
        yield "  because", plain(f"“{evidence.quote}” at {evidence.where}")
    for conflict in verdict.conflicts:
        yield (
            "  against",
            plain(f"{conflict.status}: “{conflict.evidence.quote}” at {conflict.evidence.where} ({conflict.rule})"),
        )
    for offer in verdict.purchase_options:
        yield "  for sale", f"{offer.price} {offer.currency} ({offer.kind})"


def _rights(record: Record) -> Iterator[tuple[str, object]]:
    rights = record.rights
    for licence in rights.licences:
        yield "licence", f"{licence.spdx or ''} {licence.url} ({licence.applies_to})".strip()
    yield "copyright", rights.copyright
    if rights.tdm:
        policy = f", policy {rights.tdm.policy_url}" if rights.tdm.policy_url else ""
        yield "text and data mining", f"{'reserved' if rights.tdm.reserved else 'not reserved'}{policy}"
    yield "robots", ", ".join(rights.robots)


def found_listing(found: Sequence[tuple[Record, Sequence[Snippet]]]) -> Table:
    """One record a row: every title, where else the words of a query stand, access and date."""
    return table("", ("id", "titles", "access", "published", "#rev"), (_row(*one) for one in found))


def spread(name: str, counts: dict[str, int]) -> Text:
    """One facet in a line, the most frequent value first."""
    shown = [f"{value} {count}" for value, count in list(counts.items())[:_VALUES]]
    more = f" and {len(counts) - _VALUES} more" if len(counts) > _VALUES else ""
    return plain(f"{name}: {', '.join(shown)}{more}")


def _row(record: Record, snippets: Sequence[Snippet]) -> tuple[object, ...]:
    titles = plain("\n".join(f"{lang}: {title.value}" for lang, title in sorted(record.titles.items())))
    for snippet in snippets:
        if snippet.field != "title":
            titles.append(f"\n  {snippet.field}: ").append_text(_marked(snippet))
    published = next((date.value for date in record.dates if date.kind in _PUBLISHED), "")
    return record.id, titles, record.access.status.value, published, record.revision


def _marked(snippet: Snippet) -> Text:
    text = plain(snippet.text)
    for start, end in snippet.marks:
        text.stylize("bold", start, end)
    before, after = ("… " if cut else "" for cut in snippet.cut)
    return Text(before).append_text(text).append(" …" if after else "")
