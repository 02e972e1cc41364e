"""Folded words, shingles of what must go, and phrases of what must stay."""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

SHINGLE = 6  # words; the shortest run that is a quotation and not a turn of phrase
BRIDGE = 8  # words between two quoted runs that go with them: footnote marks, broken formulas
_JOINERS = "\u00ad\u200b-\u200d\u2060\ufeff"
_WORD = re.compile(rf"[\w\u0300-\u036f{_JOINERS}]+")
_DROPPED = re.compile(rf"[\u0300-\u036f{_JOINERS}]")
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,2000}>")
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ENCODED = re.compile(r"&[#\w]|\\|%[0-9A-Fa-f]{2}|<[a-zA-Z/!]")
_DEPTH = 4  # an abstract as URL-encoded HTML inside JSON inside an attribute


class Word(NamedTuple):
    """A folded word and its place in the text it was read from, in code points."""

    text: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words of a text, without case, accents and joiners, with their places."""
    return [Word(fold(match[0]), *match.span()) for match in _WORD.finditer(text)]


def folded(text: str) -> list[str]:
    """The same words without their places; to lower all of the text at once changes none of them."""
    found = _WORD.findall(text.lower())
    return found if text.isascii() else [word if word.isascii() else fold(word) for word in found]


def fold(word: str) -> str:
    """Lower case without accents, soft hyphens and zero-width characters; compatibility forms resolved."""
    if word.isascii():
        return word.lower()
    return _DROPPED.sub("", unicodedata.normalize("NFKD", word)).casefold()


def variants(text: str) -> Iterator[str]:
    """The text as it stands, then with JSON escapes, entities, percent-encoding and markup taken off step by step."""
    yield text
    for _ in range(_DEPTH):
        if not _ENCODED.search(text):
            return
        text = _decoded(text)
        yield text


def _decoded(text: str) -> str:
    text = _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    text = _ESCAPE.sub(lambda found: " " if found[1] in "nrtbf" else found[1], text)
    text = html.unescape(text)
    if re.search(r"%[0-9A-Fa-f]{2}", text):
        text = unquote_plus(text)
    return _TAG.sub(" ", text)


class Phrases:
    """Word shingles of texts that must go; shingles that `spare` texts share are not among them."""

    def __init__(self, texts: Iterable[str], *, spare: Iterable[str] = ()) -> None:
        self._shingles = {shingle for text in texts for form in variants(text) for shingle in _shingles(folded(form))}
        for text in spare:
            self._shingles.difference_update(_shingles(folded(text)))

    def __bool__(self) -> bool:
        return bool(self._shingles)

    def marks(self, stream: Sequence[Word]) -> list[bool]:
        """For each word whether it belongs to a shingle that must go."""
        marked = [False] * len(stream)
        for at, shingle in enumerate(_shingles([word.text for word in stream])):
            if shingle in self._shingles:
                marked[at : at + SHINGLE] = [True] * SHINGLE
        return marked

    def within(self, text: str) -> bool:
        """Whether any reading of the text holds a shingle that must go."""
        if not self._shingles:
            return False
        return any(not self._shingles.isdisjoint(_shingles(folded(form))) for form in variants(text))


def _shingles(texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(texts[at:] for at in range(SHINGLE)), strict=False)


class Facts:
    """Phrases that must stay: titles, names, keywords, dates; `quotes` of a verdict count as long, however short."""

    def __init__(self, texts: Iterable[str], quotes: Iterable[str] = ()) -> None:
        self._by_first: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self._quotes = {_phrase(quote) for quote in quotes}
        for phrase in {*map(_phrase, texts), *self._quotes}:
            if phrase:
                self._by_first[phrase[0]].add(phrase)

    def cover(self, stream: Sequence[Word], *, least: int = 1) -> list[bool]:
        """For each word whether it belongs to a fact of at least `least` words, or to a quote."""
        covered = [False] * len(stream)
        texts = [word.text for word in stream]
        for at, first in enumerate(texts):
            for phrase in self._by_first.get(first, ()):
                size = len(phrase)
                if (size >= least or phrase in self._quotes) and tuple(texts[at : at + size]) == phrase:
                    covered[at : at + size] = [True] * size
        return covered

    def share(self, stream: Sequence[Word]) -> float:
        """The share (0..1) of the words that are facts: high in author lists, low in prose."""
        return sum(self.cover(stream)) / len(stream) if stream else 0.0


def _phrase(text: str) -> tuple[str, ...]:
    return tuple(folded(text))


def bridged(marked: Sequence[bool], barrier: Sequence[bool]) -> list[bool]:
    """The marks with short gaps filled, except gaps that hold a fact."""
    filled = list(marked)
    last = None
    for at, mark in enumerate(marked):
        if not mark:
            continue
        if last is not None and 1 < at - last <= BRIDGE + 1 and not any(barrier[last + 1 : at]):
            filled[last + 1 : at] = [True] * (at - last - 1)
        last = at
    return filled


def runs(marked: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of consecutive marks."""
    start = None
    for at, mark in enumerate((*marked, False)):
        if mark and start is None:
            start = at
        elif not mark and start is not None:
            yield start, at
            start = None
