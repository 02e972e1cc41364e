"""Values out of JSON that may be anything: what is not of the documented kind is left out, never guessed. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote, urlsplit

MOST = 10  # copies or notices of one article
_URL_LIMIT = 2000
_WORD = re.compile(r"[a-z][a-z0-9_ -]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class UnreadableError(Exception):
    """The answer is not what the registry's documentation describes; the message says how."""


def table(value: Any, what: str) -> dict[str, Any]:
    """The value, a JSON object. Raises UnreadableError for anything else."""
    if not isinstance(value, dict):
        raise UnreadableError(f"{what} is no object")
    return value


def tables(value: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list, as many as are read; nothing where it is no list."""
    found = value if isinstance(value, list) else []
    yield from [one for one in found if isinstance(one, dict)][:MOST]


def same_doi(value: Any, doi: str) -> None:
    """Raises UnreadableError where the answer is about another DOI than the one that was asked for."""
    if not isinstance(value, str) or value.strip().lower() != doi:
        raise UnreadableError("it is about another DOI")


def address(value: Any) -> str:
    """An http(s) address of printable characters, escaped where needed; empty for anything else."""
    if not isinstance(value, str) or len(value) > _URL_LIMIT or not value.isprintable():
        return ""
    try:
        parts = urlsplit(value.strip())
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        return ""
    return quote(value.strip(), safe=":/?#[]@!$&'()*+,;=%~-._") if good else ""


def word(value: Any) -> str:
    """A word of the registry's own vocabulary in lower case; empty for anything that looks like none."""
    lowered = unicodedata.normalize("NFKC", value).strip().lower() if isinstance(value, str) else ""
    return lowered if _WORD.fullmatch(lowered) else ""


def day(value: Any) -> date | None:
    """The day of `2020-05-01` or of a time in ISO 8601, or of Crossref's `date-parts`, or None."""
    if isinstance(value, dict):
        return _of_parts(value.get("date-parts"))
    if not isinstance(value, str) or not _DAY.fullmatch(value[:10]):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _of_parts(parts: Any) -> date | None:
    try:
        year, month, number = ([*parts[0], 1, 1])[:3]
        return date(year, month, number)
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        return None
