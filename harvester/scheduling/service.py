"""The scheduler's loop in a process: with its workers (embedded mode), or for those of other processes."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harvester.errors import HarvesterError
from harvester.logs import Trouble
from harvester.model.schedule import Standing
from harvester.run.lease import is_alive, this_process
from harvester.scheduling.clock import SystemClock
from harvester.scheduling.fleet import Fleet
from harvester.scheduling.leadership import Leadership
from harvester.scheduling.looking_up import LookingUp
from harvester.scheduling.plan import Starts, plans, standing
from harvester.scheduling.pool import LocalPool
from harvester.scheduling.posting import Posting
from harvester.scheduling.scheduler import Scheduler
from harvester.scheduling.seeds import Seeds
from harvester.settings import Settings
from storage.store import Store

if TYPE_CHECKING:
    from harvester.queue.queue import Queue

LOOK_S = 2.0
REVIEW_S = 30.0  # between two looks for editions of one work while Runs want to write
HUNG_S = 150.0  # more than a look takes that waits, with all patience, for a database that is away


class Service:
    """The scheduler's loop, with workers of its own, or with a `queue` that other processes take from.

    `tell` gets a line about what an operator may want to know.

    The loop is paced by a clock that cannot be set, so that a jump of the other one neither stops it nor hurries it.
    """

    def __init__(
        self, store: Store, settings: Settings, tell: Callable[[str], None], queue: "Queue | None" = None
    ) -> None:
        clock = SystemClock()
        self._clock = clock
        self._store = store
        self._tell = tell
        self._leadership = Leadership(store, this_process(), clock, is_alive)
        self._seeds = Seeds(settings.seeds_dir, settings.private_allow, tell)
        self._engine: LocalPool | Fleet
        if queue is None:
            self._engine = LocalPool(store, settings, self._leadership, clock, tell)
        else:
            self._engine = Fleet(store, queue, settings, self._seeds, clock, tell)
        self._scheduler = Scheduler(store, self._seeds, self._engine, self._leadership, clock, tell)
        self._beside = [room(store, settings, lambda: self._leadership.leads, tell) for room in (Posting, LookingUp)]
        self._starts = Starts()
        self._looked_at = self._reviewed_at = clock.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Look every few seconds until `stop`, then end everything in good order, within 30 seconds.

        Raises SourceError for seed files that are wrong from the start.
        """
        self._seeds()
        trouble = ""
        for one in self._beside:
            one.start()
        try:
            while not stop.is_set():
                self._looked_at = self._clock.monotonic()
                said = self._looked()
                if said and said != trouble:
                    self._tell(Trouble(said))
                trouble = said
                stop.wait(LOOK_S)
        finally:
            self._close()

    def state(self) -> dict[str, object]:
        """Leader or standby, what is at work and waiting, and what is wrong with the seed files."""
        try:
            runs: object = self.counts()
        except HarvesterError:
            runs = "unknown"
        return {
            "scheduler": self._leadership.said(),
            "runs": runs,
            "seeds": self._seeds.trouble or "good",
        }

    def counts(self) -> dict[str, int]:
        """Depth of the queue: Runs, or with a queue of hosts these, that are `at_work` and `waiting`.

        Raises StorageError while the queue's database does not answer.
        """
        return self._engine.counts()

    @property
    def leads(self) -> bool:
        """Whether this process is the one that claims fires."""
        return self._leadership.leads

    def look_age_s(self) -> float:
        """Seconds since the loop last came round."""
        return self._clock.monotonic() - self._looked_at

    def trouble(self) -> str:
        """Why the loop must be taken for hung; empty where it is well."""
        age = self.look_age_s()
        return f"the scheduler has not come round for {age:.0f} seconds" if age > HUNG_S else ""

    def standings(self) -> Sequence[Standing]:
        """How every Source stands with its Schedule, as any process finds it."""
        now = self._clock.now()
        opened = {fire.source_id: fire for fire in self._store.schedules.open()}
        found = plans(self._seeds(), self._store.schedules.all(), now)
        return [standing(plan, opened.get(source_id), self._starts, now) for source_id, plan in found.items()]

    def _looked(self) -> str:
        """What went wrong, if anything: the next look tries again."""
        try:
            self._engine.look()
            self._scheduler.look()
            self._review()
        except (HarvesterError, OSError) as error:
            return f"the scheduler tries again: {error}"
        except Exception as error:  # a mistake of ours: the Runs at work and the next look are not to suffer
            return f"the scheduler tries again: {type(error).__name__}: {error}"
        return ""

    def _review(self) -> None:
        """Queue records that may be editions of one work: a portion of the change log each time."""
        now = self._clock.monotonic()
        pause = REVIEW_S if self._engine.counts()["at_work"] else 0.0
        if self._leadership.leads and now - self._reviewed_at >= pause and self._store.works.behind():
            self._store.transact(lambda unit: self._store.works.look(unit, self._clock.now()))
            self._reviewed_at = now

    def _close(self) -> None:
        for one in self._beside:
            one.stop()
        self._engine.close()
        for one in self._beside:
            one.close()
        try:
            self._leadership.resign()
        except HarvesterError as error:
            self._tell(Trouble(error))
