"""The tables of data/: our words -> those of other vocabularies."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.record import Record

COAR_ACCESS = "http://purl.org/coar/access_right/"
COAR_TYPE = "http://purl.org/coar/resource_type/"


class Coded(NamedTuple):
    """A term of a vocabulary: its label and its URI."""

    label: str
    uri: str


@cache
def table(name: str) -> dict[str, Any]:
    """The table `data/NAME.toml`."""
    loaded: dict[str, Any] = tomllib.loads(files("harvester.formats").joinpath(f"data/{name}.toml").read_text("utf-8"))
    return loaded


def iso639_2b(language: str) -> str:
    """ISO 639-2/B of a BCP 47 tag; `und` where the table has none."""
    return _iso639(language, 0)


def iso639_3(language: str) -> str:
    """ISO 639-3 of a BCP 47 tag; `und` where there is none."""
    return _iso639(language, 1)


def _iso639(language: str, part: int) -> str:
    primary = language.split("-")[0].lower()
    if len(primary) == 3:
        return primary
    found: list[str] = table("languages").get(primary, ["und", "und"])
    return found[part]


def babel(language: str) -> str | None:
    """The name of a language in babel and biblatex (`langid`), where the table has one."""
    name: str | None = table("babel").get(language.split("-")[0].lower())
    return name


def coar_type(record: Record) -> Coded:
    """The COAR resource type (3.x)."""
    return _coded(_type(record, "coar"))


def coar_type_1(record: Record) -> Coded:
    """The COAR resource type that version 1.1 knows too."""
    return _coded(_row(record).get("coar_1") or _type(record, "coar"))


def _coded(term: list[str]) -> Coded:
    label, code = term
    return Coded(label, f"{COAR_TYPE}{code}")


def type_in(record: Record, vocabulary: str) -> str:
    """The record's type in `jats`, `ris`, `csl`, `bibtex` or `schema_org`."""
    return str(_type(record, vocabulary))


def _row(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = table("types")[_type_words().get(record.type.casefold(), "article")]
    return found


def _type(record: Record, vocabulary: str) -> Any:
    return _row(record).get(vocabulary, table("types")["article"][vocabulary])


@cache
def _type_words() -> dict[str, str]:
    return {word: name for name, row in table("types").items() for word in row["words"]}


def coar_access(access: AccessVerdict) -> Coded | None:
    """The COAR access right (1.0); None for `unknown`. What is free for a time only is restricted, not open, access."""
    row = table("access")[access.status.value]
    code = row.get("coar_until") if access.until else None
    code = code or row.get("coar")
    return Coded(table("access")["labels"][code], f"{COAR_ACCESS}{code}") if code else None


def is_free_to_read(access: AccessVerdict) -> bool:
    """True where NISO RP-22 (ALI) `free_to_read` holds: now, until a day, or from the stated end of an embargo on."""
    if access.status is AccessStatus.EMBARGOED and access.embargo_until is None:
        return False  # without a start it would say: now
    return bool(table("access")[access.status.value]["free_to_read"])


def is_accessible_for_free(access: AccessVerdict) -> bool | None:
    """schema.org isAccessibleForFree; None where nothing may be said."""
    said: bool | None = table("access")[access.status.value].get("accessible")
    return said


def relation_in(kind: str, vocabulary: str) -> str | None:
    """A relation type in `datacite`, `jats` or `schema_org`; None where it has no word for it."""
    word: str | None = table("relations").get(kind, {}).get(vocabulary)
    return word
