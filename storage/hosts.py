"""Hosts: whose turn it is, how long to wait, why a host is left alone, and its robots.txt as last fetched."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, and_, bindparam, case, or_, select, update

from storage.database import Database
from storage.tables import Moment, hosts, robots_copies, upsert
from storage.unit import Unit

_ASK_AGAIN = 0.25  # seconds after which a waiting owner looks whether the other has finished


@dataclass(frozen=True, slots=True)
class Hold:
    """A host is to be left alone until a moment (Retry-After, refusals); it may have passed."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class RobotsCopy:
    """The answer to robots.txt. `status` None: no answer at all."""

    status: int | None
    body: bytes
    fetched_at: datetime


class Hosts:
    """Politeness that holds over processes, Sources and restarts. Write with `begin(durable=False)`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_turn(self, unit: Unit, host: str, owner: str, gap_s: float, deadline_s: float, now: datetime) -> float:
        """0.0: go, the host is the owner's until `end_turn` or the deadline. Else ask again after so many seconds.

        One turn at a time per host, also for the same owner. `gap_s` is what the next has to wait after this one began,
        should `end_turn` never be called.
        """
        times = {"next_at": now + timedelta(seconds=gap_s), "owner_until": now + timedelta(seconds=deadline_s)}
        if unit.connection.execute(_take(), {"host": host, "owner": owner, "now": now, **times}).first():
            return 0.0
        row = unit.connection.execute(select(hosts).where(hosts.c.host == host)).one()
        busy = min(_seconds(row.owner_until, now), _ASK_AGAIN) if row.owner else 0.0
        return max(_seconds(row.next_at, now), _seconds(row.hold_until, now), busy, 0.001)

    def end_turn(self, unit: Unit, host: str, owner: str, gap_s: float, now: datetime) -> None:
        """Give the host back; the next turn begins `gap_s` from now at the earliest.

        Counted from the end of an answer, since only then is it known that the host has had the request: two requests
        never arrive closer to each other than they were meant to, however long each was on its way.
        A turn whose deadline has passed may be another's by now and stays theirs; if it is not, the gap is kept.
        """
        following = now + timedelta(seconds=gap_s)
        unit.connection.execute(_END, {"the_host": host, "the_owner": owner, "following": following})

    def end_turns_of(self, unit: Unit, owner: str) -> None:
        """Give back whatever turns an owner has; for one that is dead."""
        unit.connection.execute(update(hosts).where(hosts.c.owner == owner).values(owner=None, owner_until=None))

    def postpone(self, unit: Unit, host: str, until: datetime) -> None:
        """No turn before then, where none later is set: for a gap that turns out longer after a turn was taken."""
        put = upsert(hosts).values(host=host, next_at=until)
        later = put.excluded.next_at > hosts.c.next_at
        put = put.on_conflict_do_update(
            index_elements=[hosts.c.host], set_={"next_at": put.excluded.next_at}, where=later
        )
        unit.connection.execute(put)

    def hold(self, unit: Unit, host: str, until: datetime, reason: str) -> None:
        """Leave the whole host alone until then; an earlier, longer hold stays."""
        held = upsert(hosts).values(host=host, next_at=until, hold_until=until, hold_reason=reason)
        longer = or_(hosts.c.hold_until.is_(None), hosts.c.hold_until < held.excluded.hold_until)
        held = held.on_conflict_do_update(
            index_elements=[hosts.c.host],
            set_={
                "hold_until": case((longer, held.excluded.hold_until), else_=hosts.c.hold_until),
                "hold_reason": case((longer, held.excluded.hold_reason), else_=hosts.c.hold_reason),
            },
        )
        unit.connection.execute(held)

    def hold_of(self, host: str) -> Hold | None:
        """The last hold of a host; compare its `until` with the present."""
        query = select(hosts.c.hold_until, hosts.c.hold_reason).where(hosts.c.host == host)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return Hold(row.hold_until, row.hold_reason or "") if row and row.hold_until else None

    def free_at(self, host: str) -> datetime | None:
        """When a host may be asked again, for its gap or a hold; it may have passed. None: it was never asked."""
        query = select(hosts.c.next_at, hosts.c.hold_until).where(hosts.c.host == host)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return max(row.next_at, row.hold_until or row.next_at) if row else None

    def save_robots(self, unit: Unit, origin: str, copy: RobotsCopy) -> None:
        """Keep the answer for an origin (`scheme://host[:port]`), or for the address of its TDMRep file."""
        values = {"status": copy.status, "body": copy.body, "fetched_at": copy.fetched_at}
        kept = upsert(robots_copies).values(origin=origin, **values)
        unit.connection.execute(kept.on_conflict_do_update(index_elements=[robots_copies.c.origin], set_=dict(values)))

    def robots(self, origin: str) -> RobotsCopy | None:
        """The answer as last fetched; its age is the caller's to judge."""
        with self._database.read() as connection:
            row = connection.execute(select(robots_copies).where(robots_copies.c.origin == origin)).first()
        return RobotsCopy(row.status, row.body, row.fetched_at) if row else None


def _seconds(until: datetime | None, now: datetime) -> float:
    return max(0.0, (until - now).total_seconds()) if until else 0.0


_now = bindparam("now", type_=Moment)
_following = bindparam("following", type_=Moment)


@cache
def _take() -> Executable:
    turn = upsert(hosts).values({name: bindparam(name) for name in ("host", "owner", "next_at", "owner_until")})
    return turn.on_conflict_do_update(
        index_elements=[hosts.c.host],
        set_={name: turn.excluded[name] for name in ("owner", "next_at", "owner_until")},
        where=and_(
            hosts.c.next_at <= _now,
            or_(hosts.c.hold_until.is_(None), hosts.c.hold_until <= _now),
            or_(hosts.c.owner.is_(None), hosts.c.owner_until <= _now),
        ),
    ).returning(hosts.c.host)


_END = (
    update(hosts)
    .where(hosts.c.host == bindparam("the_host"), hosts.c.owner == bindparam("the_owner"))
    .values(
        owner=None, owner_until=None, next_at=case((hosts.c.next_at < _following, _following), else_=hosts.c.next_at)
    )
)
