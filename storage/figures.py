"""What stands in the tables as figures by Source, cheap enough to be asked for every few seconds.

Nothing is counted in this process: every process finds the same figures, also after a restart. Each question is a
snapshot of its own, asked without patience: StorageError where the database does not answer.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Select, Table, func, select, type_coerce

from harvester.model.schedule import OPEN
from storage.run_sums import RunSums, SourceRuns
from storage.tables import change_head, changes, fires, hosts, pages, records, search_entries, search_head, string

RECORDS_S = 30.0  # records are counted anew at most so often, and only after a Change
_Snapshot = Callable[[], AbstractContextManager[Connection]]
_ByAccess = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class _Counted:
    """Records as they were counted: at which entry of the change log, and when by this process's clock."""

    seq: int
    at: float
    records: _ByAccess
    bilingual: Mapping[str, int]


class Figures:
    """Figures of one open database. Any thread may ask."""

    def __init__(self, snapshot: _Snapshot) -> None:
        self._snapshot = snapshot
        self._sums = RunSums()
        self._counted: _Counted | None = None
        self._lock = threading.Lock()

    def runs(self) -> Mapping[str, SourceRuns]:
        """What the Runs of each Source add up to. What has ended is read once and remembered."""
        with self._snapshot() as connection:
            return self._sums.of(connection)

    def records(self) -> _ByAccess:
        """Records that are not deleted, by Source and AccessStatus; `RECORDS_S` seconds old at most."""
        return self._lately_counted().records

    def bilingual(self) -> Mapping[str, int]:
        """Records in two languages or more, by Source, as far as the search index has come; as old as `records`."""
        return self._lately_counted().bilingual

    def _lately_counted(self) -> _Counted:
        with self._lock, self._snapshot() as connection:
            seq, last = _head(connection), self._counted
            if last is None or (seq != last.seq and time.monotonic() - last.at >= RECORDS_S):
                found = _counted(connection), _bilingual(connection)
                self._counted = last = _Counted(seq, time.monotonic(), *found)
            return last

    def due_pages(self, now: datetime) -> Mapping[str, int]:
        """Pages that are due, by Source."""
        with self._snapshot() as connection:
            return {name: count for name, count in connection.execute(_due(now)) if isinstance(name, str)}

    def held_hosts(self, now: datetime, most: int) -> tuple[int, Mapping[str, datetime]]:
        """How many hosts are left alone for now, and until when; of many those that are held longest."""
        until, held = type_coerce(hosts.c.hold_until, string()), hosts.c.hold_until > now
        query = select(hosts.c.host, until).where(held).order_by(hosts.c.hold_until.desc(), hosts.c.host)
        found: dict[str, datetime] = {}
        with self._snapshot() as connection:
            count = connection.execute(select(func.count()).select_from(hosts).where(held)).scalar_one()
            for host, moment in connection.execute(query.limit(most)):
                with suppress(ValueError, TypeError):  # one damaged row
                    found[host] = datetime.fromisoformat(moment).astimezone(UTC)
        return count, found

    def open_fires(self) -> Mapping[str, int]:
        """Fires that wait (`queued`) or are at work (`running`)."""
        query = select(fires.c.state, func.count()).where(fires.c.state.in_(OPEN)).group_by(fires.c.state)
        with self._snapshot() as connection:
            found = {name: count for name, count in connection.execute(query) if isinstance(name, str)}
        return {state.value: found.get(state.value, 0) for state in OPEN}

    def head(self) -> int:
        """The latest entry of the change log."""
        with self._snapshot() as connection:
            return _head(connection)


def _head(connection: Connection) -> int:
    return connection.execute(select(change_head.c.seq)).scalar() or 0


def _counted(connection: Connection) -> _ByAccess:
    """Entries of the search index are narrow and as many as records; what it has not read yet is looked up."""
    seen = connection.execute(select(search_head.c.seq)).scalar() or 0
    newer = select(changes.c.record_id).where(changes.c.seq > seen).distinct()
    found = _grouped(connection, _by_access(search_entries))
    if _head(connection) == seen:
        return found
    stale = _grouped(connection, _by_access(search_entries).where(search_entries.c.record_id.in_(newer)))
    fresh = _by_access(records).where(records.c.id.in_(newer), records.c.deleted_at.is_(None))
    now = _grouped(connection, fresh)
    sums = {key: found.get(key, 0) - stale.get(key, 0) + now.get(key, 0) for key in found | now}
    return {key: count for key, count in sums.items() if count}


def _bilingual(connection: Connection) -> dict[str, int]:
    several = search_entries.c.languages.contains(" ")
    query = select(search_entries.c.source_id, func.count().label("records")).where(several)
    return {row.source_id: row.records for row in connection.execute(query.group_by(search_entries.c.source_id))}


def _by_access(table: Table) -> "Select[str, str, int]":
    return select(table.c.source_id, table.c.access, func.count()).group_by(table.c.source_id, table.c.access)


def _grouped(connection: Connection, query: "Select[str, str, int]") -> dict[tuple[str, str], int]:
    return {(source_id, access): count for source_id, access, count in connection.execute(query)}


def _due(now: datetime) -> "Select[str, int]":
    """One look at the index for the name of each Source, then as many as it has due pages."""
    names = select(func.min(pages.c.source_id).label("name")).cte("names", recursive=True)
    following = select(func.min(pages.c.source_id)).where(pages.c.source_id > names.c.name).scalar_subquery()
    names = names.union_all(select(following).where(names.c.name.is_not(None)))
    due = select(func.count()).select_from(pages).where(pages.c.source_id == names.c.name, pages.c.due <= now)
    return select(names.c.name, due.scalar_subquery()).where(names.c.name.is_not(None))
