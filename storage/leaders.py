"""Who leads, of several processes that could: one row with a beat, on either engine."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from storage.database import Database
from storage.runs import Owner
from storage.tables import leaders, upsert
from storage.unit import Unit

SCHEDULER = "scheduler"  # the lead of the process that claims fires


@dataclass(frozen=True, slots=True)
class Lead:
    """Who leads since when. `beat` grows as long as that process lives."""

    owner: Owner
    beat: int
    since: datetime
    seen_at: datetime


class Leaders:
    """The lead, by the name of what is led."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Lead | None:
        """Who leads as far as the table knows, alive or not."""
        with self._database.read() as connection:
            row = connection.execute(select(leaders).where(leaders.c.name == name)).first()
        return Lead(Owner(row.host, row.pid, row.started), row.beat, row.since, row.seen_at) if row else None

    def take(self, unit: Unit, name: str, owner: Owner, over: Lead | None, now: datetime) -> bool:
        """Lead from now on, if nobody does (`over` None) or if the row still shows the lead `over`."""
        unit.lock(f"leader {name}")
        values = {**_who(owner), "beat": over.beat + 1 if over else 1, "since": now, "seen_at": now}
        if over is None:
            row = upsert(leaders).values(name=name, **values).on_conflict_do_nothing()
            return unit.connection.execute(row.returning(leaders.c.name)).first() is not None
        same = update(leaders).where(leaders.c.name == name, leaders.c.beat == over.beat, *_is(over.owner))
        return unit.connection.execute(same.values(values)).rowcount == 1

    def renew(self, unit: Unit, name: str, owner: Owner, now: datetime) -> bool:
        """A sign of life. False: another leads now."""
        mine = update(leaders).where(leaders.c.name == name, *_is(owner))
        return unit.connection.execute(mine.values(beat=leaders.c.beat + 1, seen_at=now)).rowcount == 1

    def leads(self, unit: Unit, name: str, owner: Owner) -> bool:
        """Whether this process leads, for as long as the unit is open: nobody takes the lead meanwhile."""
        unit.lock(f"leader {name}")
        query = select(leaders.c.beat).where(leaders.c.name == name, *_is(owner))
        return unit.connection.execute(query).first() is not None

    def resign(self, unit: Unit, name: str, owner: Owner) -> None:
        """Leave the lead to the next who asks."""
        unit.connection.execute(leaders.delete().where(leaders.c.name == name, *_is(owner)))


def _who(owner: Owner) -> dict[str, object]:
    return {"host": owner.host, "pid": owner.pid, "started": owner.started}


def _is(owner: Owner) -> tuple[ColumnElement[bool], ...]:
    return (leaders.c.host == owner.host, leaders.c.pid == owner.pid, leaders.c.started == owner.started)
