"""What the change log says of records that a reader may want to be told, a portion at a time and from one snapshot."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import func, select

from harvester.model.access import AccessStatus
from harvester.model.record import Record
from harvester.model.run import ChangeKind
from storage.database import Database
from storage.documents import from_text
from storage.rows import of_works
from storage.tables import change_head, changes, lookups, records, revisions

_CHUNK = 500


class Turn(NamedTuple):
    """A status that became another; `was` the last one that was known (access: not `unknown`), empty for none."""

    was: str
    became: str
    seq: int
    at: datetime


class Story(NamedTuple):
    """What happened to one living record in a portion. `seq`, `at`: of its first Change there.

    `is_new`: it was created there. `access`, `integrity`: what turned, from before the portion to its end.
    `editions`: ids of all records of its work.
    """

    record: Record
    seq: int
    at: datetime
    is_new: bool
    access: Turn | None
    integrity: Turn | None
    editions: tuple[str, ...]


class Mark(NamedTuple):
    """How far everything is that is told of records: the change log, and what registries say of them."""

    seq: int
    changed: int


NO_MARK = Mark(-1, 0)
MARK = (
    select(func.coalesce(func.max(change_head.c.seq), 0)).scalar_subquery().label("seq"),
    select(func.coalesce(func.max(lookups.c.changed), 0)).scalar_subquery().label("changed"),
)


class Portion(NamedTuple):
    """Changes after number `after` up to `until`; `head` is the latest there is."""

    after: int
    until: int
    head: int
    stories: list[Story]


class Followed:
    """The change log as alerts follow it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self) -> Mark:
        """Where everything is now."""
        with self._database.read() as connection:
            row = connection.execute(select(*MARK)).one()
        return Mark(row.seq, row.changed)

    def portion(self, after: int, most: int = 2000) -> Portion:
        """The stories of the next Changes, at most so many, all as they stand in one snapshot."""
        with self._database.read() as connection:
            head = connection.execute(select(change_head.c.seq)).scalar() or 0
            log = select(changes).where(changes.c.seq > after).order_by(changes.c.seq).limit(most)
            rows = connection.execute(log).all()
            if not rows:
                return Portion(after, max(after, head), head, [])
            return Portion(after, rows[-1].seq, head, _stories(connection, rows))


def _stories(connection: Any, rows: Sequence[Any]) -> list[Story]:
    by_record: dict[str, list[Any]] = {}
    for row in rows:
        by_record.setdefault(row.record_id, []).append(row)
    living = _living(connection, list(by_record))
    turned = [one for one in living if any(row.kind in _TURNS for row in by_record[one])]
    past = _past(connection, turned)
    works = _works(connection, living)
    return [_story(record, by_record[one], past.get(one, []), works) for one, record in living.items()]


_TURNS = (ChangeKind.ACCESS_CHANGED.value, ChangeKind.INTEGRITY_CHANGED.value)
_Status = tuple[int, str, str]  # revision, access, integrity


def _living(connection: Any, ids: Sequence[str]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for start in range(0, len(ids), _CHUNK):
        some = (records.c.id.in_(ids[start : start + _CHUNK]), records.c.deleted_at.is_(None))
        for row in connection.execute(select(records.c.id, records.c.document).where(*some)):
            found[row.id] = from_text(row.document)
    return {one: found[one] for one in ids if one in found}


def _past(connection: Any, ids: Sequence[str]) -> dict[str, list[_Status]]:
    """Access and integrity of every earlier revision, in order."""
    found: dict[str, list[_Status]] = {}
    for start in range(0, len(ids), _CHUNK):
        some = revisions.c.record_id.in_(ids[start : start + _CHUNK])
        query = select(revisions).where(some).order_by(revisions.c.record_id, revisions.c.revision)
        for row in connection.execute(query):
            said = orjson.loads(row.document)
            status = (row.revision, said["access"]["status"], said["integrity"]["status"])
            found.setdefault(row.record_id, []).append(status)
    return found


def _works(connection: Any, living: Mapping[str, Record]) -> dict[str, tuple[str, ...]]:
    """Record ids by work; a work of one record is left out."""
    ids = sorted({record.work_id for record in living.values()})
    found: dict[str, list[str]] = {}
    for start in range(0, len(ids), _CHUNK):
        some = of_works(ids[start : start + _CHUNK])
        for row in connection.execute(select(records.c.id, records.c.work_id).where(some).order_by(records.c.id)):
            found.setdefault(row.work_id, []).append(row.id)
    return {work: tuple(members) for work, members in found.items()}


def _story(record: Record, rows: Sequence[Any], past: Sequence[_Status], works: Mapping[str, tuple[str, ...]]) -> Story:
    present = (record.revision, record.access.status.value, record.integrity.status)
    statuses = [*past, present]
    is_new = any(row.kind == ChangeKind.CREATED.value for row in rows)
    return Story(
        record,
        rows[0].seq,
        rows[0].at,
        is_new,
        _turn(rows, ChangeKind.ACCESS_CHANGED, statuses, 1, AccessStatus.UNKNOWN.value),
        _turn(rows, ChangeKind.INTEGRITY_CHANGED, statuses, 2, ""),
        works.get(record.work_id, (record.id,)),
    )


def _turn(rows: Sequence[Any], kind: ChangeKind, statuses: Sequence[_Status], place: int, nothing: str) -> Turn | None:
    """From the last status known before the first Change of this kind to the one that stands after the last."""
    seen = [row for row in rows if row.kind == kind.value]
    if not seen:
        return None
    known = [(one[0], str(one[place])) for one in statuses if one[place] != nothing]
    before = [status for revision, status in known if revision < seen[0].revision]
    since = [str(one[place]) for one in statuses if one[0] >= seen[-1].revision]
    was, became = before[-1] if before else "", since[0] if since else ""
    return Turn(was, became, seen[-1].seq, seen[-1].at) if became not in (was, nothing) else None
