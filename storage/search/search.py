"""Finding records by their words, and keeping the index of words behind the change log."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sqlalchemy import func, select

from harvester.errors import UsageError
from harvester.model.search import Found, Query
from storage.database import Database
from storage.search import filling
from storage.search.analyser import VERSION
from storage.search.answering import Answer
from storage.search.expressions import Expression
from storage.search.index import of
from storage.search.state import state
from storage.search.thesaurus import Thesaurus
from storage.tables import records, search_entries, search_head
from storage.unit import Unit

MOST_HITS = 500
WAITS_FOR = 2000  # Changes that a search reads first
_BATCH = 500
_MUCH = 10_000  # Changes after which the engine counts anew


class Search:
    """The index of words. It reads the change log; what is deleted or purged leaves it in the same transaction."""

    def __init__(self, database: Database, engine: str) -> None:
        self._database = database
        self._index = of(engine)
        self._thesaurus = Thesaurus()

    def find(self, query: Query) -> Found:
        """Records that match, deleted ones never; at most `query.limit` of them, and a cursor for those that follow.

        What was saved before is found: the index catches up first, and `behind` says how many Changes it could not
        yet read. Raises UsageError for what cannot be asked (see `query`), or a cursor of another query.
        """
        if not 0 < query.limit <= MOST_HITS:
            raise UsageError(f"limit {query.limit}: not so many at a time", remedy=f"ask for 1 to {MOST_HITS}")
        with self._database.read() as snapshot:
            answer = Answer(snapshot, self._index, self._thesaurus, query)
            if not answer.behind:
                return answer.found()
        self.catch_up(WAITS_FOR)
        with self._database.read() as snapshot:
            return Answer(snapshot, self._index, self._thesaurus, query).found()

    def languages(self) -> tuple[str, ...]:
        """Primary codes of the languages the index holds texts in, in order."""
        with self._database.read() as snapshot:
            return state(snapshot).languages

    def expressions(self, queries: Mapping[str, Query]) -> dict[str, Expression]:
        """What `find` would look for, by name of the query, to be asked of records one has (see `matching`).

        A query that cannot be asked (any more) matches nothing. Raises nothing for it: whoever saved it was told.
        """
        found: dict[str, Expression] = {}
        with self._database.read() as snapshot:
            known = state(snapshot)
            for name, query in queries.items():
                with suppress(UsageError):
                    found[name] = Answer(snapshot, self._index, self._thesaurus, query, known).expression
        return found

    def catch_up(self, most: int | None = None) -> int:
        """Read what the change log says since the last time, about `most` Changes; returns how many are left."""
        left, done = self._left(), 0
        while left and (most is None or done < most):
            done += self._database.repeatedly(self._follow)
            left = self._left()
        if done >= _MUCH:
            self._database.repeatedly(self._settle)
        return left

    def _settle(self) -> None:
        with self._database.write(durable=False) as connection:
            self._index.settle(connection)

    def _follow(self) -> int:
        with self._database.write(durable=False) as connection:
            return filling.follow(Unit(connection), self._index, _BATCH)

    def forget(self, unit: Unit, record_ids: Sequence[str]) -> None:
        """Take records out of the index with this unit, which also logs what they have become."""
        if record_ids:
            filling.forget(unit, self._index, record_ids)

    def scrub(self, unit: Unit) -> None:
        """Let no word of what was taken out stay anywhere in the index. Takes time for the whole index."""
        filling.scrub(unit, self._index)

    def is_outdated(self) -> bool:
        """Whether the index holds tokens of another analyser, which the words of a query do not match."""
        with self._database.read() as snapshot:
            return snapshot.execute(select(search_head.c.analyser)).scalar() not in (None, VERSION)

    def renew(self) -> None:
        """Catch up; where the index is outdated, make it anew."""
        if self.is_outdated():
            self.rebuild()
        else:
            self.catch_up()

    def rebuild(self) -> None:
        """Make the index anew from all records, a batch and a transaction at a time; may be interrupted."""
        self._database.repeatedly(self._clear)
        self.catch_up()

    def _clear(self) -> None:
        with self._database.write() as connection:
            filling.clear(Unit(connection), self._index)

    def problems(self) -> list[str]:
        """What is wrong with the index, a line each. While it has not read the whole change log, nothing is said."""
        if self.is_outdated():
            return ["search: the index is of another analyser; `harvester db upgrade` makes it anew"]
        live = select(func.count()).where(records.c.deleted_at.is_(None)).scalar_subquery()
        counts = select(
            live, *(select(func.count()).select_from(t).scalar_subquery() for t in (search_entries, self._index.words))
        )
        if self._left():
            return []
        with self._database.read() as snapshot:
            stored, entries, words = snapshot.execute(counts).one()
        if stored == entries == words:
            return []
        return [f"search: {stored} records, {entries} entries, words of {words}"]

    def _left(self) -> int:
        with self._database.read() as snapshot:
            return state(snapshot).behind
