"""Where a page's text may speak of access: stems of all languages looked for in one search of its text nodes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from harvester.extraction.wordlist import WordList

_PLACES, _HITS = 50_000, 600  # per page: an attack is cut, not followed
_LOOK_BACK, _LOOK_AHEAD = 32, 48  # bytes around a stem that its pattern sees
_INDENT = 400  # bytes of space at the head of a node, before which its pattern sees where the node begins
# Characters: a long node speaks of access where it begins or ends, if it does.
_LONG, _HEAD, _TAIL = 360, 220, 100
_FAR = 4 * _LONG  # bytes: no short node is longer

Around = Mapping[int, re.Pattern[bytes] | None]  # number of a stem -> what must stand around it; None: anything


class Sightings(NamedTuple):
    """The words of a list that stand in a page's text nodes, and where."""

    text: bytes  # `Document.words`
    places: Sequence[tuple[int, int]]  # number of a word, offset
    seen: frozenset[int]  # the numbers of `places`
    numbers: Mapping[bytes, int]  # of all words of the list

    @classmethod
    def of(cls, text: bytes, words: WordList) -> "Sightings":
        """What of `words` stands in `text`."""
        places = [*islice(words.places(text), _PLACES)]
        return cls(text, places, frozenset(number for number, _ in places), words.numbers)

    def any_of(self, numbers: Iterable[int]) -> bool:
        """Whether one of these words stands anywhere."""
        return not self.seen.isdisjoint(numbers)

    def holds(self, word: bytes) -> bool:
        """Whether a word of the list stands anywhere."""
        return self.numbers[word] in self.seen

    def places_of(self, word: bytes) -> list[int]:
        """Where a word of the list stands, in order."""
        wanted = self.numbers[word]
        return sorted(at for number, at in self.places if number == wanted) if wanted in self.seen else []

    def nodes(self, around: Around) -> list[int]:
        """Indices of the text nodes that hold a stem of `around` with what it wants around it, in order, each once."""
        indices: list[int] = []
        node = last = end = 0
        for at, number in sorted((at, number) for number, at in self.places if number in around):
            if at < end or not self._fits(around[number], at):
                continue
            node += self.text.count(b"\0", last, at)
            indices.append(node)
            last, end = at, self.text.find(b"\0", at)
            if end < 0:
                break
        # Access is stated at the head and at the foot of a page.
        return indices if len(indices) <= _HITS else indices[: _HITS // 2] + indices[-_HITS // 2 :]

    def _fits(self, pattern: re.Pattern[bytes] | None, at: int) -> bool:
        return (pattern is None or self._is_surrounded(pattern, at)) and self._is_at_an_end(at)

    def _is_surrounded(self, pattern: re.Pattern[bytes], at: int) -> bool:
        first = max(at - _LOOK_BACK, 0)
        if pattern.search(self.text, first, at + _LOOK_AHEAD):
            return True
        if not self.text[first:at].isspace():
            return False
        start = self.text.rfind(b"\0", max(at - _INDENT, 0), at)
        return start >= 0 and pattern.search(self.text, start, at + _LOOK_AHEAD) is not None

    def _is_at_an_end(self, at: int) -> bool:
        """Whether a place is in a short node, or near the head or the tail of a long one."""
        before = self.text[max(at - _FAR, 0) : at].rpartition(b"\0")[2].decode("utf-8", "ignore").lstrip()
        after = self.text[at : at + _FAR].partition(b"\0")[0].decode("utf-8", "ignore").rstrip()
        return len(before) < _HEAD or len(after) <= _TAIL or len(before) + len(after) <= _LONG
