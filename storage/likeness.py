"""Whether two records look like editions of one work by title, authors and year; a person decides.

Pure. Titles are compared within a language only: a translation whose title is another is found by what it states.
"""

import hashlib
import re
from collections.abc import Iterator

from harvester.model.record import Contributor, Record
from storage.search.analyser import fold
from storage.stated import are_other_works

_APART = re.compile(r"[\W_]+")
_WORDS, _LETTERS = 4, 24  # of a title that tells articles apart: "Letter to the editor" does not
_UNSPACED = 10  # letters of one in a script without blanks
_LONG_WORDS, _LONG_LETTERS = 6, 40  # of one that does so without authors
_YEARS = frozenset(("published", "online", "print", "issued", "shown_on_page", "posted"))


def block_keys(record: Record) -> set[str]:
    """Hashes under which a record and those like it meet."""
    return {hashlib.blake2b(title.encode(), digest_size=16).hexdigest() for title in titles(record)}


def titles(record: Record) -> dict[str, str]:
    """Telling titles in normal form -> their language."""
    found = ((_normal(title.value), language) for language, title in record.titles.items())
    return {title: language for title, language in found if _tells(title)}


def likeness(one: Record, other: Record) -> list[str]:
    """Why two records are alike, in sentences without any name of a person; empty: they are not."""
    mine, theirs = titles(one), titles(other)
    shared = [title for title in mine if title in theirs]
    if not shared or are_other_works(one, other):
        return []
    authors = _agreeing(one, other)
    gap = _years_apart(one, other)
    if authors is None and not (any(map(_is_long, shared)) and gap == 0):
        return []
    if authors == "" or (gap is not None and gap > 1):
        return []
    said = [f"the same title ({mine[title]}): {one.titles[mine[title]].value}" for title in shared]
    return [*said, authors or "authors are named on one side at most", _years_said(one, other), *_places(one, other)]


def _normal(title: str) -> str:
    return " ".join(_APART.sub(" ", fold(title)).split())


def _tells(title: str) -> bool:
    if title.isascii() or " " in title:
        return len(title.split()) >= _WORDS and len(title) >= _LETTERS
    return len(title) >= _UNSPACED


def _is_long(title: str) -> bool:
    return len(title.split()) >= _LONG_WORDS and len(title) >= _LONG_LETTERS


def _agreeing(one: Record, other: Record) -> str | None:
    """How many authors agree; empty when too few do, None when a side names none."""
    mine, theirs = _authors(one), _authors(other)
    if not mine or not theirs:
        return None
    few, many = sorted((mine, theirs), key=len)
    agreeing = sum(any(_may_be_one(name, their) for their in many) for name in few)
    if agreeing * 2 < len(few) or not any(_may_be_one(few[0], their) for their in many):
        return ""
    return f"{agreeing} of {len(few)} authors agree" + (
        f" ({len(many)} on the other side)" if len(many) > len(few) else ""
    )


def _authors(record: Record) -> list[tuple[str, str]]:
    """Family name and first initial, folded."""
    people = [one for one in record.contributors if one.role == "author"] or list(record.contributors)
    return [name for name in map(_author, people) if name[0]]


def _author(one: Contributor) -> tuple[str, str]:
    words = one.name.split()
    family, given = (one.family, one.given) if one.family else (words[-1] if words else "", " ".join(words[:-1]))
    return _normal(family or ""), _normal(given or "")[:1]


def _may_be_one(mine: tuple[str, str], theirs: tuple[str, str]) -> bool:
    return mine[0] == theirs[0] and (mine[1] == theirs[1] or not mine[1] or not theirs[1])


def _years(record: Record) -> set[int]:
    return {int(date.value[:4]) for date in record.dates if date.kind in _YEARS and date.value[:4].isdigit()}


def _years_apart(one: Record, other: Record) -> int | None:
    """Years between the nearest dates of publication; None when a side has none."""
    return min((abs(mine - theirs) for mine in _years(one) for theirs in _years(other)), default=None)


def _years_said(one: Record, other: Record) -> str:
    mine, theirs = (", ".join(map(str, sorted(_years(record)))) or "no year" for record in (one, other))
    return f"{mine} beside {theirs}"


def _places(one: Record, other: Record) -> Iterator[str]:
    mine, theirs = (next(iter(record.container.titles.values()), "") for record in (one, other))
    if mine and theirs:
        yield f"in {mine}" if _normal(mine) == _normal(theirs) else f"in {mine} and in {theirs}"
    if one.identity_doi and other.identity_doi and one.identity_doi.lower() != other.identity_doi.lower():
        yield f"own DOIs {one.identity_doi} and {other.identity_doi}"
