"""Where a record says what was asked: parts of its fields with the matching words marked by offset."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harvester.model.record import Record
from harvester.model.search import Snippet
from storage.search.analyser import COMPOUND, opened, primary, token
from storage.search.entry import AUTHOR, JOURNAL
from storage.search.expressions import Expression, Row, rows_of

LENGTH = 240  # of a part that is cut out of a longer text, in code points
MOST = 4


class _Word(NamedTuple):
    start: int
    end: int
    forms: tuple[str, ...]
    tokens: tuple[frozenset[str], ...]  # of each form in turn


class _Text(NamedTuple):
    field: str
    language: str
    text: str
    mark: str = ""


def snippets(record: Record, expression: Expression, *, abstracts: bool) -> tuple[Snippet, ...]:
    """At most `MOST` parts, titles first. Without `abstracts`, none is of an abstract of any kind."""
    rows = _by_first(rows_of(expression))
    found: list[Snippet] = []
    for one in _texts(record, abstracts=abstracts):
        if len(found) < MOST and (marks := _marks(one, rows)):
            found.append(_cut(one, marks))
    return tuple(found)


def _texts(record: Record, *, abstracts: bool) -> Iterator[_Text]:
    for title in record.titles.values():
        yield _Text("title", title.language, title.value)
    for words in record.keywords.values():
        for item in words.items:
            yield _Text("keyword", words.language, item)
    for abstract in (*record.abstracts.values(), *record.other_abstracts) if abstracts else ():
        yield _Text("abstract", abstract.language, abstract.value)
    for person in record.contributors:
        yield _Text("author", "und", person.name, AUTHOR)
    for title_language, journal in record.container.titles.items():
        yield _Text("journal", title_language, journal, JOURNAL)


_Rows = dict[str, list[Row]]


def _by_first(rows: Iterable[Row]) -> _Rows:
    """Rows by their first token; under the empty one those of which it is only the beginning."""
    found: _Rows = {}
    for row in rows:
        first = "" if row.prefix and len(row.tokens) == 1 else row.tokens[0]
        found.setdefault(first, []).append(row)
    return found


def _marks(one: _Text, rows: _Rows) -> list[tuple[int, int]]:
    words = list(_words(one))
    flat = [(word, tokens) for word in words for tokens in word.tokens]
    found: set[tuple[int, int]] = set()
    for place, (word, tokens) in enumerate(flat):
        candidates = [row for first in tokens for row in rows.get(first, ())] + rows.get("", [])
        for row in candidates:
            if _allowed(row, one) and (last := _end(row, flat, place)) is not None:
                found.add((word.start, flat[last][0].end))
    return _merged(sorted(found))


def _allowed(row: Row, one: _Text) -> bool:
    return not row.fields or one.field in row.fields


def _end(row: Row, flat: list[tuple[_Word, frozenset[str]]], place: int) -> int | None:
    """The place of its last token, when the row stands here."""
    here = flat[place : place + len(row.tokens)]
    if len(here) < len(row.tokens):
        return None
    for n, (sought, (_, tokens)) in enumerate(zip(row.tokens, here, strict=True)):
        may_go_on = row.prefix and n == len(row.tokens) - 1
        if sought not in tokens and not (may_go_on and any(one.startswith(sought) for one in tokens)):
            return None
    return place + len(row.tokens) - 1


def _words(one: _Text) -> Iterator[_Word]:
    language = primary(one.language)
    for match in COMPOUND.finditer(one.text):
        forms, joined = opened(match[0])
        tokens = [{one.mark + form} if one.mark else {form, token(form, language)} for form in forms]
        if joined and not one.mark:
            tokens[0] |= {joined, token(joined, language)}
        yield _Word(match.start(), match.end(), forms, tuple(map(frozenset, tokens)))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _cut(one: _Text, marks: list[tuple[int, int]]) -> Snippet:
    """The whole text, or the part of it where most marks are."""
    if len(one.text) <= LENGTH:
        return Snippet(field=one.field, language=one.language, text=one.text, marks=tuple(marks))
    start = max((mark[0] for mark in marks), key=lambda at: (sum(at <= m[0] < at + LENGTH for m in marks), -at))
    start = max(0, min(start - LENGTH // 5, len(one.text) - LENGTH))
    end = start + LENGTH
    start = 0 if start == 0 else one.text.find(" ", start, start + 40) + 1 or start
    end = len(one.text) if end >= len(one.text) else max(one.text.rfind(" ", start, end), start + LENGTH // 2)
    inside = tuple((a - start, min(b, end) - start) for a, b in marks if start <= a < end)
    return Snippet(
        field=one.field,
        language=one.language,
        text=one.text[start:end],
        marks=inside,
        cut=(start > 0, end < len(one.text)),
    )
