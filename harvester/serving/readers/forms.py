"""What a form says, checked: the mistakes of a reader are told to him, and stand in no log."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from fastapi import HTTPException, Request
from pydantic import ValidationError

from harvester.errors import UsageError
from harvester.model.access import AccessStatus
from harvester.model.alert import LANGUAGES, News, Rhythm, Timing, Wants
from storage.search.query import parse

MOST_BYTES = 32_000
Said = Mapping[str, Sequence[str]]
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # all but tab and line ends


class AlertForm(NamedTuple):
    """What the form of an alert says."""

    wants: Wants
    timing: Timing
    language: str
    name: str


async def said(request: Request) -> dict[str, list[str]]:
    """The fields of a form (application/x-www-form-urlencoded), without control characters.

    Raises HTTPException: 413 for a long one, 400 for what is none.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=False, max_num_fields=200)
    except (UnicodeDecodeError, ValueError):
        raise HTTPException(400) from None
    return {name: [plain(value) for value in values] for name, values in fields.items()}


def plain(text: str) -> str:
    """The text without control characters, of which neither databases nor XML nor terminals take all."""
    return _CONTROLS.sub("", text)


def one(form: Said, name: str, otherwise: str = "") -> str:
    """The first value of a field."""
    return next(iter(form.get(name, ())), otherwise).strip()


def alert_form(form: Said) -> AlertForm:
    """Raises ValueError, with the name of the field that is wrong as its text."""
    language = one(form, "language", "fr")
    if language not in LANGUAGES:
        raise ValueError("language")
    wants: dict[str, Any] = {name: _listed(form, name) for name in ("journals", "authors", "subjects", "languages")}
    wants |= {"query": one(form, "query"), "access": tuple(form.get("access", ())), "news": tuple(form.get("news", ()))}
    timing = {name: one(form, name) for name in ("rhythm", "hour", "weekday", "monthday", "zone") if one(form, name)}
    try:
        found = Wants.model_validate(wants)
        parse(found.search().text)
        return AlertForm(found, Timing.model_validate(timing), language, one(form, "name")[:120])
    except ValidationError as error:
        raise ValueError(str(error.errors()[0]["loc"][0])) from None
    except UsageError:
        raise ValueError("query") from None


def choices() -> dict[str, list[str]]:
    """The values of the fields that are chosen from."""
    return {
        "news": [one.value for one in News],
        "access": [one.value for one in AccessStatus],
        "rhythm": [one.value for one in Rhythm],
        "language": list(LANGUAGES),
    }


def _listed(form: Said, name: str) -> tuple[str, ...]:
    """Several values in one field, apart by semicolons or line ends."""
    return tuple(part.strip() for part in one(form, name).replace("\n", ";").split(";") if part.strip())
