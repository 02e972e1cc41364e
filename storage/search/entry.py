"""What of a record is indexed: its place in time, the words of four fields, and the marks it can be filtered by."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from harvester.model.record import Record
from harvester.model.search import Door
from storage.search.analyser import MARK, field, forms_of, key, primary

# What is never stemmed shares one field; the mark before a word tells what it is of.
AUTHOR, JOURNAL, IDENTIFIER = f"{MARK}1", f"{MARK}2", f"{MARK}3"
EVERY = f"{MARK}all"  # the mark of every record
UNLISTED = f"{MARK}noindex"  # the page asks not to be listed in public
# Abstracts that do not go through a door; no mark for the operator's, which all go through.
WITHHELD = {Door.PUBLIC: f"{MARK}w{MARK}public", Door.SIGNED_IN: f"{MARK}w{MARK}signed"}
_FIRST_DAY = date(1500, 1, 1).toordinal()
_LOW_BITS = 24
_PUBLISHED = ("published", "online", "print")
_NOT_IN_MARKS = re.compile(r"[^a-z0-9-]")
_ID_DIGITS = _LOW_BITS // 4

Said = Mapping[str, Any]  # a record, or a part of one, as JSON


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword of a record: where it stands in the list of its language, and how long that list is."""

    language: str
    key: str
    term: str
    position: int
    of: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as the index holds it. `place` is the place it wants: newer publications come higher."""

    record_id: str
    place: int
    source_id: str
    access: str
    languages: tuple[str, ...]
    journal: str
    year: int
    title: str
    keyword: str
    abstract: str
    other: str
    keywords: tuple[Keyword, ...]


def entry(record: Record) -> Entry:
    """The entry of a record that is not deleted."""
    return entry_of(record.model_dump(mode="json"))


def entry_of(record: Said) -> Entry:
    """The same of a record as JSON: stored ones need not be validated again for it."""
    published = _published(record)
    titles, abstracts, keywords = record["titles"], record["abstracts"], record["keywords"].values()
    languages = tuple(sorted({*record["languages"], *titles, *abstracts}))
    return Entry(
        record_id=record["id"],
        place=lowest_place(published) + _low(record["id"]),
        source_id=record["source_id"],
        access=record["access"]["status"],
        languages=languages,
        journal=next(iter(record["container"]["titles"].values()), ""),
        year=int(published[:4]) if published else 0,
        title=field([(title["value"], title["language"]) for title in titles.values()]),
        keyword=field([(item, words["language"]) for words in keywords for item in words["items"]]),
        abstract=field([(t["value"], t["language"]) for t in (*abstracts.values(), *record["other_abstracts"])]),
        other=_other(record, languages, published),
        keywords=tuple(_keywords(keywords)),
    )


def withheld(record: Record) -> list[Door]:
    """The doors through which abstracts of this record may not go."""
    policy = record.rights.abstract_policy
    has_abstracts = bool(record.abstracts or record.other_abstracts)
    return _shut(redistribute=policy.redistribute, show=policy.show) if has_abstracts else []


def _shut(*, redistribute: bool, show: str) -> list[Door]:
    shut = {Door.PUBLIC: not redistribute, Door.SIGNED_IN: show == "nobody"}
    return [door for door, is_shut in shut.items() if is_shut]


def lowest_place(day: str) -> int:
    """The lowest place of records published on a day (ISO 8601, of any precision), or of those without a date."""
    if not day:
        return 0
    year, month, number = (*map(int, day.split("-")), 1, 1)[:3]
    return max(date(year, month, number).toordinal() - _FIRST_DAY, 0) << _LOW_BITS


def access_mark(status: str) -> str:
    """The mark of records with this access status."""
    return f"{MARK}a{MARK}{status}"


def language_mark(language: str) -> str:
    """The mark of records with a text in this language."""
    return f"{MARK}l{MARK}{_NOT_IN_MARKS.sub('-', language.lower())}"


def source_mark(source_id: str) -> str:
    """The mark of records of this Source."""
    return f"{MARK}s{MARK}{_NOT_IN_MARKS.sub('-', source_id.lower())}"


def year_mark(year: int) -> str:
    """The mark of records published in this year."""
    return f"{MARK}y{MARK}{year}"


def _published(record: Said) -> str:
    """The day of publication at its true precision; empty where the record states none that exists."""
    for kind in _PUBLISHED:
        for one in record["dates"]:
            if one["kind"] == kind and _is_day(one["value"]):
                return str(one["value"])
    return ""


def _is_day(value: str) -> bool:
    try:
        return lowest_place(value) > 0
    except ValueError:
        return False


def _low(record_id: str) -> int:
    """Orders records of one day, the same on every machine."""
    try:
        return int(record_id[:_ID_DIGITS], 16)
    except ValueError:
        return int.from_bytes(record_id[:3].encode()[:3])


def _other(record: Said, languages: tuple[str, ...], published: str) -> str:
    people, box, rights = record["contributors"], record["container"], record["rights"]
    names = [one["name"] for one in people]
    known = [identifier["value"] for identifier in record["identifiers"] if identifier["role"] == "self"]
    known += [one["orcid"] for one in people if one["orcid"]]
    known += [issn["value"] for issn in box["issns"]]
    known += [record["id"], record["publisher_id"] or ""]
    marks = [EVERY, access_mark(record["access"]["status"]), source_mark(record["source_id"])]
    marks += [language_mark(tag) for tag in sorted({*languages, *map(primary, languages)})]
    marks += [year_mark(int(published[:4]))] if published else []
    if record["abstracts"] or record["other_abstracts"]:
        policy = rights["abstract_policy"]
        marks += [WITHHELD[door] for door in _shut(redistribute=policy["redistribute"], show=policy["show"])]
    marks += [UNLISTED] if "noindex" in rights["robots"] else []
    journals = list(dict.fromkeys(box["titles"].values()))
    parts = [*_marked(names, AUTHOR), *_marked(journals, JOURNAL), *_marked(known, IDENTIFIER), *marks]
    return f" {MARK} ".join(parts)


def _marked(values: list[str], mark: str) -> list[str]:
    return [" ".join(mark + form for form in forms_of(value[:1000])) for value in values[:500] if value]


def _keywords(lists: Iterable[Said]) -> list[Keyword]:
    found: dict[tuple[str, str], Keyword] = {}
    for words in lists:
        language, items = primary(words["language"]), words["items"]
        for position, item in enumerate(items[:100]):
            if item_key := key(item, language):
                found.setdefault((language, item_key), Keyword(language, item_key, item[:200], position, len(items)))
    return list(found.values())
