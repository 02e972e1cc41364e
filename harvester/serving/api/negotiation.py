"""Which representation of a record is wanted: by the Accept header (RFC 9110, section 12.5.1), or by ?format=."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from harvester.formats import bibtex, csl_json, jats, json_ld, ris
from harvester.model.record import Record
from harvester.serving.api.answers import JSON
from harvester.serving.problems import Problem


class Format(NamedTuple):
    """A representation: its name, its media type, others it answers to, and what makes it (None: as it is stored)."""

    name: str
    media_type: str
    also: tuple[str, ...] = ()
    render: Callable[[Record], bytes] | None = None


FORMATS = (
    Format("json", JSON),
    Format("json-ld", json_ld.MEDIA_TYPE, (), json_ld.render),
    Format("csl-json", csl_json.MEDIA_TYPE, (), csl_json.render),
    Format("ris", ris.MEDIA_TYPE, (), ris.render),
    Format("bibtex", bibtex.MEDIA_TYPE, (), bibtex.render),
    Format("jats", jats.MEDIA_TYPE, ("application/xml", "text/xml"), jats.render),
)
_KNOWN = 256  # Accept headers: programs send few different ones
_BY_NAME = {one.name: one for one in FORMATS}


@lru_cache(_KNOWN)
def chosen(accept: str, name: str | None) -> Format:
    """The format that is asked for; without a word of it JSON. Raises Problem where there is none of those."""
    if name is not None:
        return _BY_NAME[name]
    best, quality = FORMATS[0], 0.0
    for one in FORMATS:
        wish = max(_quality(accept, media) for media in (one.media_type, *one.also)) if accept.strip() else 1.0
        if wish > quality:
            best, quality = one, wish
    if not quality:
        raise Problem("not-acceptable", "None of these can be made.", available=[one.media_type for one in FORMATS])
    return best


@lru_cache(_KNOWN)
def media_type(one: Format, accept: str) -> str:
    """As what it is sent: by the name that was asked for, where it answers to several."""
    asked = [media for media in one.also if _quality(accept, media, exact=True) > 0]
    return asked[0] if asked and not _quality(accept, one.media_type, exact=True) else one.media_type


def accepts(accept: str, media: str) -> bool:
    """Whether a media type is asked for by its name."""
    return _quality(accept, media, exact=True) > 0


def _quality(accept: str, media: str, *, exact: bool = False) -> float:
    """The q of the most specific range that covers a media type; 0 where none does."""
    wanted = media.partition(";")[0].strip()
    kind = wanted.partition("/")[0]
    ranges = dict(_ranges(accept))
    for name in (wanted,) if exact else (wanted, f"{kind}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.lower().split(","):
        name, *parameters = (one.strip() for one in part.split(";"))
        stated = [one.partition("=")[2] for one in parameters if one.partition("=")[0].strip() == "q"]
        yield name, _number(stated[0]) if stated else 1.0


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if 0 <= found <= 1 else 0.0
