"""A printed keyword list -> its items, in order, each once."""

import re
from functools import cache

from harvester.extraction.normalise.text import fold, tidy

_LINE = "\u2028"  # where a line was broken: it parts beside every other separator
# Separators from the strongest on: characters of which one is there, and the pattern.
_STRONG = tuple(
    (frozenset(characters + _LINE), re.compile(rf"{pattern}|\s*{_LINE}\s*"))
    for characters, pattern in (
        (";；", r"\s*[;；]\s*"),
        ("|", r"\s*\|\s*"),
        ("•·●∙▪■", r"\s*[•·●∙▪■]\s*"),
        ("\r\n", r"\s*[\r\n]{2,}\s*"),
        ("–—", r"\s+[–—]\s+"),
        ("\\", r"\s*\\\\\s*"),
    )
)
_LINES = re.compile(r"\s*[\r\n]+\s*|\s+/\s+")
_AND = re.compile(r"^(?:and|et|und|y|e)\s+(?=\S+$)")
_WORD = re.compile(r"\w")
_RUN = re.compile(r"[ \t\xa0]{2,}")
_LIMIT = 20_000  # characters of a printed list
_OPEN, _CLOSE = "([{«", ")]}»"
_LABEL = re.compile(r"^\s*(?:key\s?-?words?|mots[\s-]cl[ée]s?|index terms)\s*[:—–-]\s*", re.IGNORECASE)


def split_keywords(text: str) -> list[str]:
    """Cut at the strongest separator that is used; commas inside brackets never cut."""
    text = _LABEL.sub("", _RUN.sub(" ", text.strip())[:_LIMIT])
    present = set(text)
    for characters, pattern in _STRONG:
        parts = [] if characters.isdisjoint(present) else [part for part in pattern.split(text) if part.strip()]
        if len(parts) > 1:
            return clean_keywords(_finer(parts) if ";" in characters else parts)
    text = text.replace("\xa0", " ")
    dashes = text.count(" - ")
    if dashes > 1 and dashes > text.count(","):
        return clean_keywords(text.split(" - "))
    parts = split_outside_brackets(text, ",،、，")
    if len(parts) == 1:
        parts = _LINES.split(text)
    if len(parts) == 1 and text.count(". ") >= 2:
        parts = text.split(". ")
    if len(parts) == 1 and " - " in text:
        parts = text.split(" - ")
    return clean_keywords(parts)


def split_outside_brackets(text: str, separators: str) -> list[str]:
    """Cut at any of the separators that stands outside brackets; a digit group (`1,2-diol`) is not cut."""
    parts, depth, start = [], 0, 0
    for found in _telling(separators).finditer(text):
        index, char = found.start(), found[0]
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
        elif depth == 0 and not _inside_number(text, index):
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


@cache
def _telling(separators: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(_OPEN + _CLOSE + separators)}]")


def _finer(parts: list[str]) -> list[str]:
    """Semicolons between groups of comma lists separate lists, not keywords."""
    if sum(part.count(",") for part in parts) < 3 * len(parts):
        return parts
    return [item for part in parts for item in split_outside_brackets(part, ",")]


def _inside_number(text: str, index: int) -> bool:
    return 0 < index < len(text) - 1 and text[index - 1].isdigit() and text[index + 1].isdigit()


def clean_keywords(parts: list[str]) -> list[str]:
    """Tidy items; drop empty, repeated and over-long ones (over 200 characters it is prose)."""
    items: dict[str, str] = {}
    for part in parts:
        item = tidy(part).strip(" ,;:|•·/").rstrip(".") if part else ""
        if part and part.rstrip().endswith(".)"):
            item = tidy(part)
        item = _AND.sub("", item)
        if item and len(item) <= 200 and _WORD.search(item):
            items.setdefault(fold(item) or item, item)
    return list(items.values())
