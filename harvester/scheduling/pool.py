"""The engine within one process: a bounded number of Runs at a time, each a process of its own."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from harvester.errors import HarvesterError
from harvester.logs import Trouble, about
from harvester.model.run import RunOutcome
from harvester.model.schedule import Fire, FireState
from harvester.model.source import Source
from harvester.run.apart import RunApart
from harvester.run.run import new_run_id
from harvester.scheduling.clock import Clock
from harvester.scheduling.leadership import Leadership
from harvester.settings import Settings
from storage.store import Store
from storage.unit import Unit

STOP_S = 28.0  # of the 30 a Run has to stop
TRIES = 3
_BUSY = 4
_FINAL = frozenset((2, 3))  # wrong use, or refused by a rule: it would end like that again
_GOOD = (RunOutcome.SUCCEEDED, RunOutcome.INTERRUPTED)
_Name = tuple[str, str]


class LocalPool:
    """At most `settings.workers` Runs at a time; what is put beyond that waits. Nothing is started without the lead."""

    def __init__(
        self, store: Store, settings: Settings, leadership: Leadership, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._store = store
        self._settings = settings
        self._leadership = leadership
        self._clock = clock
        self._tell = tell
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="worker")
        self._lock = threading.Lock()
        self._tasks: dict[_Name, _Task] = {}
        self._deaths: Counter[_Name] = Counter()  # Runs of a fire that came to no end
        self._closing = threading.Event()

    def put(self, fire: Fire, source: Source) -> None:
        """Harvest the Source when one of the workers is free."""
        task = _Task(fire, source)
        with self._lock:
            self._tasks[_name(fire)] = task
        self._threads.submit(self._work, task)

    def has(self, fire: Fire) -> bool:
        """Whether the fire waits or is worked on here."""
        with self._lock:
            return _name(fire) in self._tasks

    def stop(self, source_id: str, reason: str) -> None:
        """End the Run of a Source in good order; one that waits does not begin."""
        with self._lock:
            tasks = [task for task in self._tasks.values() if task.fire.source_id == source_id]
        for task in tasks:
            task.ask_to_stop(reason)

    def close(self) -> None:
        """Stop everything, within 30 seconds; what was at work is taken up by the next who leads."""
        self._closing.set()
        with self._lock:
            tasks = list(self._tasks.values())
        for task in tasks:
            task.ask_to_stop("")
        self._threads.shutdown(wait=True, cancel_futures=True)

    def counts(self) -> dict[str, int]:
        """How many Runs are `at_work`, how many `wait` for a free worker."""
        with self._lock:
            at_work = sum(task.run is not None for task in self._tasks.values())
            return {"at_work": at_work, "waiting": len(self._tasks) - at_work}

    def _work(self, task: "_Task") -> None:
        try:
            if not self._closing.is_set():
                self._harvest(task)
        except HarvesterError as error:  # the fire stays open, and is looked after when the database answers again
            self._tell(Trouble(f"source {task.fire.source_id}: {error}"))
        except Exception as error:
            self._tell(Trouble(f"source {task.fire.source_id}: {type(error).__name__}: {error}"))
        finally:
            with self._lock:
                self._tasks.pop(_name(task.fire), None)

    def _harvest(self, task: "_Task") -> None:
        if task.reason:
            self._end(task.fire, f"stopped before it began: {task.reason}")
            return
        run_id = new_run_id()
        if not self._store.transact(lambda unit: self._started(unit, task.fire, run_id)):
            return
        started = task.fire.model_copy(update={"state": FireState.RUNNING, "run_id": run_id})
        task.begin(RunApart(task.source, self._settings, run_id))
        assert task.run
        code = task.run.wait(STOP_S)
        run, words = self._store.runs.get(run_id), task.run.last_words
        note = run.outcome.value if run and run.ended_at else f"ended with code {code} before its time"
        line = f"source {task.source.id}: run {run_id} {note}" + (f": {words}" if words else "")
        with about(source=task.source.id, run=run_id):
            self._tell(line if note in _GOOD else Trouble(line))
        if self._closing.is_set() or code == _BUSY:
            return  # still open: whoever leads takes it up, or waits for the Run that is at work
        if task.reason:
            note = f"stopped: {task.reason}"
        elif not (run and run.ended_at):
            if code not in _FINAL and self._may_try_again(task.fire):
                return  # still open, to be taken up: it was killed, or its database did not answer
            note = words or note
        self._end(started, note)

    def _may_try_again(self, fire: Fire) -> bool:
        """Whether a Run that came to no end may be begun anew; one that always dies must not do so for ever."""
        with self._lock:
            self._deaths[_name(fire)] += 1
            return self._deaths[_name(fire)] < TRIES

    def _started(self, unit: Unit, fire: Fire, run_id: str) -> bool:
        return self._leadership.leads_in(unit) and self._store.schedules.start(unit, fire, run_id)

    def _end(self, fire: Fire, note: str) -> None:
        now = self._clock.now()
        with self._lock:
            self._deaths.pop(_name(fire), None)
        self._store.transact(lambda unit: self._store.schedules.end(unit, fire, FireState.DONE, note, now))


class _Task:
    """A fire in the hands of the pool."""

    def __init__(self, fire: Fire, source: Source) -> None:
        self.fire = fire
        self.source = source
        self.run: RunApart | None = None
        self.reason = ""
        self._is_asked = False
        self._lock = threading.Lock()

    def begin(self, run: RunApart) -> None:
        """Its Run is at work; stopped at once if that was asked for meanwhile."""
        with self._lock:
            self.run = run
            if self._is_asked:
                run.ask_to_stop()

    def ask_to_stop(self, reason: str) -> None:
        """End in good order; asking again changes nothing."""
        with self._lock:
            if self._is_asked:
                return
            self._is_asked, self.reason = True, reason
            if self.run:
                self.run.ask_to_stop()


def _name(fire: Fire) -> _Name:
    return fire.source_id, fire.at.isoformat()
