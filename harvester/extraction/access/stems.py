"""Where a page's text may speak of access: stems of all languages looked for in one search of its text nodes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from harvester.extraction.wordlist import WordList

_PLACES, _HITS = 50_000, 600  # per page: an attack is cut, not followed
_LOOK_BACK, _LOOK_AHEAD = 32, 48  # bytes around a stem that its pattern sees
# Characters: a long node speaks of access where it begins or ends, if it does.
_LONG, _HEAD, _TAIL = 360, 220, 100
_CUT = "\1"  # what stands for the rest of it

Around = Mapping[int, re.Pattern[bytes] | None]  # number of a stem -> what must stand around it; None: anything


class Sightings(NamedTuple):
    """The words of a list that stand in a page's text nodes, and where."""

    text: bytes  # lower-case UTF-8, NUL between nodes, no more than head and tail of a long one
    places: Sequence[tuple[int, int]]  # number of a word, offset
    seen: frozenset[int]  # the numbers of `places`

    @classmethod
    def of(cls, texts: Sequence[str], words: WordList) -> "Sightings":
        """What of `words` stands in `texts`."""
        short = [text if len(text) <= _LONG else text[:_HEAD] + _CUT + text[-_TAIL:] for text in map(str.strip, texts)]
        text = "\0".join(short).encode("utf-8", "surrogatepass").lower()
        places = [*islice(words.places(text), _PLACES)]
        return cls(text, places, frozenset(number for number, _ in places))

    def any_of(self, numbers: Iterable[int]) -> bool:
        """Whether one of these words stands anywhere."""
        return not self.seen.isdisjoint(numbers)

    def nodes(self, around: Around) -> list[int]:
        """Indices of the text nodes that hold a stem of `around` with what it wants around it, in order, each once."""
        hits: list[int] = []
        for number, at in self.places:
            if number not in around:
                continue
            pattern = around[number]
            if pattern is None or pattern.search(self.text, max(at - _LOOK_BACK, 0), at + _LOOK_AHEAD):
                hits.append(at)
        return self._node_indices(sorted(hits))

    def _node_indices(self, hits: list[int]) -> list[int]:
        indices: list[int] = []
        node = last = 0
        for hit in hits:
            node += self.text.count(b"\0", last, hit)
            last = hit
            if not indices or indices[-1] != node:
                indices.append(node)
        # Access is stated at the head and at the foot of a page.
        return indices if len(indices) <= _HITS else indices[: _HITS // 2] + indices[-_HITS // 2 :]
