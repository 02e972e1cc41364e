"""RIS (Research Information Systems, tags as of 2012): one line per tag, CRLF, UTF-8.

What is not a line is folded to one. RIS knows one language (LA), that of TI and AB: titles in others stand in TT, and
with their language beside the other abstracts in notes (N1), as do integrity, the edition to cite and access.
"""

from collections.abc import Iterator

from harvester.formats import choices, notes
from harvester.formats.characters import one_line
from harvester.formats.tables import type_in
from harvester.model.record import Record

MEDIA_TYPE = "application/x-research-info-systems"
_END = "ER  - "


def render(record: Record) -> bytes:
    """The record from TY to ER, and the empty line that parts it from the next."""
    lines = [f"{tag}  - {text}" for tag, value in _tags(record) if (text := one_line(value or ""))]
    return "".join(f"{line}\r\n" for line in (*lines, _END, "")).encode()


def _tags(record: Record) -> Iterator[tuple[str, str | None]]:
    yield "TY", type_in(record, "ris")
    yield "ID", record.id
    yield from _texts(record)
    for person in choices.people(record, "author"):
        yield "AU", choices.inverted(person)
    for person in choices.people(record, "editor"):
        yield "ED", choices.inverted(person)
    yield from _place(record)
    for line in (*notes.marks(record), *notes.beside(record)):
        yield "N1", line
    own = choices.doi(record)
    yield "DO", own
    yield "UR", record.url


def _texts(record: Record) -> Iterator[tuple[str, str | None]]:
    order = choices.languages(record)
    titles = [record.titles[lang].value for lang in order if lang in record.titles]
    yield from zip(("TI", *["TT"] * len(titles)), titles, strict=False)
    yield "LA", next(iter(order), None)
    yield "AB", next((record.abstracts[lang].value for lang in order if lang in record.abstracts), None)
    for lang in order:
        for keyword in record.keywords[lang].items if lang in record.keywords else ():
            yield "KW", keyword


def _place(record: Record) -> Iterator[tuple[str, str | None]]:
    box = record.container
    if date := choices.issued(record):
        year, *rest = date.value.split("-")
        yield "PY", year
        yield "DA", "/".join([year, *rest, "", ""][:3]) + "/"
    yield "T2", choices.journal(record)
    yield "JF", choices.journal(record)  # T2 before 2012
    yield "VL", box.volume
    yield "IS", box.issue
    if span := choices.pages(record):
        yield "SP", span.first
        yield "EP", span.last
    elif box.article_number:
        yield "C7", box.article_number
    yield "SN", choices.issn(record)
    yield "PB", box.publisher
