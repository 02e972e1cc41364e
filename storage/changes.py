"""The one ordered change log that everything downstream reads."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, case, select

from harvester.model.run import Change, ChangeKind
from storage.bulk import Fresh
from storage.database import Database
from storage.tables import change_head, changes, moment_text, upsert
from storage.unit import Pending, Unit

_LOG = Fresh(changes)


class Changes:
    """Change log. `seq` is strictly increasing in commit order, `at` never goes back, also with several writers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, unit: Unit, entries: Sequence[tuple[str, ChangeKind, int]], now: datetime) -> None:
        """Log (record id, kind, revision) with this unit; numbers are given out at its commit."""
        unit.pending += [Pending(record_id, kind, revision, now) for record_id, kind, revision in entries]

    def since(self, seq: int, limit: int = 1000) -> list[Change]:
        """At most `limit` Changes after number `seq`, in order. Start with 0."""
        query = select(changes).where(changes.c.seq > seq).order_by(changes.c.seq).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [Change(seq=r.seq, record_id=r.record_id, kind=r.kind, at=r.at, revision=r.revision) for r in rows]

    def head(self) -> int:
        """The latest number; 0 for an empty log."""
        with self._database.read() as connection:
            return connection.execute(select(change_head.c.seq)).scalar() or 0


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
    rows = [(n, one.record_id, one.kind.value, moment, one.revision) for n, one in enumerate(unit.pending, first)]
    _LOG.write(unit.connection, rows)
    unit.pending.clear()


def _later(excluded: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return case((excluded > change_head.c.at, excluded), else_=change_head.c.at)
