"""Schedules as operators changed them, and the fires that were claimed: each once, whoever asks and how often."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from pydantic import ValidationError
from sqlalchemy import Connection, Row, Select, func, select, update

from harvester.model.schedule import OPEN, Fire, FireState, Pause, Request, Schedule
from harvester.model.source import ScheduleRules
from storage.database import Database, Snapshot
from storage.tables import fires, schedules, upsert
from storage.unit import Unit

KEPT = timedelta(days=400)  # how long a fire stays on record
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_NO_PAUSE: dict[str, Any] = {"paused_at": None, "paused_by": None, "paused_reason": None}


class Schedules:
    """Schedules by Source, and their fires."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[str, Schedule]:
        """What is kept, by Source. A row that cannot be read says so in `damage`, and is one row only."""
        with self._database.read() as connection:
            try:
                return {row.source_id: _schedule(row) for row in connection.execute(select(schedules))}
            except ValueError:
                names = connection.execute(select(schedules.c.source_id)).scalars().all()
                return {name: _salvaged(connection, name) for name in names}

    def begin(self, unit: Unit, source_ids: Collection[str], now: datetime) -> None:
        """Fires of these Sources count from now on, where they have not counted before."""
        for source_id in sorted(source_ids):
            row = upsert(schedules).values(source_id=source_id, since=now)
            unit.connection.execute(row.on_conflict_do_nothing())

    def pause(self, unit: Unit, source_id: str, by: str, reason: str, now: datetime) -> None:
        """No fire is claimed until `resume`."""
        self._set(unit, source_id, now, {"paused_at": now, "paused_by": by, "paused_reason": reason})

    def resume(self, unit: Unit, source_id: str, now: datetime) -> None:
        """Fires count again, from now on: what fell into the pause is not made up for."""
        self._set(unit, source_id, now, {**_NO_PAUSE, "since": now})

    def request(self, unit: Unit, source_id: str, by: str, now: datetime) -> None:
        """Harvest this Source now, or as soon as it may be."""
        self._set(unit, source_id, now, {"requested_at": now, "requested_by": by})

    def change(self, unit: Unit, source_id: str, rules: ScheduleRules | None, now: datetime) -> None:
        """The operator's own rules, or with None those of the source file again; fires count from now on."""
        text = None if rules is None else rules.model_dump_json(exclude_unset=True)
        self._set(unit, source_id, now, {"rules": text, "since": now, "last_at": None})

    def start_again(self, unit: Unit, source_id: str, now: datetime) -> None:
        """Go on from now: fires on record lie in a future that never was, told by a clock that was wrong."""
        ahead = fires.delete().where(fires.c.source_id == source_id, fires.c.at > now)
        unit.connection.execute(ahead.where(fires.c.state.not_in(OPEN)))
        self._set(unit, source_id, now, {"since": now, "last_at": None})

    def claim(self, unit: Unit, fire: Fire) -> bool:
        """Put a fire on record. False: somebody has it, or a later one, already.

        Also ends the request to run now, where the fire is not skipped, and forgets fires of long ago.
        """
        unit.lock(f"fires {fire.source_id}")
        row = upsert(fires).values(_fire_row(fire)).on_conflict_do_nothing()
        if unit.connection.execute(row.returning(fires.c.at)).first() is None:
            return False
        ours = schedules.c.source_id == fire.source_id
        latest = unit.connection.execute(select(schedules.c.last_at).where(ours)).scalar()
        answers: dict[str, Any] = (
            {} if fire.state is FireState.SKIPPED else {"requested_at": None, "requested_by": None}
        )
        last = {"last_at": max(fire.at, latest or fire.at)}
        unit.connection.execute(update(schedules).where(ours).values(last | answers))
        old = fires.delete().where(fires.c.source_id == fire.source_id, fires.c.at < fire.at - KEPT)
        unit.connection.execute(old)
        return True

    def take_up(self, unit: Unit, fire: Fire, by: str) -> bool:
        """Take over an open fire that another claimed. False: it has moved on meanwhile."""
        values = {"claimed_by": by, "state": FireState.QUEUED.value, "run_id": None}
        return self._move(unit, fire, values)

    def start(self, unit: Unit, fire: Fire, run_id: str) -> bool:
        """Its Run begins. False: it is not ours any more, so nothing may be started."""
        return self._move(unit, fire, {"state": FireState.RUNNING.value, "run_id": run_id})

    def end(self, unit: Unit, fire: Fire, state: FireState, note: str, now: datetime) -> bool:
        """It is over. False: it is another's by now, who will say so."""
        return self._move(unit, fire, {"state": state.value, "note": note, "ended_at": now})

    def attach(self, unit: Unit, fire: Fire, run_id: str) -> bool:
        """An open fire waits for the end of this Run, which is at work already."""
        return self._move(unit, fire, {"state": FireState.RUNNING.value, "run_id": run_id})

    def open_of(self, unit: Unit, source_id: str) -> Fire | None:
        """The open fire of a Source; there is never a second one."""
        query = select(fires).where(fires.c.source_id == source_id, fires.c.state.in_(OPEN))
        return next(iter(_readable(unit.connection, query.order_by(fires.c.at))), None)

    def open(self, source_ids: Collection[str] | None = None) -> Sequence[Fire]:
        """Fires that are neither done nor skipped, oldest first; of these Sources or of all."""
        query = select(fires).where(fires.c.state.in_(OPEN))
        if source_ids is not None:
            query = query.where(fires.c.source_id.in_(sorted(source_ids)))
        return self._fires(query.order_by(fires.c.claimed_at, fires.c.at, fires.c.source_id))

    def fires(self, source_id: str, limit: int = 20) -> Sequence[Fire]:
        """The latest fires of a Source, newest first."""
        query = select(fires).where(fires.c.source_id == source_id)
        return self._fires(query.order_by(fires.c.at.desc()).limit(limit))

    def _fires(self, query: Select[Any]) -> Sequence[Fire]:
        with self._database.read() as connection:
            return _readable(connection, query)

    @staticmethod
    def _move(unit: Unit, fire: Fire, values: Mapping[str, Any]) -> bool:
        """Change an open fire, if it is still as `fire` says."""
        same = (fires.c.source_id == fire.source_id, fires.c.at == fire.at, fires.c.claimed_by == fire.claimed_by)
        moved = update(fires).where(*same, fires.c.state == fire.state.value).values(dict(values))
        return unit.connection.execute(moved).rowcount == 1

    def _set(self, unit: Unit, source_id: str, now: datetime, values: dict[str, Any]) -> None:
        row = upsert(schedules).values({"source_id": source_id, "since": now, **values})
        unit.connection.execute(row.on_conflict_do_update(index_elements=[schedules.c.source_id], set_=values))


def _readable(connection: Connection | Snapshot, query: Select[Any]) -> list[Fire]:
    """The fires of a query, without those whose rows are damaged."""
    try:
        return [Fire.model_validate(dict(row._mapping)) for row in connection.execute(query)]
    except ValueError:
        count = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        found = []
        for number in range(count):
            with suppress(ValueError):
                row = connection.execute(query.limit(1).offset(number)).one()
                found.append(Fire.model_validate(dict(row._mapping)))
        return found


def _salvaged(connection: Snapshot, source_id: str) -> Schedule:
    """One Schedule, of which perhaps only the name can be read."""
    try:
        return _schedule(connection.execute(select(schedules).where(schedules.c.source_id == source_id)).one())
    except ValueError:
        return Schedule(source_id=source_id, since=_LONG_AGO, damage="its times on record cannot be read")


def _schedule(row: Row[*tuple[Any, ...]]) -> Schedule:
    rules, damage = _rules(row.rules)
    return Schedule(
        source_id=row.source_id,
        since=row.since,
        last_at=row.last_at,
        pause=Pause(at=row.paused_at, by=row.paused_by or "", reason=row.paused_reason or "")
        if row.paused_at
        else None,
        rules=rules,
        damage=damage,
        request=Request(at=row.requested_at, by=row.requested_by or "") if row.requested_at else None,
    )


def _rules(text: str | None) -> tuple[ScheduleRules | None, str]:
    try:
        return (None, "") if text is None else (ScheduleRules.model_validate(orjson.loads(text)), "")
    except (ValidationError, ValueError):
        return None, "the operator's rules cannot be read"


def _fire_row(fire: Fire) -> dict[str, Any]:
    return {name: getattr(fire, name) for name in Fire.model_fields} | {"state": fire.state.value}
