"""A person's name wherever it stands in a text or a page, and its letters masked there. Pure.

Only letters are masked, each by one sign, so that every offset into the text stays true. A name is found with the
family name before or after, with initials, without accents, in any case; in a page also between tags and encoded.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from harvester.model.record import Contributor
from storage.search.analyser import fold

MASK = "█"
MASKED = re.compile(rf"[{MASK}\W]*{MASK}[{MASK}\W]*")  # a name of which nothing is left
_LETTERS = re.compile(r"[^\W\d_]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s‐‑-]?){1,4}")
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OVER = "\u0300"  # stands for any combining mark
_BETWEEN = r"[\s.,'’‐‑_+\x1f-]"
_JOINED = {"oe": "œ", "ae": "æ", "ss": "ß"}
_PLAIN = {"ø": "o", "ł": "l", "ʼ": "'"}


class Person(NamedTuple):
    """The words of a name, folded; `initials` when nothing but initials is known of the given names."""

    family: tuple[str, ...]
    given: tuple[str, ...]
    initials: bool

    @property
    def full(self) -> str | None:
        """The form in which two full names compare, whatever their order: words of two letters and more."""
        words = sorted(word for word in (*self.family, *self.given) if len(word) > 1 or _IDEOGRAPHS.match(word))
        return None if self.initials or not words else " ".join(words)

    @property
    def short(self) -> str:
        """Family name and all initials."""
        letters = self.given if self.initials else tuple(word[0] for word in self.given)
        return f"{' '.join(self.family)}|{''.join(letters)}"

    @property
    def shortest(self) -> str:
        """Family name and first initial."""
        return f"{' '.join(self.family)}|{self.given[0][0] if self.given else ''}"


def person(family: str | None, given: str | None, printed: str = "") -> Person:
    """A name by its parts, or as printed where they are not known."""
    if not family:
        first, comma, rest = printed.partition(",")
        words = printed.split()
        family, given = (first, rest) if comma else (words[-1] if words else "", " ".join(words[:-1]))
    given = (given or "").strip()
    letters = tuple(_LETTERS.findall(fold(given)))
    initials = given.upper() == given != given.lower() and bool(_INITIALS.fullmatch(given))
    if initials:
        letters = tuple("".join(letters))
    return Person(tuple(_LETTERS.findall(fold(family))), letters, initials)


def of_contributor(one: Contributor) -> Person:
    """The name of a contributor."""
    return person(one.family, one.given, one.name)


@dataclass(frozen=True, slots=True)
class Names:
    """The names to mask in one record or page, and those beside them that stay."""

    people: tuple[Person, ...]
    others: tuple[Person, ...] = ()

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the names stand, in code points of the text."""
        flat = flattened(text)
        yield from self.flat_spans(flat, text)

    def flat_spans(self, flat: str, text: str) -> list[tuple[int, int]]:
        """The same of a text that is flattened already."""
        bare = flat.replace(_OVER, "")
        if not any(word in bare for one in self.people for word in _rarest(one)):
            return []
        spared = [found.span() for one in self.others for found in _whole(one).finditer(flat)] if self.others else []
        found: list[tuple[int, int]] = []
        for one in self.people:
            found += [match.span() for match in _whole(one).finditer(flat)]
            if not any(other.shortest == one.shortest for other in self.others):
                found += [
                    m.span()
                    for m in _shortened(one).finditer(flat)
                    if text[m.start("i1" if m["i1"] else "i2")].isupper()
                ]
            if not self.family_stays(one):
                found += [match.span("name" if match["name"] else "owner") for match in _cited(one).finditer(flat)]
        return [(start, end) for start, end in found if not any(start < b and a < end for a, b in spared)]

    def masked(self, text: str) -> str:
        """The text with the letters of the names masked."""
        spans = list(self.spans(text))
        if not spans:
            return text
        signs = list(text)
        for start, end in spans:
            signs[start:end] = [MASK if sign.isalpha() or _is_over(sign) else sign for sign in signs[start:end]]
        return "".join(signs)

    def family_stays(self, one: Person) -> bool:
        """Whether somebody who stays has the same family name."""
        return any(other.family == one.family for other in self.others)


def flattened(text: str) -> str:
    """The text sign by sign without case and accents; as long as it was."""
    return "".join(map(_flat, text))


@lru_cache(maxsize=4096)
def _flat(sign: str) -> str:
    if _is_over(sign):
        return _OVER
    low = sign.lower()
    plain = unicodedata.normalize("NFKD", _PLAIN.get(low, low))[:1]
    return plain if len(low) == 1 and plain else sign


def _is_over(sign: str) -> bool:
    return unicodedata.category(sign) == "Mn"


@lru_cache(maxsize=256)
def _whole(one: Person) -> re.Pattern[str]:
    """The full name in either order, with initials of further names between or after."""
    family, given = _words(one.family, one), _words(one.given, one)
    if one.initials or not one.given or not one.family:
        return re.compile(r"(?!)")
    gap, edge, end = _gaps(one)
    middle = rf"(?:{gap}[^\W\d_](?={_BETWEEN}))" + "{0,2}"
    return re.compile(rf"{edge}(?:{given}{middle}{gap}{family}|{family}{gap}{given}){end}")


@lru_cache(maxsize=256)
def _shortened(one: Person) -> re.Pattern[str]:
    """Family name and initials, in either order."""
    if not one.given or not one.family or _IDEOGRAPHS.search(one.family[0]):
        return re.compile(r"(?!)(?P<i1>)(?P<i2>)")
    letters = [word[0] for word in one.given]
    known = "".join(rf"(?:[.\s‐‑-]{{0,3}}{letter})?" for letter in letters[1:])
    further = r"(?:[.\s‐‑-]{1,3}[^\W\d_](?![^\W\d_]))?"
    first = rf"{letters[0]}{known}{further}(?![^\W\d_])"
    family = _words(one.family, one)
    gap, edge, end = _gaps(one)
    return re.compile(rf"{edge}(?:(?P<i1>{first}){gap}{family}|{family}{gap}(?P<i2>{first})){end}")


@lru_cache(maxsize=256)
def _cited(one: Person) -> re.Pattern[str]:
    """The family name alone where it is surely a name: cited with others, or in a copyright line."""
    if not one.family or not one.given:
        return re.compile(r"(?!)(?P<name>)(?P<owner>)")
    family = _words(one.family, one)
    return re.compile(
        rf"(?<![^\W\d_])(?P<name>{family})(?=[\s,]{{1,3}}(?:et|and|und|y|e)\s(?:al|coll)\b)"
        rf"|(?:©|\(c\)|copyright)[\s\d,:-]{{0,12}}(?P<owner>{family})(?![^\W\d_])"
    )


def _rarest(one: Person) -> tuple[str, ...]:
    """What must stand in a text for the name to stand there; several spellings of one word."""
    word = max(one.family or one.given, key=len, default="")
    return tuple({word, *(word.replace(pair, joined) for pair, joined in _JOINED.items())}) if word else ()


def _gaps(one: Person) -> tuple[str, str, str]:
    """What may stand between two words of a name, and what bounds it."""
    if any(map(_IDEOGRAPHS.search, (*one.family, *one.given))):
        return rf"{_BETWEEN}{{0,6}}", "", ""
    return rf"{_BETWEEN}{{1,6}}", r"(?<![^\W\d_])", r"(?![^\W\d_])"


def _words(words: Iterable[str], one: Person) -> str:
    return _gaps(one)[0].join(map(_letters, words))


def _letters(word: str, sign: Callable[[str], str] = re.escape, mark: str = _OVER) -> str:
    """A pattern of the word, each letter by `sign` and with any marks over it."""
    pattern, at = [], 0
    while at < len(word):
        pair = word[at : at + 2]
        width = 2 if pair in _JOINED else 1
        letters = "".join(map(sign, word[at : at + width]))
        joined = _JOINED.get(pair, "")
        pattern.append(f"(?:{letters}|[{joined}{joined.upper()}]){mark}*" if joined else f"{letters}{mark}*")
        at += width
    return "".join(pattern)


def words_in(text: str, most: int = 5) -> Iterator[str]:
    """Every run of two words and more in the form of full names, with the words as they stand."""
    found = list(_LETTERS.finditer(text))
    for at in range(len(found)):
        for end in range(at + 2, min(at + most, len(found)) + 1):
            if found[end - 1].start() - found[end - 2].end() > 6:
                break
            yield text[found[at].start() : found[end - 1].end()]


def loose(one: Person, orcid: str | None) -> re.Pattern[str]:
    """What stands in every text that may name the person: the longest word of the name, or the ORCID."""
    word = max(one.family or one.given, key=len)
    parts = [
        _letters(word, lambda sign: f"[{re.escape(sign + sign.upper())}{_accented().get(sign, '')}]", "[\u0300-\u036f]")
    ]
    parts += [re.escape(orcid.rstrip("/").rpartition("/")[2])] if orcid else []
    return re.compile("|".join(parts))


@lru_cache(maxsize=1)
def _accented() -> dict[str, str]:
    """Latin letters with marks, of either case, by the plain small letter."""
    found: dict[str, str] = {}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        sign = chr(code)
        if sign.isalpha() and (plain := _flat(sign)) != sign:
            found[plain] = found.get(plain, "") + sign
    return found
