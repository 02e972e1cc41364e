"""The other way round: which of many queries do new records match? The same tokens and expressions as a search.

Only the new records are indexed, in memory, and of their words only those that are asked for: the records of a word are
the bits of one number, so that a query is a few look-ups, and a word that no new record has ends it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from storage.search.entry import Entry
from storage.search.expressions import FIELDS, All, Any, Expression, Row, Without

Bits = int  # one bit for each record, the first lowest
_Pair = tuple[str, str]


def matches(entries: Sequence[Entry], asked: Mapping[str, Expression]) -> dict[str, list[int]]:
    """By name of a query that any of these entries matches: the places of those that do, rising."""
    wanted = _Wanted()
    for expression in asked.values():
        wanted.note(expression)
    index = _Index(entries, wanted)
    return {name: _places(found) for name, expression in asked.items() if (found := index.matching(expression))}


@dataclass(slots=True)
class _Wanted:
    """What is looked for in any field: tokens, tokens next to each other, beginnings of tokens."""

    tokens: set[str] = field(default_factory=set)
    pairs: set[_Pair] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)

    def note(self, expression: Expression) -> None:
        """Also all that this expression looks for."""
        if isinstance(expression, Row):
            whole = _whole(expression)
            if len(whole) == 1:
                self.tokens.add(whole[0])
            self.pairs.update(pairwise(whole))
            if expression.prefix:
                self.beginnings.add(expression.tokens[-1])
        elif isinstance(expression, Without):
            self.note(expression.wanted)
            self.note(expression.unwanted)
        else:
            for part in expression.parts:
                self.note(part)


class _Begun(dict[str, tuple[str, ...]]):
    """By word, the wanted beginnings it has; each word is looked at once."""

    def __init__(self, beginnings: set[str]) -> None:
        self._beginnings = beginnings
        self._lengths = sorted({len(one) for one in beginnings})

    def __missing__(self, word: str) -> tuple[str, ...]:
        found = tuple(word[:length] for length in self._lengths if word[:length] in self._beginnings)
        self[word] = found
        return found


class _Field:
    """One field of all entries: where what is wanted stands."""

    def __init__(self, texts: Sequence[str], wanted: _Wanted, begun: "_Begun") -> None:
        self.texts = texts
        self.tokens: dict[str, list[int]] = {}
        self.pairs: dict[_Pair, list[int]] = {}
        self.beginnings: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            words = text.split()
            for token in wanted.tokens.intersection(words):
                self.tokens.setdefault(token, []).append(place)
            for pair in wanted.pairs.intersection(pairwise(words)):
                self.pairs.setdefault(pair, []).append(place)
            if wanted.beginnings:
                for beginning in set().union(*map(begun.__getitem__, words)):
                    self.beginnings.setdefault(beginning, []).append(place)


class _Index:
    """Entries by what stands in them."""

    def __init__(self, entries: Sequence[Entry], wanted: _Wanted) -> None:
        self._every: Bits = (1 << len(entries)) - 1
        begun = _Begun(wanted.beginnings)
        self._fields = {name: _Field([getattr(one, name) for one in entries], wanted, begun) for name in FIELDS}
        self._known: dict[tuple[str, tuple[str, ...]], Bits] = {}

    def matching(self, expression: Expression) -> Bits:
        """The entries an expression matches."""
        if isinstance(expression, Row):
            return self._row(expression)
        if isinstance(expression, All):
            found = self._every
            for part in expression.parts:
                found &= self.matching(part)
                if not found:
                    break
            return found
        if isinstance(expression, Any):
            found = 0
            for part in expression.parts:
                found |= self.matching(part)
            return found
        wanted = self.matching(expression.wanted)
        return wanted & ~self.matching(expression.unwanted) if wanted else 0

    def _row(self, row: Row) -> Bits:
        fields = row.fields or FIELDS
        if len(row.tokens) > 1 or row.prefix:
            together = 0
            for name in fields:
                together |= self._in_a_row(row, self._fields[name])
            return together
        token = row.tokens[0]
        if (token, fields) not in self._known:
            found = (place for name in fields for place in self._fields[name].tokens.get(token, ()))
            self._known[token, fields] = _bits(found)
        return self._known[token, fields]

    def _in_a_row(self, row: Row, among: _Field) -> Bits:
        """Pairs are known by place; where there are more, the few that have them all are read."""
        whole = _whole(row)
        found = self._every
        if row.prefix:
            found = _bits(among.beginnings.get(row.tokens[-1], ()))
        if len(whole) == 1:
            found &= _bits(among.tokens.get(whole[0], ()))
        for pair in pairwise(whole):
            if not found:
                return 0
            found &= _bits(among.pairs.get(pair, ()))
        if len(row.tokens) == 1 or (len(whole) == 2 and not row.prefix):
            return found
        sought = f" {' '.join(row.tokens)}" + ("" if row.prefix else " ")
        return _bits(place for place in _places(found) if sought in f" {among.texts[place]} ")


def _whole(row: Row) -> tuple[str, ...]:
    """The tokens that may not go on."""
    return row.tokens[:-1] if row.prefix else row.tokens


def _bits(places: Iterable[int]) -> Bits:
    found = 0
    for place in places:
        found |= 1 << place
    return found


def _places(found: Bits) -> list[int]:
    text = bin(found)[:1:-1]
    listed = []
    place = text.find("1")
    while place >= 0:
        listed.append(place)
        place = text.find("1", place + 1)
    return listed
