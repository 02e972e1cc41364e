"""The scheduler: one look every few seconds, and every fire that is due is claimed, once, by the one that leads."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from harvester.errors import HarvesterError
from harvester.logs import Trouble, about
from harvester.model.base import iso_utc
from harvester.model.run import RunKind, RunOutcome
from harvester.model.schedule import Fire, FireState, Schedule
from harvester.model.source import Source
from harvester.run.lease import is_alive
from harvester.scheduling.clock import Clock
from harvester.scheduling.engine import Engine
from harvester.scheduling.leadership import Leadership
from harvester.scheduling.plan import Plan, Starts, plans
from storage.runs import Owner
from storage.store import Store
from storage.unit import Unit

UNENDED = (RunOutcome.RUNNING, RunOutcome.INTERRUPTED)


class Scheduler:
    """Claims fires for an engine while it leads; stands by while another does.

    `sources` gives the Sources as they are now; `tell` gets a line about what an operator may want to know.
    """

    def __init__(
        self,
        store: Store,
        sources: Callable[[], Mapping[str, Source]],
        engine: Engine,
        leadership: Leadership,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._sources = sources
        self._engine = engine
        self._leadership = leadership
        self._clock = clock
        self._tell = tell
        self._me = signature(leadership.me)
        self._said = ""
        self._starts = Starts()
        self._told: dict[str, str] = {}  # by Source, the import or replay it was said to wait for

    def look(self) -> None:
        """Look at everything once: who leads, what changed, what is due, what was left behind."""
        leads = self._leadership.look()
        self._say_role()
        sources = self._sources()
        kept = self._store.schedules.all()
        found = plans(sources, kept, self._clock.now())
        opened = self._store.schedules.open()
        self._stop_what_rests(found, opened)
        if leads:
            self._end_overrides()
            self._begin(found, kept)
            for plan in found.values():
                if not self._leadership.look():
                    return
                self._guarded(plan.source.id, partial(self._claim_due, plan))
            for fire in opened:
                self._guarded(fire.source_id, partial(self._look_after, fire, found))

    def _say_role(self) -> None:
        if (role := self._leadership.said()) != self._said:
            self._said = role
            self._tell(role)

    def _end_overrides(self) -> None:
        for record_id in self._store.end_overrides(self._clock.now()):
            self._tell(f"the override on record {record_id} has seen its last day: its verdict is the page's again")

    def _guarded(self, source_id: str, work: Callable[[], None]) -> None:
        """Whatever one Source's rows or rules do, the others go on."""
        with about(source=source_id):
            try:
                work()
            except HarvesterError:
                raise  # the database: nobody can go on
            except Exception as error:
                self._tell(Trouble(f"schedule of {source_id}: {type(error).__name__}: {error}"))

    def _stop_what_rests(self, found: Mapping[str, Plan], opened: Sequence[Fire]) -> None:
        for fire in filter(self._engine.has, opened):
            plan = found.get(fire.source_id)
            if reason := plan.rest if plan else "there is no such source any more":
                self._engine.stop(fire.source_id, reason)

    def _begin(self, found: Mapping[str, Plan], kept: Mapping[str, Schedule]) -> None:
        """Fires of Sources seen for the first time count from now on; so do those a wrong clock has told of."""
        now = self._clock.now()
        if new := found.keys() - kept.keys():
            self._store.transact(lambda unit: self._store.schedules.begin(unit, new, now))
        for plan in found.values():
            if plan.is_ahead(now):
                said = f"schedule of {plan.source.id}: the clock has gone back; fires count from now on"
                self._tell(Trouble(said))
                self._store.transact(partial(self._store.schedules.start_again, source_id=plan.source.id, now=now))

    def _claim_due(self, plan: Plan) -> None:
        now = self._clock.now()
        if plan.is_ahead(now) or not (plan.schedule.request or self._may_be_due(plan, now)):
            return
        if at := plan.due(now):
            fire = self._store.transact(lambda unit: self._claimed(unit, plan, at, now))
            if fire and fire.state is FireState.QUEUED:
                self._engine.put(fire, plan.source)
            elif fire:
                self._tell(f"schedule of {plan.source.id}: the fire of {iso_utc(at)} is skipped: {fire.note}")

    def _may_be_due(self, plan: Plan, now: datetime) -> bool:
        start = self._starts.of(plan)
        return start is not None and start <= now

    def _claimed(self, unit: Unit, plan: Plan, at: datetime, now: datetime) -> Fire | None:
        """The fire, if it is ours: to be worked on, or skipped because a Run of the Source is at work."""
        if not self._leadership.leads_in(unit) or self._must_wait(unit, plan.source.id, now):
            return None
        busy = self._busy(unit, plan.source.id, now)
        if busy and plan.schedule.request:
            return None  # it is asked for again when that Run has ended
        state = FireState.SKIPPED if busy else FireState.QUEUED
        ended = now if busy else None
        fire = Fire(
            source_id=plan.source.id, at=at, state=state, claimed_by=self._me, claimed_at=now, ended_at=ended, note=busy
        )
        return fire if self._store.schedules.claim(unit, fire) else None

    def _must_wait(self, unit: Unit, source_id: str, now: datetime) -> bool:
        """Whether an import or a replay has the Source: no harvest makes the fire superfluous, so it comes after."""
        holder = self._store.runs.holder(unit, source_id, now, is_alive)
        run = self._store.runs.get(holder) if holder else None
        if run is None or run.kind is RunKind.HARVEST:
            return False
        if self._told.get(source_id) != run.id:
            self._told[source_id] = run.id
            self._tell(f"schedule of {source_id}: due, and begins when the {run.kind} {run.id} has ended")
        return True

    def _busy(self, unit: Unit, source_id: str, now: datetime) -> str:
        if run_id := self._store.runs.holder(unit, source_id, now, is_alive):
            return f"run {run_id} is at work"
        waiting = self._store.schedules.open_of(unit, source_id)
        if waiting is None:
            return ""
        at_work = f": run {waiting.run_id}" if waiting.run_id else ""
        return f"the fire of {iso_utc(waiting.at)} is not done yet{at_work}"

    def _look_after(self, fire: Fire, found: Mapping[str, Plan]) -> None:
        """An open fire that nobody here works on: its process was killed, or is another that still does."""
        if self._engine.has(fire):
            return
        plan, now = found.get(fire.source_id), self._clock.now()
        run = self._store.runs.get(fire.run_id) if fire.run_id else None
        holder = self._store.transact(lambda unit: self._store.runs.holder(unit, fire.source_id, now, is_alive))
        schedules = self._store.schedules
        if run and run.outcome not in UNENDED:
            self._store.transact(lambda unit: schedules.end(unit, fire, FireState.DONE, run.outcome.value, now))
        elif holder:
            must_wait = self._store.transact(lambda unit: self._must_wait(unit, fire.source_id, now))
            if holder != fire.run_id and not must_wait:
                self._store.transact(lambda unit: schedules.attach(unit, fire, holder))
        elif reason := plan.rest if plan else "there is no such source any more":
            self._store.transact(lambda unit: schedules.end(unit, fire, FireState.DONE, f"stopped: {reason}", now))
        elif plan and self._store.transact(lambda unit: self._taken_up(unit, fire)):
            self._tell(f"schedule of {fire.source_id}: the fire of {iso_utc(fire.at)} is taken up again")
            again = {"claimed_by": self._me, "state": FireState.QUEUED, "run_id": None}
            self._engine.put(fire.model_copy(update=again), plan.source)

    def _taken_up(self, unit: Unit, fire: Fire) -> bool:
        return self._leadership.leads_in(unit) and self._store.schedules.take_up(unit, fire, self._me)


def signature(owner: Owner) -> str:
    """A process as fires name it."""
    return f"{owner.host}:{owner.pid}:{owner.started}"
