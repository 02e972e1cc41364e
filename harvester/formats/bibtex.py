"""BibTeX, in UTF-8, with LaTeX's special characters escaped so that every field is balanced text.

Titles stand in double braces: their capitals are the printed ones, whatever the style. Fields are those of BibTeX and
biblatex; what these cannot hold (the other languages, access) stands in `annote`, which no style prints, and integrity
and the edition to cite in `note`, which they print.
"""

import re
from collections.abc import Iterator

from harvester.formats import choices, notes
from harvester.formats.characters import one_line
from harvester.formats.tables import babel, type_in
from harvester.model.record import Contributor, Record

MEDIA_TYPE = "application/x-bibtex"
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": "{}`",
    "-": "{}-",
    "'": "{}'",
    **{character: f"\\{character}" for character in "{}$&%#_"},
}
_SPECIAL = re.compile(r"[\\~^`{}$&%#_]|(?<=-)-|(?<=')'")  # the last two: what TeX joins to dashes and quotation marks
# BibTeX counts braces without regard to backslashes, so a lone one has its partner in a phantom, which prints nothing.
_LONE = {"{": r"\{\vphantom{\}}", "}": r"\vphantom{\{}\}"}
_VERBATIM = re.compile(r"[\\{}%\s]")  # in a url or doi: percent-encoded, not escaped
_NEW_LINE = " \\\\\n    "


def render(record: Record) -> bytes:
    """The entry, and the empty line that parts it from the next. The key is the record's id."""
    fields = [f"  {name} = {{{value}}}" for name, value in _fields(record) if value]
    return ("@" + type_in(record, "bibtex") + "{" + ",\n".join([record.id, *fields]) + "\n}\n\n").encode()


def escaped(text: str) -> str:
    """Text on one line with LaTeX's special characters as commands. Braces balance, whatever they were."""
    line = one_line(text)
    lone = _lone_braces(line)
    return _SPECIAL.sub(lambda found: (_LONE if found.start() in lone else _ESCAPES)[found[0]], line)


def _lone_braces(line: str) -> set[int]:
    """Where braces without a partner stand."""
    opened: list[int] = []
    closed: set[int] = set()
    for found in re.finditer(r"[{}]", line):
        if found[0] == "{":
            opened.append(found.start())
        elif opened:
            opened.pop()
        else:
            closed.add(found.start())
    return closed.union(opened)


def _verbatim(text: str) -> str:
    return _VERBATIM.sub(lambda found: f"%{ord(found[0]):02X}", one_line(text))


def _fields(record: Record) -> Iterator[tuple[str, str | None]]:
    order = choices.languages(record)
    titles = [record.titles[lang].value for lang in order if lang in record.titles]
    if titles:
        yield "title", "{" + escaped(titles[0]) + "}"
    for role in ("author", "editor"):
        yield role, " and ".join(map(_name, choices.people(record, role)))
    yield from _place(record)
    yield "abstract", _first_abstract(record, order)
    words = [word for lang in order if lang in record.keywords for word in record.keywords[lang].items]
    yield "keywords", ", ".join(_keyword(word) for word in words)
    yield "language", next(iter(order), None)
    yield "langid", babel(order[0]) if order else None
    yield "note", " ".join(map(escaped, notes.marks(record)))
    yield "annote", _NEW_LINE.join(map(escaped, notes.beside(record)))


def _first_abstract(record: Record, order: list[str]) -> str | None:
    return next((escaped(record.abstracts[lang].value) for lang in order if lang in record.abstracts), None)


def _keyword(word: str) -> str:
    return "{" + escaped(word) + "}" if "," in word else escaped(word)


def _name(person: Contributor) -> str:
    """`{Family}, {Given}`; braces keep a name whole that holds `and`, a comma or no family name."""
    if not person.family:
        return "{" + escaped(person.name) + "}"
    parts = [part for part in (person.family, person.given) if part]
    return ", ".join(_guarded(escaped(part)) for part in parts)


def _guarded(part: str) -> str:
    return "{" + part + "}" if "," in part or re.search(r"\band\b", part, re.IGNORECASE) else part


def _place(record: Record) -> Iterator[tuple[str, str | None]]:
    box = record.container
    yield "journal", escaped(choices.journal(record) or "")
    if date := choices.issued(record):
        yield "year", date.value[:4]
        yield "date", date.value
    yield "volume", escaped(box.volume or "")
    yield "number", escaped(box.issue or "")
    if span := choices.pages(record):
        yield "pages", "--".join(escaped(page) for page in span if page)
    yield "eid", escaped(box.article_number or "")
    yield "publisher", escaped(box.publisher or "")
    yield "issn", choices.issn(record)
    yield "doi", _verbatim(choices.doi(record) or "")
    yield "url", _verbatim(record.url)
