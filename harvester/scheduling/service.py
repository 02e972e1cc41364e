"""The scheduler's loop in a process: with its workers (embedded mode), or for those of other processes."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from harvester.errors import HarvesterError
from harvester.run.lease import is_alive, this_process
from harvester.scheduling.clock import SystemClock
from harvester.scheduling.fleet import Fleet
from harvester.scheduling.leadership import Leadership
from harvester.scheduling.pool import LocalPool
from harvester.scheduling.scheduler import Scheduler
from harvester.scheduling.seeds import Seeds
from harvester.settings import Settings
from storage.store import Store

if TYPE_CHECKING:
    from harvester.queue.queue import Queue

LOOK_S = 2.0


class Service:
    """The scheduler's loop, with workers of its own, or with a `queue` that other processes take from.

    `tell` gets a line about what an operator may want to know.

    The loop is paced by a clock that cannot be set, so that a jump of the other one neither stops it nor hurries it.
    """

    def __init__(
        self, store: Store, settings: Settings, tell: Callable[[str], None], queue: "Queue | None" = None
    ) -> None:
        clock = SystemClock()
        self._tell = tell
        self._leadership = Leadership(store, this_process(), clock, is_alive)
        self._seeds = Seeds(settings.seeds_dir, settings.private_allow, tell)
        self._engine: LocalPool | Fleet
        if queue is None:
            self._engine = LocalPool(store, settings, self._leadership, clock, tell)
        else:
            self._engine = Fleet(store, queue, settings, self._seeds, clock, tell)
        self._scheduler = Scheduler(store, self._seeds, self._engine, self._leadership, clock, tell)

    def run(self, stop: threading.Event) -> None:
        """Look every few seconds until `stop`, then end everything in good order, within 30 seconds.

        Raises SourceError for seed files that are wrong from the start.
        """
        self._seeds()
        trouble = ""
        try:
            while not stop.is_set():
                said = self._looked()
                if said and said != trouble:
                    self._tell(said)
                trouble = said
                stop.wait(LOOK_S)
        finally:
            self._close()

    def state(self) -> dict[str, object]:
        """Leader or standby, what is at work and waiting, and what is wrong with the seed files."""
        return {
            "scheduler": self._leadership.said(),
            "runs": self.counts(),
            "seeds": self._seeds.trouble or "good",
        }

    def counts(self) -> dict[str, int]:
        """Depth of the queue: Runs, or with a queue of hosts these, that are `at_work` and `waiting`.

        Raises StorageError while the queue's database does not answer.
        """
        return self._engine.counts()

    def _looked(self) -> str:
        """What went wrong, if anything: the next look tries again."""
        try:
            self._engine.look()
            self._scheduler.look()
        except (HarvesterError, OSError) as error:
            return f"the scheduler tries again: {error}"
        except Exception as error:  # a mistake of ours: the Runs at work and the next look are not to suffer
            return f"the scheduler tries again: {type(error).__name__}: {error}"
        return ""

    def _close(self) -> None:
        self._engine.close()
        try:
            self._leadership.resign()
        except HarvesterError as error:
            self._tell(str(error))
