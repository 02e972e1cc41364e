"""Runs and the lease that lets only one Run of a Source work at a time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, and_, exists, or_, select, update

from harvester.errors import BusyError
from harvester.model.base import iso_utc
from harvester.model.run import REPLAY_NOTE, Run, RunOutcome
from storage.database import Database
from storage.tables import leases, runs, spool_segments, upsert
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that holds a lease. `started` tells it from a later process with the same number."""

    host: str
    pid: int
    started: str


class Runs:
    """Runs, leases, and which spool segments have been taken in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self,
        unit: Unit,
        source_id: str,
        run_id: str,
        owner: Owner,
        now: datetime,
        lease_s: float,
        is_alive: Callable[[Owner], bool],
        notes: Sequence[str] = (),
    ) -> Run:
        """Take the lease and open a Run; `resumed_from` names the interrupted one it goes on from.

        `notes` are what is known of it from the beginning (see `kind_of`).

        Raises BusyError while another's lease runs, unless `is_alive` says that its owner is dead.
        """
        unit.lock(f"run {source_id}")
        self._refuse_if_held(unit, source_id, now, is_alive)
        stale = update(runs).where(runs.c.source_id == source_id, runs.c.outcome == RunOutcome.RUNNING.value)
        unit.connection.execute(stale.values(outcome=RunOutcome.INTERRUPTED.value, ended_at=now))
        before = self._interrupted_last(unit, source_id)
        run = Run(id=run_id, source_id=source_id, started_at=now, resumed_from=before, notes=tuple(notes))
        unit.connection.execute(runs.insert().values(_run_row(run)))
        values = {"run_id": run_id, "host": owner.host, "pid": owner.pid, "started": owner.started}
        times = {"since": now, "expires_at": now + timedelta(seconds=lease_s), "stop_by": None}
        lease = upsert(leases).values(source_id=source_id, **values, **times)
        unit.connection.execute(
            lease.on_conflict_do_update(index_elements=[leases.c.source_id], set_={**values, **times})
        )
        return run

    def heartbeat(self, unit: Unit, run_id: str, now: datetime, lease_s: float) -> bool:
        """Prolong the lease. False: it was lost to another Run; stop, and commit nothing in this unit."""
        longer = update(leases).where(leases.c.run_id == run_id)
        return unit.connection.execute(longer.values(expires_at=now + timedelta(seconds=lease_s))).rowcount == 1

    def ask_to_stop(self, unit: Unit, run_id: str, by: str) -> bool:
        """Let a Run that is at work end in good order; it looks here whenever it is seen. False: it has ended."""
        asked = update(leases).where(leases.c.run_id == run_id).values(stop_by=by)
        return unit.connection.execute(asked).rowcount == 1

    def stop_asked_by(self, run_id: str) -> str | None:
        """Who asked this Run to stop; None where nobody did."""
        with self._database.read() as connection:
            return connection.execute(select(leases.c.stop_by).where(leases.c.run_id == run_id)).scalar()

    def note_counts(self, unit: Unit, run_id: str, counts: Mapping[str, int]) -> None:
        """What a Run has counted so far, in the unit that stores it; what is left of one that is killed."""
        mine = update(runs).where(runs.c.id == run_id, runs.c.outcome == RunOutcome.RUNNING.value)
        unit.connection.execute(mine.values(counts=_json(dict(counts))))

    def close(
        self,
        unit: Unit,
        run_id: str,
        outcome: RunOutcome,
        counts: Mapping[str, int],
        notes: Sequence[str],
        now: datetime,
        seen: Mapping[str, int] | None = None,
    ) -> None:
        """End a Run and give its lease back. A Run already called interrupted by its successor stays so."""
        ended = update(runs).where(runs.c.id == run_id, runs.c.outcome == RunOutcome.RUNNING.value)
        values = {"outcome": outcome.value, "ended_at": now, "counts": _json(dict(counts)), "notes": _json(list(notes))}
        values["seen"] = _json(dict(seen or {}))
        unit.connection.execute(ended.values(values))
        unit.connection.execute(leases.delete().where(leases.c.run_id == run_id))

    def get(self, run_id: str) -> Run | None:
        """One Run, or None."""
        with self._database.read() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
        return _run(row) if row else None

    def list(
        self, source_id: str | None = None, limit: int = 50, *, telling: bool = False, before: str | None = None
    ) -> Sequence[Run]:
        """The latest Runs, newest first; of replays, if `telling`, only those by which something was accepted.

        `before` names a Run: only those that are older.
        """
        query = select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        if source_id is not None:
            query = query.where(runs.c.source_id == source_id)
        if before is not None:
            began = select(runs.c.started_at).where(runs.c.id == before).scalar_subquery()
            query = query.where(or_(runs.c.started_at < began, and_(runs.c.started_at == began, runs.c.id < before)))
        if telling:
            is_replay = runs.c.notes.startswith(_json([REPLAY_NOTE])[:-1], autoescape=True)
            query = query.where(or_(~is_replay, runs.c.seen != _json({})))
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(query)]

    def holder(self, unit: Unit, source_id: str, now: datetime, is_alive: Callable[[Owner], bool]) -> str | None:
        """The Run that holds the lease of a Source, unless its lease has run out or its process is dead."""
        row = unit.connection.execute(select(leases).where(leases.c.source_id == source_id)).first()
        return row.run_id if row and _holds(row, now, is_alive) else None

    def running(self) -> Sequence[Run]:
        """The Runs that hold a lease and have not ended, longest first."""
        held = select(runs).join(leases, leases.c.run_id == runs.c.id)
        query = held.where(runs.c.outcome == RunOutcome.RUNNING.value).order_by(runs.c.started_at, runs.c.id)
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(query)]

    def at_work(self, unit: Unit) -> Sequence[str]:
        """Ids of all Runs that have not ended."""
        return (
            unit.connection.execute(select(runs.c.id).where(runs.c.outcome == RunOutcome.RUNNING.value)).scalars().all()
        )

    def interrupted(self, source_id: str) -> Sequence[str]:
        """Ids of a Source's interrupted Runs, oldest first."""
        query = select(runs.c.id).where(runs.c.source_id == source_id, runs.c.outcome == RunOutcome.INTERRUPTED.value)
        with self._database.read() as connection:
            return connection.execute(query.order_by(runs.c.started_at)).scalars().all()

    def segment_done(self, unit: Unit, name: str) -> None:
        """Note that a spool segment was taken in; in the unit that saves what it held."""
        unit.connection.execute(upsert(spool_segments).values(name=name).on_conflict_do_nothing())

    def forget_segments(self, unit: Unit, keep: Collection[str]) -> None:
        """Forget the segments of all Runs but those in `keep`: their files are gone, nobody asks again."""
        names = unit.connection.execute(select(spool_segments.c.name)).scalars().all()
        gone = [name for name in names if name.rpartition("-")[0] not in keep]
        for start in range(0, len(gone), 500):
            some = spool_segments.c.name.in_(gone[start : start + 500])
            unit.connection.execute(spool_segments.delete().where(some))

    def is_segment_done(self, name: str) -> bool:
        """Was it taken in before (a crash between commit and drop)?"""
        with self._database.read() as connection:
            return bool(connection.execute(select(exists().where(spool_segments.c.name == name))).scalar())

    @staticmethod
    def _refuse_if_held(unit: Unit, source_id: str, now: datetime, is_alive: Callable[[Owner], bool]) -> None:
        row = unit.connection.execute(select(leases).where(leases.c.source_id == source_id)).first()
        if row is None or not _holds(row, now, is_alive):
            return
        raise BusyError(
            f"source {source_id}: run {row.run_id} is at work"
            f" (process {row.pid} on {row.host}, since {iso_utc(row.since)})",
            remedy="wait for it to end, or stop that process; a dead one is taken over at once",
        )

    @staticmethod
    def _interrupted_last(unit: Unit, source_id: str) -> str | None:
        query = select(runs.c.id, runs.c.outcome).where(runs.c.source_id == source_id)
        last = unit.connection.execute(query.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(1)).first()
        return last.id if last and last.outcome == RunOutcome.INTERRUPTED.value else None


def _holds(row: Row[*tuple[Any, ...]], now: datetime, is_alive: Callable[[Owner], bool]) -> bool:
    return bool(row.expires_at > now and is_alive(Owner(row.host, row.pid, row.started)))


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _run_row(run: Run) -> dict[str, Any]:
    row = run.model_dump(exclude={"counts", "notes", "seen"})
    return row | {
        "outcome": run.outcome.value,
        "counts": _json(run.counts),
        "notes": _json(run.notes),
        "seen": _json(run.seen),
    }


def _run(row: Row[*tuple[Any, ...]]) -> Run:
    values = dict(row._mapping)
    return Run.model_validate(values | {name: orjson.loads(values[name]) for name in ("counts", "notes", "seen")})
