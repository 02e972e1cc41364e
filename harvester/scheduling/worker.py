"""A worker: takes hosts out of the queue and harvests what is open on each, one Run a turn; and replays WARC files."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from harvester.errors import HarvesterError
from harvester.logs import Trouble
from harvester.model.schedule import Fire, FireState
from harvester.model.source import Source
from harvester.queue.hands import Hands, Work
from harvester.queue.queue import REPLAY_TASK, TASK
from harvester.run.lease import is_alive, this_process
from harvester.scheduling.clock import Clock, SystemClock
from harvester.scheduling.fleet import host_of
from harvester.scheduling.harvesting import Harvesting, Task
from harvester.scheduling.plan import Plan, plans
from harvester.scheduling.replaying import Replaying
from harvester.scheduling.scheduler import UNENDED, signature
from harvester.scheduling.seeds import Seeds
from harvester.settings import Settings
from storage.store import Store
from storage.unit import Unit

LOOK_S = 2.0
ORPHAN = timedelta(seconds=1)  # how soon a Run that its worker has left is looked at again
LONGEST_HOLD = timedelta(hours=1)  # a host held for longer is said to be so by a Run


class Worker:
    """Works at most `at_once` hosts or replays at a time.

    The Sources of a host take turns: the one that waits longest is next.

    `tell` gets a line about what an operator may want to know.
    """

    def __init__(self, store: Store, settings: Settings, at_once: int, tell: Callable[[str], None]) -> None:
        self._store = store
        self._settings = settings
        self._tell = tell
        self._clock: Clock = SystemClock()
        self._me = signature(this_process())
        self._seeds = Seeds(settings.seeds_dir, settings.private_allow, tell)
        self._harvesting = Harvesting(store, settings, self._clock, tell, self._started)
        self._replaying = Replaying(store, settings, self._seeds, self._clock, tell)
        works: dict[str, Work] = {TASK: self.turn, REPLAY_TASK: self._replaying.replay}
        self._hands = Hands(settings.database_url, at_once, works, tell)
        self._lock = threading.Lock()
        self._tasks: set[Task] = set()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, then end everything in good order, within 30 seconds.

        Raises SourceError for seed files that are wrong from the start.
        """
        self._seeds()
        hands = threading.Thread(target=self._hands.run, args=(stop,), name="hands")
        hands.start()
        try:
            trouble = ""
            while not stop.wait(LOOK_S):
                if not hands.is_alive():
                    raise HarvesterError("the worker cannot take anything any more", remedy="start it again")
                said = self._looked()
                if said and said != trouble:
                    self._tell(Trouble(said))
                trouble = said
        finally:
            self._harvesting.closing.set()
            stop.set()
            self._replaying.close()
            for task in self._at_work():
                task.ask_to_stop("")
            hands.join()

    def turn(self, host: str) -> datetime | None:
        """One Run of a Source on this host; returns when the next is to follow, None when nothing is left to do."""
        if self._harvesting.closing.is_set():
            return self._clock.now()
        found = self._plans()
        mine = {plan.source.id for plan in found.values() if host_of(plan.source, self._settings) == host}
        wait = self._held_until(host)
        opened = [fire for fire in self._store.schedules.open(mine) if not self._is_over(fire)]
        left = [fire for fire in opened if self._is_free(fire)]
        if left and wait:
            return wait
        if left:
            self._harvest(left[0], found[left[0].source_id])
            return (self._held_until(host) or self._clock.now()) if self._store.schedules.open(mine) else None
        if any(self._holder(fire) == fire.run_id for fire in opened if fire.run_id):
            return self._clock.now() + ORPHAN  # its worker is gone, and it is about to end
        return None

    def _plans(self) -> Mapping[str, Plan]:
        return plans(self._seeds(), self._store.schedules.all(), self._clock.now())

    def _held_until(self, host: str) -> datetime | None:
        now, free = self._clock.now(), self._store.hosts.free_at(host)
        return free if free and now < free < now + LONGEST_HOLD else None

    def _is_over(self, fire: Fire) -> bool:
        """Whether its Run has ended; the fire ends too then, for the scheduler waits as long as the host is at work."""
        run = self._store.runs.get(fire.run_id) if fire.run_id else None
        if run is None or run.outcome in UNENDED:
            return False
        now, schedules = self._clock.now(), self._store.schedules
        self._store.transact(lambda unit: schedules.end(unit, fire, FireState.DONE, run.outcome.value, now))
        return True

    def _is_free(self, fire: Fire) -> bool:
        """Whether nobody works on it."""
        return not self._holder(fire)

    def _holder(self, fire: Fire) -> str | None:
        now = self._clock.now()
        return self._store.transact(lambda unit: self._store.runs.holder(unit, fire.source_id, now, is_alive))

    def _harvest(self, fire: Fire, plan: Plan) -> None:
        task = Task(fire, plan.source)
        if plan.rest:
            task.ask_to_stop(plan.rest)
        with self._lock:
            self._tasks.add(task)
        try:
            if not self._harvesting.closing.is_set():
                self._harvesting.harvest(task)
        finally:
            with self._lock:
                self._tasks.discard(task)

    def _started(self, unit: Unit, fire: Fire, run_id: str) -> Fire | None:
        """The fire is taken over in the moment its Run begins, whoever had it: theirs moves no more."""
        taken = {"claimed_by": self._me, "state": FireState.QUEUED, "run_id": None}
        mine = fire.model_copy(update=taken)
        schedules = self._store.schedules
        if not schedules.take_up(unit, fire, self._me) or not schedules.start(unit, mine, run_id):
            return None
        return mine.model_copy(update={"state": FireState.RUNNING, "run_id": run_id})

    def _at_work(self) -> list[Task]:
        with self._lock:
            return list(self._tasks)

    def _looked(self) -> str:
        """End the Runs of Sources that are not to be harvested any more; returns what went wrong, if anything."""
        try:
            if at_work := self._at_work():
                found = self._plans()
                for task in at_work:
                    if reason := _rest(task.source, found):
                        task.ask_to_stop(reason)
        except (HarvesterError, OSError) as error:
            return f"the worker tries again: {error}"
        except Exception as error:  # a mistake of ours: the Runs at work are not to suffer
            return f"the worker tries again: {type(error).__name__}: {error}"
        return ""


def _rest(source: Source, found: Mapping[str, Plan]) -> str:
    plan = found.get(source.id)
    return plan.rest if plan else "there is no such source any more"
