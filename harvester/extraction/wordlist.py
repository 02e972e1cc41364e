"""Many words searched for at once: the price is one reading of the text, however many there are."""

from collections.abc import Iterable, Iterator

from ahocorasick_rs import BytesAhoCorasick, Implementation

_PIECE = 1 << 16  # bytes searched at a time: a text made of nothing but such words does not fill the memory


class WordList:
    """Byte strings, numbered in their order, each kept once."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self.words = tuple(dict.fromkeys(words))
        self.numbers = {word: number for number, word in enumerate(self.words)}
        self._longest = max(map(len, self.words))
        self._search = BytesAhoCorasick(self.words, implementation=Implementation.DFA)

    def places(self, text: bytes) -> Iterator[tuple[int, int]]:
        """(number, offset) of every word wherever it stands in `text`, overlapping ones too, in no order to rely on."""
        for start in range(0, len(text), _PIECE):
            piece = text[start : start + _PIECE + self._longest - 1]
            for number, at, _ in self._search.find_matches_as_indexes(piece, overlapping=True):
                if at < _PIECE:
                    yield number, start + at

    def found(self, text: bytes) -> set[int]:
        """The numbers of the words that stand in a short text."""
        return {number for number, _, _ in self._search.find_matches_as_indexes(text, overlapping=True)}
