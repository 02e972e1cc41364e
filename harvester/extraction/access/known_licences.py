"""Licences that are data: those of `licences.toml` by address or by name, and what each says of access.

SPDX licence list 3; rightsstatements.org 1.0. A text's open licence makes it open, a publisher's terms for what anybody
may read make it free, and licences of data or code, statements of rights and terms of mining say nothing of it.
"""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from harvester.model.access import AccessStatus

_EFFECTS = {"open": AccessStatus.OPEN, "free": AccessStatus.FREE, "none": None}
_NOTHING = re.compile(r"(?!)")
_ADDRESS = re.compile(r"https?://[^\s\"'<>]{4,300}")
_LATER = re.compile(r"or (?:any )?later|ou (?:toute version )?ult[eé]rieure|oder (?:sp[aä]ter|neuer)", re.IGNORECASE)
_AFTER = 60  # characters in which "or any later version" follows a licence's name
_OPEN_TOOLS = "creativecommons.org/"


class Named(NamedTuple):
    """A licence as an address and, if it has one, its SPDX identifier; the day it starts, and what it covers."""

    url: str
    spdx: str | None
    start: str | None = None
    applies_to: str = "unspecified"


class _Known(NamedTuple):
    """One licence of the file."""

    address: re.Pattern[str]
    words: re.Pattern[str]
    versions: tuple[str, ...]
    spdx: str
    later: str
    url: str
    bare: str
    effect: AccessStatus | None

    def named(self, found: re.Match[str], after: str = "") -> Named:
        """The licence in the version that a match names."""
        spelled = next((value for name, value in found.groupdict().items() if value), "")
        version = next((one for one in self.versions if one.lower() == spelled.lower()), "")
        pattern = self.later if self.later and _LATER.search(after) else self.spdx
        spdx = pattern.format(v=version) if version or "{v}" not in pattern else ""
        address = self.url if version or not self.bare else self.bare
        return Named(address.format(v=version) if address else _whole_address(found), spdx or None)


def of_address(url: str) -> Named | None:
    """The licence that an address names; None when it is none of the file's (Creative Commons has its own reader)."""
    found = _by_address(url)
    return found[0] if found and found[0].url else None


def of_words(text: str) -> Named | None:
    """The licence that words name, the first of the file's."""
    for known in _known():
        if found := known.words.search(text):
            return known.named(found, text[found.end() : found.end() + _AFTER])
    return None


def place_in(text: str) -> re.Match[str] | None:
    """Where the words stand by which `of_words` names a licence."""
    return next((found for known in _known() if (found := known.words.search(text))), None)


def effect(url: str) -> AccessStatus | None:
    """What a licence says of access, by the address that `Named` gives it: open, free, or nothing."""
    if _OPEN_TOOLS in url:
        return AccessStatus.OPEN
    found = _by_address(url)
    return found[1] if found else None


@lru_cache(maxsize=500)
def _by_address(url: str) -> tuple[Named, AccessStatus | None] | None:
    for known in _known():
        if found := known.address.search(url):
            return known.named(found), known.effect
    return None


def _whole_address(found: re.Match[str]) -> str:
    return next((one[0] for one in _ADDRESS.finditer(found.string) if one.start() <= found.start() < one.end()), "")


@cache
def _known() -> tuple[_Known, ...]:
    data = tomllib.loads((files("harvester.extraction.access") / "licences.toml").read_text("utf-8"))
    return tuple(
        _Known(
            re.compile(one["address"], re.IGNORECASE),
            re.compile(one["words"], re.IGNORECASE) if "words" in one else _NOTHING,
            tuple(one.get("versions", ())),
            one.get("spdx", ""),
            one.get("later", ""),
            one.get("url", ""),
            one.get("bare", ""),
            _EFFECTS[one["effect"]],
        )
        for one in data["licence"]
    )
