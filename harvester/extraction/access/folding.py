"""Text as the lexicon reads it: NFKC, lower case, no accents, plain apostrophes, hyphens and spaces.

Almost every page folds character by character, so that an offset in the folded text is one in the raw text; only
ligatures, full-width forms and combining marks need the slow way with a map.
"""

import re
import unicodedata
from bisect import bisect_left
from typing import NamedTuple

_PLAIN = {
    **dict.fromkeys("’‘‛ʼ′`´＇", "'"),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict.fromkeys("“”„«»", '"'),
}


def _single(char: str) -> str:
    base = unicodedata.normalize("NFKD", char)
    bare = "".join(part for part in base if not unicodedata.combining(part)).lower()
    return bare if len(bare) == 1 else char


_TABLE = str.maketrans(
    {chr(code): _single(chr(code)) for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00))}
    | _PLAIN
)
_MANY = re.compile("[\u0300-\u036f\u00adœŒæÆßĳĲ\u200b-\u200f\u2060\ufb00-\ufb06\uff01-\uff5e…]")
_SPELT = {"œ": "oe", "æ": "ae", "ß": "ss", "ĳ": "ij", "…": "..."}


class Folded(NamedTuple):
    """Folded text and, where it is not one to one, the raw offset of every folded character (plus the end)."""

    text: str
    raw: str
    offsets: tuple[int, ...] | None = None

    def slice(self, start: int, end: int) -> str:
        """The raw words behind `text[start:end]`."""
        if self.offsets is None:
            return self.raw[start:end]
        return self.raw[self.offsets[start] : self.offsets[end]]

    def position(self, raw_index: int) -> int:
        """Where the folded text stands at `raw[raw_index]`."""
        return raw_index if self.offsets is None else bisect_left(self.offsets, raw_index)


def fold(raw: str) -> Folded:
    """Fold `raw`, keeping the way back."""
    if raw.isascii() or _MANY.search(raw) is None:
        return Folded(raw.translate(_TABLE), raw)
    pieces: list[str] = []
    offsets: list[int] = []
    for index, char in enumerate(raw):
        piece = _fold_char(char)
        pieces.append(piece)
        offsets.extend([index] * len(piece))
    offsets.append(len(raw))
    return Folded("".join(pieces), raw, tuple(offsets))


def _fold_char(char: str) -> str:
    spelt = _SPELT.get(char.lower())
    if spelt is not None:
        return spelt
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return ""
    return "".join(
        c for c in unicodedata.normalize("NFKD", char.translate(_TABLE)).lower() if c.isprintable() or c.isspace()
    )
