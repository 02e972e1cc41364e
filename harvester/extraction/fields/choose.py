"""Ranking with agreement: two vocabularies that say the same outrank one that says more."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from harvester.extraction.document import Document
from harvester.extraction.normalise.text import fold
from harvester.extraction.signals.signal import Signal
from harvester.model.signal import Evidence

AGREEMENT = 25
_BELOW = 2  # microdata under JSON-LD of the same name
Rank = Mapping[tuple[str, str], int]


class SignalIndex:
    """All Signals of a Page by (vocabulary, name), in document order."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        self.all = list(signals)
        found: defaultdict[tuple[str, str], list[Signal]] = defaultdict(list)
        for signal in self.all:
            found[signal[:2]].append(signal)
        self._by_key = dict(found)
        self._microdata = any(vocabulary == "microdata" for vocabulary, _ in self._by_key)

    def with_more(self, signals: Sequence[Signal]) -> "SignalIndex":
        """The index of these Signals and of more, which come last."""
        return SignalIndex([*self.all, *signals]) if signals else self

    def get(self, vocabulary: str, name: str) -> list[Signal]:
        """Signals of one name."""
        return self._by_key.get((vocabulary, name), [])

    def stated(self, keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of some keys that the Page has Signals of, in their order."""
        return list(filter(self._by_key.__contains__, keys))

    def first(self, *keys: tuple[str, str]) -> Signal | None:
        """The first Signal of the first key that has any."""
        return next((found[0] for key in keys if (found := self._by_key.get(key))), None)

    def ranked(self, table: Rank) -> list[tuple[int, Signal]]:
        """(rank, Signal) of every key in the table; microdata speak as JSON-LD do, a little less exactly."""
        found = [(table[key], signal) for key in self.stated(table) for signal in self._by_key[key]]
        if self._microdata:
            for (vocabulary, name), rank in table.items():
                if vocabulary == "json_ld":
                    found.extend((rank - _BELOW, signal) for signal in self._by_key.get(("microdata", name), ()))
        return found


class Choice(NamedTuple):
    """A normal value with the Signals that say it, the highest-ranked first."""

    value: str
    signals: tuple[Signal, ...]
    score: int

    def evidence(self, document: Document, limit: int = 3) -> tuple[Evidence, ...]:
        """Evidence from at most `limit` Signals."""
        return tuple(signal.evidence(document) for signal in self.signals[:limit])


def choices(
    candidates: Sequence[tuple[int, Signal]],
    normal: Callable[[str], str | None],
    key: Callable[[str], str] = fold,
) -> list[Choice]:
    """Distinct values, best first: the highest rank plus AGREEMENT for each further vocabulary that says the same."""
    groups: dict[str, list[tuple[int, Signal, str]]] = {}
    for rank, signal in candidates:
        value = normal(signal.value)
        if value:
            groups.setdefault(key(value), []).append((rank, signal, value))
    found = []
    for group in groups.values():
        if len(group) == 1:
            (rank, signal, value) = group[0]
            found.append(Choice(value, (signal,), rank))
            continue
        group.sort(key=lambda entry: -entry[0])
        vocabularies = {signal.vocabulary for _, signal, _ in group}
        total = group[0][0] + AGREEMENT * (len(vocabularies) - 1)
        found.append(Choice(group[0][2], tuple(signal for _, signal, _ in group), total))
    return sorted(found, key=lambda choice: -choice.score)
