"""Which of several schedulers leads. It gives signs of life; where none is seen for a while, another takes over.

Each process measures silence with its own monotonic clock, so that clocks that differ or jump hand the lead to nobody.
"""

from collections.abc import Callable

from harvester.scheduling.clock import Clock
from storage.leaders import SCHEDULER, Lead
from storage.runs import Owner
from storage.store import Store
from storage.unit import Unit

NAME = SCHEDULER
BEAT_S = 3.0
LEASE_S = 10.0


class Leadership:
    """This process among those that could lead. `is_alive` is False for one that has ended."""

    def __init__(self, store: Store, me: Owner, clock: Clock, is_alive: Callable[[Owner], bool]) -> None:
        self.me = me
        self._store = store
        self._clock = clock
        self._is_alive = is_alive
        self._beat_at: float | None = None  # our last sign of life, while we lead
        self._seen: tuple[Lead, float] | None = None  # the other's, and when it was new to us

    @property
    def leads(self) -> bool:
        """Whether this process led a moment ago, and no other can have taken over since."""
        return self._beat_at is not None and self._clock.monotonic() - self._beat_at < LEASE_S

    def leads_in(self, unit: Unit) -> bool:
        """Whether it leads for as long as the unit is open; what is written in it is written by the leader."""
        return self.leads and self._store.leaders.leads(unit, NAME, self.me)

    def said(self) -> str:
        """Leader or standby, in words."""
        if self.leads:
            return "leader"
        if self._seen:
            return f"standby: scheduler {self._seen[0].owner.pid} on {self._seen[0].owner.host} leads"
        return "standby: no scheduler leads yet"

    def look(self) -> bool:
        """Give a sign of life, watch the other's, or take over; returns `leads`. For every few seconds."""
        moment = self._clock.monotonic()
        if self._beat_at is not None:
            if moment - self._beat_at < BEAT_S:
                return True
            self._beat_at = moment if self._renewed() else None
        if self._beat_at is None:
            self._watch(moment)
        return self.leads

    def resign(self) -> None:
        """Leave the lead to whoever looks next."""
        self._beat_at = None
        self._store.transact(lambda unit: self._store.leaders.resign(unit, NAME, self.me))

    def _renewed(self) -> bool:
        now = self._clock.now()
        return self._store.transact(lambda unit: self._store.leaders.renew(unit, NAME, self.me, now), durable=False)

    def _watch(self, moment: float) -> None:
        lead = self._store.leaders.get(NAME)
        if lead and (self._seen is None or self._seen[0] != lead):
            self._seen = (lead, moment)
        if lead is None or lead.owner == self.me or self._is_silent(lead, moment):
            now = self._clock.now()
            if self._store.transact(lambda unit: self._store.leaders.take(unit, NAME, self.me, lead, now)):
                self._beat_at, self._seen = moment, None
            elif winner := self._store.leaders.get(NAME):  # of two that start together
                self._seen = (winner, moment)

    def _is_silent(self, lead: Lead, moment: float) -> bool:
        assert self._seen
        return not self._is_alive(lead.owner) or moment - self._seen[1] >= LEASE_S
