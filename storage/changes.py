"""The one ordered change log that everything downstream reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson
from sqlalchemy import ColumnElement, Row, case, select

from harvester.model.run import Change, ChangeKind
from storage.bulk import Fresh
from storage.database import Database
from storage.tables import change_head, change_readers, changes, moment_text, records, upsert
from storage.unit import Pending, Unit

_LOG = Fresh(changes)
_NOINDEX = "noindex"


class Told(NamedTuple):
    """A Change, and what its record is now: the work it is in, why it is deleted, whether it may be listed."""

    change: Change
    work_id: str
    deletion_reason: str | None
    is_listed: bool


class Changes:
    """Change log. `seq` is strictly increasing in commit order, `at` never goes back, also with several writers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        unit: Unit,
        entries: Sequence[tuple[str, ChangeKind, int]],
        now: datetime,
        works: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        """Log (record id, kind, revision) with this unit; numbers are given out at its commit.

        `works` has, by record id, the work a record is in since and the one it was in.
        """
        moves = works or {}
        unit.pending += [Pending(*entry, now, *moves.get(entry[0], (None, None))) for entry in entries]

    def since(self, seq: int, limit: int = 1000) -> list[Change]:
        """At most `limit` Changes after number `seq`, in order. Start with 0."""
        query = select(changes).where(changes.c.seq > seq).order_by(changes.c.seq).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [change_of(row) for row in rows]

    def told(self, seq: int, limit: int = 1000) -> tuple[int, list[Told]]:
        """The latest number, and at most `limit` Changes after `seq`, each with what its record is by now."""
        now = (records.c.work_id.label("work_now"), records.c.deletion_reason)
        suspect = records.c.document.contains(f'"{_NOINDEX}"').label("suspect")
        query = select(changes, *now, suspect).join(records, records.c.id == changes.c.record_id)
        query = query.where(changes.c.seq > seq).order_by(changes.c.seq).limit(limit)
        with self._database.read() as connection:
            head = connection.execute(select(change_head.c.seq)).scalar() or 0
            rows = connection.execute(query).all()
            suspects = sorted({row.record_id for row in rows if row.suspect})
            texts = select(records.c.id, records.c.document).where(records.c.id.in_(suspects))
            unlisted = {row.id for row in connection.execute(texts) if _NOINDEX in _robots(row.document)}
        told = [Told(change_of(r), r.work_now, r.deletion_reason, r.record_id not in unlisted) for r in rows]
        return head, told

    def head(self) -> int:
        """The latest number; 0 for an empty log."""
        with self._database.read() as connection:
            return connection.execute(select(change_head.c.seq)).scalar() or 0


def place_of(unit: Unit, name: str) -> int:
    """How far a reader of the log has come that keeps its place in the database; 0 where it has not begun."""
    query = select(change_readers.c.seq).where(change_readers.c.name == name)
    return unit.connection.execute(query).scalar() or 0


def put_place(unit: Unit, name: str, seq: int) -> None:
    """Keep how far a reader of the log has come."""
    moved = upsert(change_readers).values(name=name, seq=seq)
    set_ = {"seq": moved.excluded.seq}
    unit.connection.execute(moved.on_conflict_do_update(index_elements=[change_readers.c.name], set_=set_))


def change_of(row: Row[*tuple[object, ...]]) -> Change:
    """A row of the log."""
    return Change.model_validate({name: getattr(row, name) for name in Change.model_fields})


def _robots(document: str) -> list[str]:
    found: list[str] = orjson.loads(document)["rights"]["robots"]
    return found


def write_pending(unit: Unit) -> None:
    """Number and write the unit's Changes. The head row's lock, held from here to the commit, orders all writers."""
    if not unit.pending:
        return
    latest = max(entry.at for entry in unit.pending)
    raised = upsert(change_head).values(id=1, seq=len(unit.pending), at=latest)
    raised = raised.on_conflict_do_update(
        index_elements=[change_head.c.id],
        set_={"seq": change_head.c.seq + raised.excluded.seq, "at": _later(raised.excluded.at)},
    )
    seq, at = unit.connection.execute(raised.returning(change_head.c.seq, change_head.c.at)).one()
    first = seq - len(unit.pending) + 1
    moment = moment_text(at)
    rows = [
        (n, one.record_id, one.kind.value, moment, one.revision, one.work_id, one.old_work_id)
        for n, one in enumerate(unit.pending, first)
    ]
    _LOG.write(unit.connection, rows)
    unit.pending.clear()


def _later(excluded: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return case((excluded > change_head.c.at, excluded), else_=change_head.c.at)
