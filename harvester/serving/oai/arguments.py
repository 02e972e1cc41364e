"""The six verbs, what each takes (OAI-PMH 2.0, section 4), and what is wrong with a request (section 3.6). Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from harvester.formats.characters import for_xml

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECOND = re.compile(rf"{_DAY.pattern}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}Z")
_WHOLE_DAY_S = 24 * 60 * 60 - 1
_PREFIX = re.compile(r"[A-Za-z0-9_.!~*'()-]+")
_SET = re.compile(rf"{_PREFIX.pattern}(:{_PREFIX.pattern})*")
_URI = re.compile(r"([A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")  # RFC 3986, by its characters


class RefusedError(Exception):
    """A condition of section 3.6, answered with HTTP 200. `code` is the protocol's, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Shape(NamedTuple):
    """Arguments that a verb must have and may have; `exclusive` ones stand alone."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    exclusive: str = ""


_LIST = Shape(("metadataPrefix",), ("from", "until", "set"), "resumptionToken")
VERBS: Mapping[str, Shape] = {
    "Identify": Shape(),
    "ListMetadataFormats": Shape(optional=("identifier",)),
    "ListSets": Shape(exclusive="resumptionToken"),
    "GetRecord": Shape(("identifier", "metadataPrefix")),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
}
Pairs = Sequence[tuple[str, str]]


def verb_of(pairs: Pairs) -> str:
    """The verb. Raises RefusedError (badVerb) where it is missing, repeated or none of the six."""
    verbs = [value for name, value in pairs if name == "verb"]
    if len(verbs) == 1 and verbs[0] in VERBS:
        return verbs[0]
    said = "is missing" if not verbs else "is given more than once" if len(verbs) > 1 else "is not one of the protocol"
    raise RefusedError("badVerb", f"the verb {said}: use one of {', '.join(VERBS)}")


def arguments_of(verb: str, pairs: Pairs) -> dict[str, str]:
    """What goes with the verb. Raises RefusedError (badArgument) for what is missing, repeated, unknown or no text."""
    given = Counter(name for name, _ in pairs if name != "verb")
    shape = VERBS[verb]
    known = {*shape.required, *shape.optional, shape.exclusive} - {""}
    problems = [f"{name} is given more than once" for name, number in given.items() if number > 1]
    problems += [f"{name} does not go with {verb}" for name in given if name not in known]
    if shape.exclusive in given:
        problems += [f"{shape.exclusive} stands alone" for name in given if name != shape.exclusive][:1]
    else:
        problems += [f"{name} is missing" for name in shape.required if name not in given]
    found = {name: value for name, value in pairs if name != "verb"}
    problems += [f"{name} has characters that XML cannot hold" for name, text in found.items() if for_xml(text) != text]
    problems += _misformed(found)
    if problems:
        raise RefusedError("badArgument", for_xml("; ".join(problems)))
    return found


def _misformed(found: Mapping[str, str]) -> list[str]:
    shapes = {"metadataPrefix": _PREFIX, "set": _SET, "identifier": _URI}
    return [
        f"{name} cannot be {found[name]!r}"
        for name, shape in shapes.items()
        if name in found and not shape.fullmatch(found[name])
    ]


def period_of(found: Mapping[str, str]) -> tuple[int | None, int | None]:
    """`from` and `until` in seconds since 1970, both ends within. Raises RefusedError (badArgument)."""
    start, until = found.get("from"), found.get("until")
    if start is not None and until is not None and len(start) != len(until):
        raise RefusedError(
            "badArgument", "from and until are of different granularity: give both as days, or as seconds"
        )
    first = None if start is None else _moment("from", start)
    last = None if until is None else _moment("until", until) + (_WHOLE_DAY_S if _DAY.fullmatch(until) else 0)
    if first is not None and last is not None and first > last:
        raise RefusedError("badArgument", "from is later than until")
    return first, last


def _moment(name: str, text: str) -> int:
    shape = "%Y-%m-%d" if _DAY.fullmatch(text) else "%Y-%m-%dT%H:%M:%SZ" if _SECOND.fullmatch(text) else ""
    try:
        if shape:
            return int(datetime.strptime(text, shape).replace(tzinfo=UTC).timestamp())
    except ValueError:
        pass  # no such day
    raise RefusedError("badArgument", f"{name} is no date: write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")


def utc(seconds: float) -> str:
    """Seconds since 1970 as the protocol writes them (section 3.3)."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
