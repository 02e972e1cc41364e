"""Works: the editions of one article, what joined them, and the queue of pairs that a person has to look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, delete, func, or_, select, tuple_, update

from harvester.errors import UsageError
from harvester.model.record import Record
from harvester.model.run import ChangeKind
from storage import grouping, review
from storage.changes import Changes
from storage.database import Database
from storage.documents import from_text
from storage.identity import chunks
from storage.rows import of_works
from storage.stated import note_to_cite
from storage.tables import change_head, change_readers, records, upsert, work_bars, work_candidates, work_merges
from storage.unit import Unit

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Merge:
    """Two works that became one: `record_id` of the work that went, tied to `other_id`, with all that `moved`.

    `basis`: `doi`, the type of a stated tie, or `operator` with a `reason`.
    """

    at: datetime
    work_id: str
    old_work_id: str
    record_id: str
    other_id: str
    basis: str
    moved: tuple[str, ...]
    reason: str | None = None
    undone_at: datetime | None = None
    undone_reason: str | None = None


class Candidate(NamedTuple):
    """A pair of the review queue and the sentences that say why it is there."""

    a: str
    b: str
    why: tuple[str, ...]
    found_at: datetime


class Citation(NamedTuple):
    """What to cite instead of a record, by its own note; without a DOI the other edition is not known yet."""

    record_id: str
    cite_record: str | None
    cite_doi: str | None
    note: str


class Works:
    """All Works. A work's id is that of its oldest record, so either names it."""

    def __init__(self, database: Database, log: Changes) -> None:
        self._database = database
        self._log = log

    def show(self, name: str) -> list[Record]:
        """The records of the work with this id, or of the work this record is in, oldest first."""
        work = select(records.c.work_id).where(or_(records.c.id == name, of_works([name]))).limit(1)
        with self._database.read() as connection:
            query = select(records.c.document).where(of_works(list(connection.execute(work).scalars())))
            found = connection.execute(query.order_by(records.c.created_at, records.c.id)).scalars()
            return [from_text(text) for text in found]

    def editions(self, record_ids: Sequence[str]) -> dict[str, list[Record]]:
        """By id of each of these records that lives: the living records of its work, oldest first."""
        found: dict[str, list[Record]] = {}
        for some in chunks(sorted(set(record_ids))):
            works = select(records.c.work_id).where(records.c.id.in_(some), records.c.deleted_at.is_(None))
            with self._database.read() as connection:
                names = list(connection.execute(works.distinct()).scalars())
                living = select(records.c.document).where(of_works(names), records.c.deleted_at.is_(None))
                texts = list(connection.execute(living.order_by(records.c.created_at, records.c.id)).scalars())
            by_work: dict[str, list[Record]] = {}
            for record in map(from_text, texts):
                by_work.setdefault(record.work_id, []).append(record)
            for editions in by_work.values():
                found |= {record.id: editions for record in editions if record.id in some}
        return found

    def iter(self) -> Iterator[list[Record]]:
        """Every work of more than one living record, in order of id."""
        last = ""
        while ids := self.names(last, _PAGE):
            for work_id in ids:
                yield self.show(work_id)
            last = ids[-1]

    def names(self, after: str, limit: int) -> list[str]:
        """Ids of works of more than one living record after this one, in order."""
        merged = select(records.c.work_id).where(records.c.work_id != records.c.id)
        sizes = select(records.c.work_id).where(records.c.deleted_at.is_(None), of_works(merged))
        sizes = sizes.group_by(records.c.work_id)
        several = sizes.having(func.count() > 1).order_by(records.c.work_id).limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(several.where(records.c.work_id > after)).scalars())

    def merges(self, name: str) -> list[Merge]:
        """Every merge the records of this work took part in, undone ones too, in order."""
        ids = [record.id for record in self.show(name)]
        ends = or_(work_merges.c.record_id.in_(ids), work_merges.c.other_id.in_(ids))
        with self._database.read() as connection:
            return [
                _merge(row) for row in connection.execute(select(work_merges).where(ends).order_by(work_merges.c.id))
            ]

    def citations(self, name: str) -> list[Citation]:
        """What the records of this work ask to cite instead of them; a note without a target leaves their own DOI."""
        editions = self.show(name)
        by_doi = {record.identity_doi: record.id for record in reversed(editions) if record.identity_doi}
        found = []
        for record in editions:
            if note := note_to_cite(record):
                doi, words = note
                found.append(Citation(record.id, by_doi.get(doi) if doi else None, doi, words))
        return found

    def queue(self, limit: int | None = None, after: Candidate | None = None) -> list[Candidate]:
        """The review queue, oldest first: all of it, or so many pairs after one."""
        order = (work_candidates.c.found_at, work_candidates.c.a, work_candidates.c.b)
        query = select(work_candidates).order_by(*order).limit(limit)
        if after is not None:
            query = query.where(tuple_(*order) > (after.found_at, after.a, after.b))
        with self._database.read() as connection:
            return [_candidate(row) for row in connection.execute(query)]

    def candidate(self, one: str, other: str) -> Candidate | None:
        """A pair of the queue, smaller id first; None for one that is not, or not any more."""
        query = select(work_candidates).where(work_candidates.c.a == one, work_candidates.c.b == other)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return _candidate(row) if row else None

    def waiting(self) -> int:
        """How many pairs the queue has."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(work_candidates)).scalar_one()

    def behind(self) -> int:
        """How many Changes nobody has looked at yet."""
        place = select(change_readers.c.seq).where(change_readers.c.name == review.READER)
        with self._database.read() as connection:
            head = connection.execute(select(change_head.c.seq)).scalar() or 0
            return head - (connection.execute(place).scalar() or 0)

    def look(self, unit: Unit, now: datetime) -> bool:
        """Bring the queue a step nearer to the end of the change log; False when it is there."""
        unit.lock_works()
        return review.read_on(unit, self._log, now)

    def merge(self, unit: Unit, one: str, other: str, reason: str, now: datetime) -> bool:
        """Put two works (by id, or by a record of each) together; False if they are one already.

        What kept their records apart is forgotten. Raises UsageError for an unknown id.
        """
        one, other = _record_of(unit, one), _record_of(unit, other)
        works = grouping.Works.around(unit, {one, other})
        here, there = works.of(works.work_of[one]), works.of(works.work_of[other])
        for some in chunks(here):
            across = or_(
                work_bars.c.a.in_(some) & work_bars.c.b.in_(there), work_bars.c.b.in_(some) & work_bars.c.a.in_(there)
            )
            unit.connection.execute(delete(work_bars).where(across))
        works = grouping.Works.around(unit, {one, other})
        joined = works.join(one, other, "operator", reason=reason)
        works.write(unit, self._log, ChangeKind.MERGED, now)
        return joined

    def split(self, unit: Unit, record_id: str, reason: str, now: datetime) -> list[str]:
        """Undo the last merge that brought this record where it is, or else the last one of its work.

        The records that came then, and those that came after through them, are in their old work again, whose ids are
        returned; no harvest joins the two sides any more. Raises UsageError for a record alone in its work.
        """
        works = grouping.Works.around(unit, {_record_of(unit, record_id)})
        members = set(works.work_of)
        merges = _live_merges(unit, members)
        undone = _merge_to_undo(merges, record_id, members)
        going = set(orjson.loads(undone.moved)) & members
        for later in merges:
            if later.id > undone.id and later.other_id in going:
                going |= set(orjson.loads(later.moved)) & members
        marked = {"undone_at": now, "undone_reason": reason}
        unit.connection.execute(update(work_merges).where(work_merges.c.id == undone.id).values(marked))
        pairs = {grouping.pair(one, other) for one in going for other in members - going}
        _keep_apart(unit, pairs, reason, now)
        grouping.regroup(unit, self._log, dict.fromkeys(going, undone.old_work_id), ChangeKind.SPLIT, now)
        return sorted(going)

    def reject(self, unit: Unit, one: str, other: str, reason: str | None, now: datetime) -> None:
        """These two records are no editions of one work: the pair leaves the queue and never comes back.

        Raises UsageError for an unknown record, or for two that stand in one work.
        """
        one, other = _record_of(unit, one), _record_of(unit, other)
        works = grouping.Works.around(unit, {one, other})
        if works.work_of[one] == works.work_of[other]:
            raise UsageError(f"{one} and {other} are in one work", remedy="`harvester works split` undoes a merge")
        _keep_apart(unit, {grouping.pair(one, other)}, reason, now)


def _keep_apart(unit: Unit, pairs: set[grouping.Pair], reason: str | None, now: datetime) -> None:
    rows = [{"a": a, "b": b, "at": now, "reason": reason} for a, b in sorted(pairs)]
    unit.connection.execute(upsert(work_bars).on_conflict_do_nothing(), rows)
    for a, b in sorted(pairs):
        unit.connection.execute(delete(work_candidates).where(work_candidates.c.a == a, work_candidates.c.b == b))


def _record_of(unit: Unit, name: str) -> str:
    """The record with this id; a work's id is that of its oldest record."""
    unit.lock_works()
    found = unit.connection.execute(select(records.c.id).where(records.c.id == name)).scalar()
    if found is None:
        raise UsageError(f"there is no record {name}", remedy="`harvester works list` and `harvester records` list ids")
    return name


def _live_merges(unit: Unit, members: set[str]) -> list[Row[*tuple[object, ...]]]:
    query = select(work_merges).where(work_merges.c.undone_at.is_(None), work_merges.c.record_id.in_(members))
    return list(unit.connection.execute(query.order_by(work_merges.c.id)))


def _merge_to_undo(
    merges: list[Row[*tuple[object, ...]]], record_id: str, members: set[str]
) -> Row[*tuple[object, ...]]:
    brought = [merge for merge in merges if record_id in orjson.loads(merge.moved)]
    if not merges or len(members) == 1:
        raise UsageError(f"{record_id} is alone in its work", remedy="`harvester works list` shows those of several")
    return (brought or merges)[-1]


def _candidate(row: Row[*tuple[Any, ...]]) -> Candidate:
    return Candidate(row.a, row.b, tuple(orjson.loads(row.why)), row.found_at)


def _merge(row: Row[*tuple[object, ...]]) -> Merge:
    values = dict(row._mapping)
    del values["id"]
    return Merge(**values | {"moved": tuple(orjson.loads(row.moved))})
