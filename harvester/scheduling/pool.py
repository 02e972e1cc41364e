"""The engine within one process: a bounded number of Runs at a time, each a process of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from harvester.errors import HarvesterError
from harvester.logs import Trouble
from harvester.model.schedule import Fire, FireState
from harvester.model.source import Source
from harvester.scheduling.clock import Clock
from harvester.scheduling.harvesting import FireName, Harvesting, Task, fire_name
from harvester.scheduling.leadership import Leadership
from harvester.settings import Settings
from storage.store import Store
from storage.unit import Unit


class LocalPool:
    """At most `settings.workers` Runs at a time; what is put beyond that waits. Nothing is started without the lead."""

    def __init__(
        self, store: Store, settings: Settings, leadership: Leadership, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._store = store
        self._leadership = leadership
        self._tell = tell
        self._harvesting = Harvesting(store, settings, clock, tell, self._started)
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="worker")
        self._lock = threading.Lock()
        self._tasks: dict[FireName, Task] = {}

    def put(self, fire: Fire, source: Source) -> None:
        """Harvest the Source when one of the workers is free."""
        task = Task(fire, source)
        with self._lock:
            self._tasks[fire_name(fire)] = task
        self._threads.submit(self._work, task)

    def has(self, fire: Fire) -> bool:
        """Whether the fire waits or is worked on here."""
        with self._lock:
            return fire_name(fire) in self._tasks

    def stop(self, source_id: str, reason: str) -> None:
        """End the Run of a Source in good order; one that waits does not begin."""
        with self._lock:
            tasks = [task for task in self._tasks.values() if task.fire.source_id == source_id]
        for task in tasks:
            task.ask_to_stop(reason)

    def close(self) -> None:
        """Stop everything, within 30 seconds; what was at work is taken up by the next who leads."""
        self._harvesting.closing.set()
        with self._lock:
            tasks = list(self._tasks.values())
        for task in tasks:
            task.ask_to_stop("")
        self._threads.shutdown(wait=True, cancel_futures=True)

    def look(self) -> None:
        """Nothing to put right: what dies with this process is taken up by the next."""

    def counts(self) -> dict[str, int]:
        """How many Runs are `at_work`, how many are `waiting` for a free worker."""
        with self._lock:
            at_work = sum(task.run is not None for task in self._tasks.values())
            return {"at_work": at_work, "waiting": len(self._tasks) - at_work}

    def _work(self, task: Task) -> None:
        try:
            if not self._harvesting.closing.is_set():
                self._harvesting.harvest(task)
        except HarvesterError as error:  # the fire stays open, and is looked after when the database answers again
            self._tell(Trouble(f"source {task.fire.source_id}: {error}"))
        except Exception as error:
            self._tell(Trouble(f"source {task.fire.source_id}: {type(error).__name__}: {error}"))
        finally:
            with self._lock:
                self._tasks.pop(fire_name(task.fire), None)

    def _started(self, unit: Unit, fire: Fire, run_id: str) -> Fire | None:
        if not self._leadership.leads_in(unit) or not self._store.schedules.start(unit, fire, run_id):
            return None
        return fire.model_copy(update={"state": FireState.RUNNING, "run_id": run_id})
