"""Works as records are saved: what the records of a batch, and those already here, state of each other joins them.

Only what is stated joins. The older work keeps its id; every merge is logged so that it can be undone, and pairs the
operator keeps apart stay apart.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Table, delete, func, or_, select

from harvester.model.record import Record
from harvester.model.run import ChangeKind
from storage import rows
from storage.bulk import among
from storage.changes import Changes
from storage.documents import document, from_text
from storage.identity import chunks
from storage.stated import basis_of_one_work, own_keys, registry_keys, ties
from storage.tables import changes, identities, records, upsert, work_bars, work_candidates, work_merges, work_ties
from storage.unit import Unit

_PAGE = 500
Execute = Any  # what takes a statement: a connection or a snapshot
Pair = tuple[str, str]


class Written(NamedTuple):
    """A record of the batch: whether it is new here, whether all of it was written, and whether it has new names."""

    record: Record
    is_new: bool
    is_whole: bool
    has_new_names: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A record as a member of its work."""

    id: str
    work_id: str
    created_at: datetime
    place: int = 0  # among those that came at one moment


def may_join(batch: Iterable[Record]) -> bool:
    """Whether any record could come into a work with others at the moment it is saved.

    What another transaction states about a record without a DOI, at the same moment, is joined by the review's reader.
    """
    return any(record.identity_doi or record.relations for record in batch)


def join_stated(unit: Unit, log: Changes, batch: Sequence[Written], now: datetime) -> dict[str, int]:
    """Join what the batch states to be one work; revision by id of the records whose work changed."""
    note_ties(unit, batch)
    asked = [written.record for written in batch if written.is_whole or written.has_new_names]
    new = {written.record.id: place for place, written in enumerate(batch) if written.is_new}
    return join(unit, log, asked, now, new, {written.record.id for written in batch if written.is_whole})


def join(
    unit: Unit,
    log: Changes,
    asked: Sequence[Record],
    now: datetime,
    new: Mapping[str, int] | None = None,
    fresh: Collection[str] = (),
) -> dict[str, int]:
    """Join what these records, or others about them, state. `new` and `fresh` as `Works` takes them."""
    pairs, known = linked(unit.connection, asked)
    if not pairs:
        return {}
    found = load(unit.connection, {one for pair in pairs for one in pair})
    joins: list[tuple[str, str, str]] = []
    for one, other in pairs:
        if one in found and other in found:
            of_doi = {one, other} <= known
            if basis := basis_of_one_work(found[one], found[other], of_doi=of_doi):
                joins.append((one, other, basis))
    if not joins:
        return {}
    unit.lock_works()  # late, where `may_join` foresaw nothing: of two that then wait for each other one tries again
    works = Works.around(unit, {one for one, other, _ in joins} | {other for _, other, _ in joins}, new)
    for one, other, basis in joins:
        works.join(one, other, basis)
    return works.write(unit, log, ChangeKind.MERGED, now, fresh)


def note_ties(unit: Unit, batch: Sequence[Written]) -> None:
    """Keep the stated ties of what was written, for records that come later."""
    changed = [written.record.id for written in batch if written.is_whole and not written.is_new]
    if changed:
        unit.connection.execute(delete(work_ties).where(among(unit.connection, work_ties.c.record_id, changed)))
    found = [(written.record.id, tie) for written in batch if written.is_whole for tie in _ties(written.record)]
    if found:
        new = [{"key": key, "record_id": record_id, "type": kind} for record_id, (key, kind) in found]
        unit.connection.execute(upsert(work_ties).on_conflict_do_nothing(), new)


def note_all(unit: Unit) -> None:
    """Keep the stated ties of every record that is here, where none have been kept before."""
    last, query = "", select(records.c.id, records.c.document).order_by(records.c.id).limit(_PAGE)
    while page := unit.connection.execute(query.where(records.c.id > last)).all():
        note_ties(unit, [Written(from_text(row.document), True, True, False) for row in page])
        last = page[-1].id


def _ties(record: Record) -> list[tuple[str, str]]:
    return [*ties(record), *((key, "self") for key in registry_keys(record))]


def linked(connection: Connection, batch: Sequence[Record]) -> tuple[list[Pair], set[str]]:
    """Pairs of a record of the batch and another that one of them calls by a name of the other, in a fixed order.

    And the records that are known by the DOI they were found by.
    """
    named: dict[str, list[str]] = {}  # by what others may call a record, or by what it calls another
    sought: dict[str, None] = {}  # own DOIs and targets: names of other records
    for record in batch:
        own, called = own_keys(record), [key for key, _ in ties(record)]
        for key in (*own, *called):
            named.setdefault(key, []).append(record.id)
        dois = [key for key in own if key.startswith("doi:")]
        sought |= dict.fromkeys((*dois, *(key for key in called if key.startswith(("doi:", "url:")))))
    pairs: dict[Pair, None] = {}
    known: set[str] = set()
    for table, keys in ((identities, [*sought]), (work_ties, [*named])):
        for key, found in _holders(connection, table, keys):
            pairs |= {(one, found): None for one in named[key] if one != found}
            if table is identities and key.startswith("doi:"):
                known.add(found)
    places = {record.id: place for place, record in enumerate(batch)}
    return sorted(pairs, key=lambda pair: (places[pair[0]], pair[1])), known


def _holders(connection: Connection, table: Table, keys: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Key and record id of every row that has one of these keys."""
    if not keys:
        return ()
    held = select(table.c.key, table.c.record_id).where(among(connection, table.c.key, keys))
    return [(key, record_id) for key, record_id in connection.execute(held).all()]


def load(connection: Execute, ids: Collection[str]) -> dict[str, Record]:
    """The stored records with these ids that are not deleted."""
    found: dict[str, Record] = {}
    for some in chunks(sorted(ids)):
        query = select(records.c.id, records.c.document).where(records.c.id.in_(some), records.c.deleted_at.is_(None))
        found |= {row.id: from_text(row.document) for row in connection.execute(query)}
    return found


class Works:
    """Some works with all their members, as a transaction regroups them."""

    def __init__(self, members: Iterable[Member], bars: Iterable[Pair], new: Mapping[str, int] | None = None) -> None:
        self.members = {member.id: member for member in members}
        self.work_of = {member.id: member.work_id for member in self.members.values()}
        self._bars = set(bars)
        self._new = new or {}
        self._merges: list[dict[str, Any]] = []

    @classmethod
    def around(cls, unit: Unit, ids: Collection[str], new: Mapping[str, int] | None = None) -> "Works":
        """The works of these records. `new` gives those that came with this batch their place in it."""
        execute = unit.connection.execute
        named: list[str] = []
        for some in chunks(sorted(ids)):
            named += execute(select(records.c.work_id).where(records.c.id.in_(some)).distinct()).scalars()
        members: list[Member] = []
        bars: list[Pair] = []
        columns = (records.c.id, records.c.work_id, records.c.created_at)
        for some in chunks(sorted(set(named))):
            query = select(*columns).where(rows.of_works(some))
            members += [Member(row.id, row.work_id, row.created_at) for row in execute(query)]
        for some in chunks([member.id for member in members]):
            either = or_(work_bars.c.a.in_(some), work_bars.c.b.in_(some))
            bars += [(row.a, row.b) for row in execute(select(work_bars.c.a, work_bars.c.b).where(either))]
        return cls(_placed(unit, members, new or {}), bars, new)

    def of(self, work_id: str) -> list[str]:
        """Ids of a work's records, in order."""
        return sorted(one for one, work in self.work_of.items() if work == work_id)

    def join(self, one: str, other: str, basis: str, reason: str | None = None) -> bool:
        """Put the works of two records together unless they are, or must stay apart; the older work's id stays."""
        mine, theirs = self.work_of[one], self.work_of[other]
        here, there = self.of(mine), self.of(theirs)
        if mine == theirs or any(pair(a, b) in self._bars for a in here for b in there):
            return False
        if self._age(here) < self._age(there):
            one, other, mine, theirs, here = other, one, theirs, mine, there
        self.work_of |= dict.fromkeys(here, theirs)
        self._merges.append(
            {
                "work_id": theirs,
                "old_work_id": mine,
                "record_id": one,
                "other_id": other,
                "basis": basis,
                "moved": orjson.dumps(here).decode(),
                "reason": reason,
            }
        )
        return True

    def write(
        self, unit: Unit, log: Changes, kind: ChangeKind, now: datetime, fresh: Collection[str] = ()
    ) -> dict[str, int]:
        """Write the new grouping and its Changes; revision by id of the records whose work changed.

        A record among `fresh` was written in this transaction and gets no further revision.
        """
        moved = [one for one, work in self.work_of.items() if self.members[one].work_id != work]
        if self._merges:
            unit.connection.execute(work_merges.insert(), [merge | {"at": now} for merge in self._merges])
            _settle_candidates(unit, self, moved)
        return regroup(unit, log, {one: self.work_of[one] for one in moved}, kind, now, fresh)

    def _age(self, ids: list[str]) -> tuple[bool, int, datetime, int, str]:
        """Smaller for older works: what was here before, then in the order of the batch."""
        return min(
            (one in self._new, self._new.get(one, 0), self.members[one].created_at, self.members[one].place, one)
            for one in ids
        )


def _placed(unit: Unit, members: list[Member], new: Mapping[str, int]) -> list[Member]:
    """The members; those that came at one moment in the order in which the change log has them."""
    moments: dict[datetime, list[str]] = {}
    for member in members:
        if member.id not in new:
            moments.setdefault(member.created_at, []).append(member.id)
    tied = [one for ids in moments.values() if len(ids) > 1 for one in ids]
    first: dict[str, int] = {}
    for some in chunks(sorted(tied)):
        query = select(changes.c.record_id, func.min(changes.c.seq)).where(changes.c.record_id.in_(some))
        first |= {row[0]: row[1] for row in unit.connection.execute(query.group_by(changes.c.record_id))}
    return [replace(member, place=first.get(member.id, 0)) for member in members]


def regroup(
    unit: Unit,
    log: Changes,
    work_of: dict[str, str],
    kind: ChangeKind,
    now: datetime,
    fresh: Collection[str] = (),
) -> dict[str, int]:
    """Give records their new work ids, each with a revision of its own and a Change of this kind."""
    execute = unit.connection.execute
    ids = sorted(work_of)
    stored: dict[str, Record] = {}
    sources: set[str] = set()
    for some in chunks(ids):
        sources |= set(execute(select(records.c.source_id).where(records.c.id.in_(some)).distinct()).scalars())
    unit.lock_records(*sources)
    for some in chunks(ids):
        query = select(records.c.document).where(records.c.id.in_(some))
        stored |= {record.id: record for record in map(from_text, execute(query).scalars())}
    rows.set_aside(unit, [one for one in ids if one not in fresh], None, now)
    written = [_regrouped(stored[one], work_of[one], now, one in fresh) for one in ids]
    if written:
        rows.UPSERT.write(unit.connection, [rows.row(document(record)) for record in written])
    moved = {record.id: (record.work_id, stored[record.id].work_id) for record in written}
    log.append(unit, [(record.id, kind, record.revision) for record in written], now, moved)
    return {record.id: record.revision for record in written}


def _regrouped(record: Record, work_id: str, now: datetime, is_fresh: bool) -> Record:
    update: dict[str, Any] = {"work_id": work_id}
    if not is_fresh:
        update |= {"revision": record.revision + 1, "updated_at": now}
    return record.model_copy(update=update)


def pair(one: str, other: str) -> Pair:
    """Two ids as tables of pairs hold them."""
    return (one, other) if one < other else (other, one)


def _settle_candidates(unit: Unit, works: Works, moved: list[str]) -> None:
    """What is in one work by now is no question any more."""
    for some in chunks(moved):
        either = or_(work_candidates.c.a.in_(some), work_candidates.c.b.in_(some))
        for row in unit.connection.execute(select(work_candidates.c.a, work_candidates.c.b).where(either)).all():
            if works.work_of.get(row.a) is not None and works.work_of.get(row.a) == works.work_of.get(row.b):
                unit.connection.execute(
                    delete(work_candidates).where(work_candidates.c.a == row.a, work_candidates.c.b == row.b)
                )
