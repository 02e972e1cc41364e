"""The names of a keyword in other languages, learnt from records that carry keywords in several.

Lists of two languages rarely agree in length and order, so a pair is an inference: two lists of equal length that
agree by position, or two keywords that come together in several records and rarely apart. Of the keywords that come
together each is given one partner, the likeliest first, so that a frequent neighbour is not taken for a translation.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select, tuple_

from harvester.model.search import Expansion
from storage.search.analyser import STOP_WORDS, fold, key
from storage.search.index import Reader
from storage.search.state import State
from storage.tables import search_keywords, search_terms

LONGEST = 6  # words
SAMPLE = 24  # records that are looked at for one keyword
LEAST_DICE = 0.5
REMEMBERED = 10_000  # keywords
_LEAST_KEY = 3
_ALIGNED = 0.5  # share of lists of equal length in which the two must stand at one position
_Term = tuple[str, str]  # language, key


class Name(NamedTuple):
    """Another name for the words `first` to `last` (not included)."""

    first: int
    last: int
    expansion: Expansion


class Thesaurus:
    """Learns as it is asked, and remembers it until the index has moved on."""

    def __init__(self) -> None:
        self._seq: int | None = None
        self._learnt: dict[_Term, list[Expansion]] = {}

    def names(self, reader: Reader, words: Sequence[str], state: State) -> list[Name]:
        """Other names of the longest keywords the words in a row form; spans do not overlap."""
        keys = {
            (first, last): {language: key(" ".join(words[first:last]), language) for language in state.languages}
            for first in range(len(words))
            for last in range(first + 1, min(first + LONGEST, len(words)) + 1)
            if any(word.lower() not in STOP_WORDS for word in words[first:last])
        }
        wanted = {one for span in keys.values() for one in span.values() if len(one) >= _LEAST_KEY}
        if not wanted or len(state.languages) < 2:
            return []
        rows = reader.execute(select(search_terms).where(search_terms.c.key.in_(sorted(wanted))))
        known = {(row.language, row.key): row.records for row in rows}
        if state.seq != self._seq or len(self._learnt) > REMEMBERED:
            self._seq, self._learnt = state.seq, {}
        return [
            Name(*span, expansion)
            for span in _longest(keys, known)
            for expansion in self._of(reader, keys[span].items(), known)
        ]

    def _of(self, reader: Reader, terms: Iterable[_Term], known: Mapping[_Term, int]) -> list[Expansion]:
        found: dict[tuple[str, str], Expansion] = {}
        for term in terms:
            for expansion in self._translations(reader, term, known[term]) if term in known else ():
                if fold(expansion.to) != fold(expansion.term):
                    found.setdefault((expansion.to_language, expansion.to), expansion)
        return list(found.values())

    def _translations(self, reader: Reader, term: _Term, records: int) -> list[Expansion]:
        if term not in self._learnt:
            self._learnt[term] = translations(reader, term, records)
        return self._learnt[term]


def _longest(keys: Mapping[tuple[int, int], Mapping[str, str]], known: Mapping[_Term, int]) -> list[tuple[int, int]]:
    spans = [span for span, by_language in keys.items() if any(term in known for term in by_language.items())]
    taken: set[int] = set()
    found = []
    for first, last in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if taken.isdisjoint(range(first, last)):
            taken.update(range(first, last))
            found.append((first, last))
    return sorted(found)


def translations(connection: Reader, term: _Term, records: int) -> list[Expansion]:
    """The names of a keyword in each other language for which there is enough to go by."""
    words = search_keywords.c
    newest = (
        select(words.place)
        .where(words.key == term[1], words.language == term[0])
        .order_by(words.place.desc())
        .limit(SAMPLE)
    )
    rows = connection.execute(select(search_keywords).where(words.place.in_(newest)))
    sample = _Sample([_Keyword(*row) for row in rows], term, records)
    if not sample.candidates:
        return []
    terms = search_terms.c
    asked = [(key_, language) for language, key_ in sample.terms()]
    counted = connection.execute(select(search_terms).where(tuple_(terms.key, terms.language).in_(asked)))
    counts = {(row.language, row.key): row.records for row in counted}
    return [
        Expansion(
            term=sample.written(term),
            language=term[0],
            to=sample.written(other),
            to_language=other[0],
            records=sample.pairs[term, other].together,
        )
        for language in sorted({other[0] for other in sample.candidates})
        if (other := sample.partner(language, counts))
    ]


class _Keyword(NamedTuple):
    """A row of `search_keywords`."""

    key: str
    language: str
    place: int
    position: int
    of: int
    term: str

    @property
    def name(self) -> _Term:
        return self.language, self.key


class _Pair:
    """How often two keywords come together, and in lists of equal length, and there at one position."""

    __slots__ = ("aligned", "equal", "together")

    def __init__(self) -> None:
        self.together = self.equal = self.aligned = 0

    def add(self, one: _Keyword, other: _Keyword) -> None:
        self.together += 1
        if one.of == other.of:
            self.equal += 1
            self.aligned += one.position == other.position

    @property
    def stands_in_line(self) -> bool:
        return self.equal > 0 and self.aligned >= _ALIGNED * self.equal

    @property
    def may_be_one(self) -> bool:
        return self.stands_in_line or (self.together >= 2 and not self.equal)


class _Sample:
    """The keywords of some records that carry one term, and how they come together."""

    def __init__(self, rows: Sequence[_Keyword], term: _Term, records: int) -> None:
        self._rows = rows
        self._term = term
        by_place: dict[int, list[_Keyword]] = {}
        for row in rows:
            by_place.setdefault(row.place, []).append(row)
        self._weight = max(records / max(len(by_place), 1), 1.0)  # how many records one of the sample stands for
        self.pairs: dict[tuple[_Term, _Term], _Pair] = {}
        for listed in by_place.values():
            self._add([row for row in listed if row.name == term], listed)
        self.candidates = {other for (_, other), pair in self.pairs.items() if pair.may_be_one}
        for listed in by_place.values():
            rivals = [row for row in listed if row.language == term[0] and row.name != term]
            self._add(rivals, [row for row in listed if row.name in self.candidates])
        self._alone = Counter(row.name for row in rows)

    def _add(self, ones: Sequence[_Keyword], others: Sequence[_Keyword]) -> None:
        for one in ones:
            for other in others:
                if one.language != other.language:
                    self.pairs.setdefault((one.name, other.name), _Pair()).add(one, other)

    def terms(self) -> list[_Term]:
        """All whose number of records matters."""
        chosen = [pair for pair, seen in self.pairs.items() if seen.may_be_one]
        return sorted({term for pair in chosen for term in pair})

    def written(self, term: _Term) -> str:
        """As most records write it."""
        forms = Counter(row.term for row in self._rows if row.name == term)
        return min(forms.items(), key=lambda item: (-item[1], item[0]))[0]

    def partner(self, language: str, counts: Mapping[_Term, int]) -> _Term | None:
        """The keyword of that language the term is given, when all choose in the order of their likeliness."""
        scored = (
            (self._likeliness(one, other, pair, counts), one, other)
            for (one, other), pair in self.pairs.items()
            if other[0] == language and pair.may_be_one
        )
        chosen: set[_Term] = set()
        for score, one, other in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
            if not score or one in chosen or other in chosen:
                continue
            if one == self._term:
                return other
            chosen |= {one, other}
        return None

    def _likeliness(self, one: _Term, other: _Term, pair: _Pair, counts: Mapping[_Term, int]) -> float:
        """0: not enough to go by."""
        beside = 2 * pair.together / (self._alone[one] + self._alone[other])  # Dice's coefficient, here
        everywhere = 2 * pair.together * self._weight / max(counts.get(one, 1) + counts.get(other, 1), 1)
        likely = beside + min(everywhere, 1) + _shared_beginning(one[1], other[1]) / 2
        if pair.stands_in_line:
            return 1 + pair.aligned / pair.equal + likely
        return likely if everywhere >= LEAST_DICE else 0.0


def _shared_beginning(one: str, other: str) -> float:
    """How much of the shorter word begins the other: names of one thing are often akin."""
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared / max(min(len(one), len(other)), 1)
