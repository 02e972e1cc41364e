"""CSV (RFC 4180, UTF-8 with CRLF): one row per record, one column per language and kind of text.

A spreadsheet takes a cell that begins with `= + - @`, a tab or a carriage return for a formula: such a cell begins with
an apostrophe here, as does one that begins with an apostrophe itself, so that taking one away gives the text back
(`raw=True` leaves all as it is). Lists are JSON arrays in one cell, so that nothing in them can be taken for a border.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from harvester.formats import choices, citation
from harvester.formats.characters import for_json
from harvester.model.record import Record

MEDIA_TYPE = "text/csv"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FIXED = (
    "id", "work_id", "source_id", "url", "doi", "type", "languages", "authors", "journal", "issn", "publisher",
    "volume", "issue", "pages", "article_number", "published", "access", "access_as_of", "access_until",
    "access_evidence", "licences", "integrity", "cite_as", "citation_note", "deleted_at", "deletion_reason",
)  # fmt: skip


def columns(languages: Sequence[str]) -> tuple[str, ...]:
    """The header: fixed columns, then title, abstract and keywords of each of these languages."""
    return (*_FIXED, *(f"{kind}_{lang}" for kind in ("title", "abstract", "keywords") for lang in languages))


def render(record: Record, *, raw: bool = False) -> bytes:
    """Header and row of one record, with columns for its own languages."""
    return b"".join(rows([record], choices.languages(record), raw=raw))


def rows(records: Iterable[Record], languages: Sequence[str], *, raw: bool = False) -> Iterator[bytes]:
    """Header and one row per record. What is in none of `languages` stands in the column `other_texts` as JSON."""
    yield _line((*columns(languages), "other_texts"))
    for record in records:
        cells = row(record, languages)
        yield _line(cells if raw else [safe(cell) for cell in cells])


def safe(cell: str) -> str:
    """The cell as no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def unsafe(cell: str) -> str:
    """The text that `safe` was given."""
    return cell[1:] if cell.startswith("'") else cell


def row(record: Record, languages: Sequence[str]) -> list[str]:
    """The cells as text, in the order of `columns`, with `other_texts` last; nothing is an empty cell."""
    return [
        for_json(cell or "") for cell in (*_fixed(record), *_texts(record, languages), _other_texts(record, languages))
    ]


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _fixed(record: Record) -> list[str | None]:
    box, verdict, date = record.container, record.access, choices.issued(record)
    until = verdict.embargo_until or verdict.until
    return [
        record.id,
        record.work_id,
        record.source_id,
        record.url,
        choices.doi(record),
        record.type,
        _list(record.languages),
        _list([choices.inverted(one) for one in choices.people(record, "author")]),
        choices.journal(record),
        _list([one.value for one in box.issns]),
        box.publisher,
        box.volume,
        box.issue,
        box.pages,
        box.article_number,
        date.value if date else None,
        verdict.status.value,
        verdict.as_of.isoformat().replace("+00:00", "Z"),
        until.isoformat() if until else None,
        verdict.evidence[0].quote if verdict.evidence else None,
        _list([licence.url for licence in record.rights.licences]),
        record.integrity.status,
        citation.cite_as(record),
        citation.note(record),
        record.deleted_at.isoformat().replace("+00:00", "Z") if record.deleted_at else None,
        record.deletion_reason,
    ]


def _texts(record: Record, languages: Sequence[str]) -> list[str | None]:
    titles = [record.titles[lang].value if lang in record.titles else None for lang in languages]
    abstracts = [record.abstracts[lang].value if lang in record.abstracts else None for lang in languages]
    keywords = [_list(record.keywords[lang].items) if lang in record.keywords else None for lang in languages]
    return [*titles, *abstracts, *keywords]


def _other_texts(record: Record, languages: Sequence[str]) -> str | None:
    other = [lang for lang in choices.languages(record) if lang not in languages]
    found = {
        "titles": {lang: record.titles[lang].value for lang in other if lang in record.titles},
        "abstracts": {lang: record.abstracts[lang].value for lang in other if lang in record.abstracts},
        "keywords": {lang: record.keywords[lang].items for lang in other if lang in record.keywords},
    }
    return json.dumps(found, ensure_ascii=False) if other else None


def _list(values: Sequence[str]) -> str | None:
    return json.dumps(list(values), ensure_ascii=False) if values else None
