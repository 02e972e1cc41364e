"""What every format has to choose from a Record in the same way: the main language, a date, names, pages, links."""

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from harvester.model.record import Contributor, DateValue, Identifier, Record, Relation

_ISSUED = ("published", "print", "online", "shown_on_page", "preprint")
_OTHER = ("accepted", "received", "revised", "created", "corrected")
_PAGES = re.compile(r"\s*([^\s–—-]+)\s*[-–—]+\s*([^\s–—-]+)\s*$")
DOI_URL = "https://doi.org/"


class Cited(Protocol):
    """What of a Record decides how it is cited."""

    @property
    def url(self) -> str: ...
    @property
    def identifiers(self) -> tuple[Identifier, ...]: ...
    @property
    def relations(self) -> tuple[Relation, ...]: ...
    def identifier(self, scheme: str) -> str | None: ...


def languages(record: Record) -> list[str]:
    """Every language of titles, abstracts and keywords, the main one first: that of the original, else of the page."""
    texts = [*record.titles, *record.abstracts, *record.keywords]
    originals = [lang for lang, title in record.titles.items() if title.role == "original"]
    listed = [lang for lang in record.languages if lang in record.titles]
    known = [lang for lang in record.languages if lang in texts]
    return list(dict.fromkeys([*originals, *listed, *record.titles, *known, *texts]))


def issued(record: Record) -> DateValue | None:
    """The date of publication: as published, in print, online, else as shown on the page."""
    return next((date for kind in _ISSUED for date in record.dates if date.kind == kind), None)


def any_date(record: Record) -> DateValue | None:
    """The date of publication, else the nearest there is."""
    other = (date for kind in _OTHER for date in record.dates if date.kind == kind)
    return issued(record) or next(other, record.dates[0] if record.dates else None)


def people(record: Record, role: str) -> list[Contributor]:
    """Contributors of a role in their order."""
    return sorted((one for one in record.contributors if one.role == role), key=lambda one: one.order)


def others(record: Record) -> list[Contributor]:
    """Contributors who are neither authors nor editors."""
    return [one for one in record.contributors if one.role not in ("author", "editor")]


def inverted(person: Contributor) -> str:
    """`Family, Given`; the name as printed where its parts are not known."""
    if not person.family:
        return person.name
    return f"{person.family}, {person.given}" if person.given else person.family


def journal(record: Record) -> str | None:
    """The title of the container in the main language, else the first it has."""
    titles = record.container.titles
    return next((titles[lang] for lang in languages(record) if titles.get(lang)), next(iter(titles.values()), None))


def issn(record: Record) -> str | None:
    """One ISSN: the printed journal's, else the linking or any other."""
    kinds = ("print", "linking", "electronic", "unknown")
    return next((one.value for kind in kinds for one in record.container.issns if one.kind == kind), None)


class Pages(NamedTuple):
    """First and last page; `last` is None for a single page or a range nobody can read."""

    first: str
    last: str | None


def pages(record: Record) -> Pages | None:
    """The pages as printed, split where they are one range."""
    printed = record.container.pages
    if not printed or not printed.strip():
        return None
    found = _PAGES.match(printed)
    return Pages(found[1], found[2]) if found else Pages(printed.strip(), None)


def doi(record: Cited) -> str | None:
    """The DOI of this edition."""
    return record.identifier("doi")


def doi_url(value: str) -> str:
    """A DOI as URL (DOI Handbook 3.6): characters that a URL cannot hold are percent-encoded."""
    unsafe = {character: f"%{ord(character):02X}" for character in '%"#<>?[]\\^`{|} '}
    return DOI_URL + "".join(unsafe.get(character, character) for character in value)


def fulltexts(record: Record) -> Iterator[str]:
    """Addresses of the full text as the page names them; what they say of access is the verdict's alone."""
    return (place.url for place in record.locations if place.content != "landing")
