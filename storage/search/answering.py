"""One answer to one query, from one snapshot."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from harvester.errors import UsageError
from harvester.model.record import Record
from harvester.model.search import Expansion, Found, Hit, Query, Snippet, Sort
from storage.documents import from_text
from storage.search import cursors
from storage.search.analyser import COMPOUND
from storage.search.compiling import EVERYTHING, compiled, plain, words
from storage.search.cursors import Cursor
from storage.search.entry import UNLISTED, WITHHELD, access_mark, language_mark, lowest_place, source_mark, withheld
from storage.search.expressions import Expression, Row, Without, all_of, any_of, outside, within
from storage.search.facets import FACETED, count, facets
from storage.search.index import Index, Newest, Reader
from storage.search.query import Both, Node, Words, has_phrase, parse
from storage.search.ranking import CANDIDATES, PHRASED, RANKED_BY, Ranking
from storage.search.snippets import snippets
from storage.search.state import State, state
from storage.search.thesaurus import Thesaurus
from storage.tables import records, search_entries

_CHEAP = 500  # places that are as soon read as counted
_ONE_DAY = timedelta(days=1)


class Answer:
    """What a query finds. Raises UsageError, before anything is read, for a query that cannot be asked."""

    def __init__(
        self, reader: Reader, index: Index, thesaurus: Thesaurus, query: Query, known: State | None = None
    ) -> None:
        """`known`: the state of the index, where it was read for an earlier answer from the same snapshot."""
        if known:
            self._state = known
        self._reader = reader
        self._index = index
        self._thesaurus = thesaurus
        self._query = query
        self._tree = parse(query.text)
        self._after = cursors.read(query)
        by_one = query.sort is Sort.NEWEST and has_phrase(self._tree)  # each hit costs many that are none
        self._most = query.limit if by_one else max(query.count_to, query.limit)
        self._counted: int | None = None
        self._has_sought = False
        self._limits = _limits(query)
        self._others = [self._named(name) for name in ("journal", "author") if getattr(query, name)]

    @property
    def behind(self) -> int:
        """Changes that the index has not read."""
        return self._state.behind

    def found(self) -> Found:
        """The answer."""
        ranked = 0
        if self._query.sort is Sort.RELEVANCE and self._query.text.strip():
            hits, more, ranked = self._ranked()
        else:
            hits, more = self._newest()
        by_facet: dict[str, dict[str, int]] = {}
        if self._query.facets:
            self._index.freely(self._reader)
            places = self._places()
            total, at_least = count(self._reader, places), False
            by_facet = facets(self._reader, places, FACETED if total > FACETED else None)
        else:
            total, at_least = self._total()
        return Found(
            hits=self._shown(hits),
            total=total,
            at_least=at_least,
            ranked=ranked if ranked < total else 0,
            facets=by_facet,
            faceted=FACETED if by_facet and total > FACETED else 0,
            expanded=self._expanded,
            cursor=cursors.write(self._query, hits[-1]) if more else None,
            behind=self.behind,
        )

    def _newest(self) -> tuple[list[Cursor], bool]:
        limit = self._query.limit
        most = limit if self._after or self._most > _CHEAP else self._most  # one walk for hits and total
        found = self._newest_of(self.expression, most + 1, before=self._after.place if self._after else None)
        if not self._after:
            self._count(found)
        return [Cursor(0.0, row[0]) for row in found.rows[:limit]], len(found.rows) > limit

    def _ranked(self) -> tuple[list[Cursor], bool, int]:
        """The best of the newest hits, and of the newest that have every word in title or keywords."""
        ranking = Ranking(self._wanted)
        texts = [self._index.words.c[name] for name in RANKED_BY]
        most = min(CANDIDATES, max(PHRASED, self._most + 1)) if has_phrase(self._tree) else CANDIDATES
        newest = self._newest_of(self.expression, most, *texts)
        self._count(newest)
        found = {row[0]: row for row in newest.rows}
        if not newest.all_known or newest.known > most:
            strong = self._filtered(within(self._wanted, ("title", "keyword")))
            found |= {row[0]: row for row in self._newest_of(strong, most, *texts).rows}
        scored = sorted(
            (Cursor(ranking.score(dict(zip(RANKED_BY, row[1:], strict=True))), place) for place, row in found.items()),
            reverse=True,
        )
        left = [one for one in scored if self._after is None or one < self._after]
        return left[: self._query.limit], len(left) > self._query.limit, len(scored)

    def _total(self) -> tuple[int, bool]:
        total = self._counted
        if total is None:
            total = self._newest_of(self.expression, self._most + 1).known
        return min(total, self._most), total > self._most

    def _count(self, found: Newest) -> None:
        if found.all_known or found.known > self._most:
            self._counted = found.known

    def _newest_of(
        self, expression: Expression, most: int, *columns: ColumnElement[str], before: int | None = None
    ) -> Newest:
        if expression != EVERYTHING:
            bounds = self._bounds(self._index.place, before)
            if self._has_sought:
                self._index.freely(self._reader)
            self._has_sought = True
            return self._index.newest(self._reader, expression, bounds, columns, most)
        place = search_entries.c.place
        every = select(place).where(*self._bounds(place, before)).order_by(place.desc()).limit(most)
        rows = self._reader.execute(every).all()
        return Newest(rows, len(rows), len(rows) < most)

    def _places(self) -> Select[*tuple[Any, ...]]:
        """Of every hit."""
        if self.expression == EVERYTHING:
            return select(search_entries.c.place).where(*self._bounds(search_entries.c.place))
        matching = self._index.matching(self.expression)
        return select(self._index.place).where(matching, *self._bounds(self._index.place))

    def _bounds(self, place: ColumnElement[int], before: int | None = None) -> list[ColumnElement[bool]]:
        low, high = self._limits
        bounds = [place >= low] if low is not None else []
        bounds += [place < high] if high is not None else []
        return bounds + ([place < before] if before is not None else [])

    def _shown(self, hits: list[Cursor]) -> tuple[Hit, ...]:
        wanted = select(search_entries.c.place, search_entries.c.record_id)
        wanted = wanted.where(search_entries.c.place.in_([hit.place for hit in hits]))
        ids = {row.place: row.record_id for row in self._reader.execute(wanted)} if hits else {}
        shown = [Hit(record_id=ids[hit.place], score=hit.score) for hit in hits]
        if not self._query.snippets or not hits:
            return tuple(shown)
        read = select(records.c.id, records.c.document).where(records.c.id.in_(list(ids.values())))
        texts = {row.id: row.document for row in self._reader.execute(read)}
        wanted_words = self._wanted
        return tuple(
            hit.model_copy(update={"snippets": self._snippets(from_text(texts[hit.record_id]), wanted_words)})
            for hit in shown
        )

    def _snippets(self, record: Record, wanted: Expression) -> tuple[Snippet, ...]:
        may = self._query.abstracts and self._query.door not in withheld(record)
        return snippets(record, wanted, abstracts=may)

    @cached_property
    def _state(self) -> State:
        return state(self._reader)

    @cached_property
    def _names(self) -> dict[tuple[int, int], list[Expansion]]:
        """Other names of runs of plain words of the outermost conjunction, by their places in it."""
        if not self._query.thesaurus or self._tree is None:
            return {}
        nodes = self._tree.nodes if isinstance(self._tree, Both) else (self._tree,)
        found: dict[tuple[int, int], list[Expansion]] = {}
        for start, run in _runs(nodes):
            typed = [" ".join(node.words) for node in run]
            for name in self._thesaurus.names(self._reader, typed, self._state):
                found.setdefault((start + name.first, start + name.last), []).append(name.expansion)
        return found

    @property
    def _expanded(self) -> tuple[Expansion, ...]:
        return tuple(one for _, found in sorted(self._names.items()) for one in found)

    @cached_property
    def _wanted(self) -> Expression:
        """What the text asks for."""
        others = {
            span: [words(Words(tuple(COMPOUND.findall(one.to)), quoted=True), [one.to_language]) for one in found]
            for span, found in self._names.items()
        }
        return compiled(self._tree, self._state.languages, others)

    @cached_property
    def expression(self) -> Expression:
        """What the text asks for, within the filters."""
        return self._filtered(self._wanted)

    def _filtered(self, wanted_words: Expression) -> Expression:
        query = self._query
        marks = [
            [access_mark(status) for status in query.access],
            [language_mark(language) for language in query.languages],
            [source_mark(source_id) for source_id in query.sources],
        ]
        filters: list[Expression] = [any_of(Row((mark,)) for mark in some) for some in marks if some]
        filters += [compiled(other, ()) for other in self._others]
        wanted = [] if wanted_words == EVERYTHING and filters else [wanted_words]
        found = self._through_the_door(all_of([*wanted, *filters]))
        return Without(found, Row((UNLISTED,))) if query.listed else found

    def _through_the_door(self, expression: Expression) -> Expression:
        """Records whose abstracts are withheld match by what stands elsewhere; none of their words decides."""
        mark = WITHHELD.get(self._query.door)
        if mark is None or expression == EVERYTHING or not self._index.has(self._reader, Row((mark,))):
            return expression
        elsewhere = outside(expression, "abstract", ("title", "keyword"))
        return any_of([Without(expression, Row((mark,))), all_of([Row((mark,)), elsewhere])])

    def _named(self, name: str) -> Words:
        value = getattr(self._query, name)
        found = tuple(COMPOUND.findall(value))
        if not found:
            raise UsageError(f"{name} {value!r}: there is no word to look for", remedy="write letters or digits")
        return Words(found, name, quoted=True)


def _limits(query: Query) -> tuple[int | None, int | None]:
    first, last = query.published_from, query.published_until
    low = lowest_place(first.isoformat()) if first else 1 << 24 if last else None  # without a date: in no period
    return low, lowest_place((last + _ONE_DAY).isoformat()) if last else None


def _runs(nodes: Sequence[Node]) -> Iterator[tuple[int, list[Words]]]:
    """Plain words that follow each other, with the place of the first."""
    run: list[Words] = []
    for place, node in enumerate(nodes):
        if isinstance(node, Words) and plain(node):
            run.append(node)
        elif run:
            yield place - len(run), run
            run = []
    if run:
        yield len(nodes) - len(run), run
