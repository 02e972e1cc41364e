"""One fire worked on: its Run is begun as a child process, waited for, and the fire ended or left open."""

import threading
from collections import Counter
from collections.abc import Callable

from harvester.logs import Trouble, about
from harvester.model.run import RunOutcome
from harvester.model.schedule import Fire, FireState
from harvester.model.source import Source
from harvester.run.apart import RunApart
from harvester.run.run import new_run_id
from harvester.scheduling.clock import Clock
from harvester.settings import Settings
from storage.store import Store
from storage.unit import Unit

STOP_S = 28.0  # of the 30 a Run has to stop
TRIES = 3
BUSY = 4
_GOOD = (RunOutcome.SUCCEEDED, RunOutcome.INTERRUPTED)
FINAL = frozenset((2, 3))  # wrong use, or refused by a rule: it would end like that again
FireName = tuple[str, str]
Start = Callable[[Unit, Fire, str], Fire | None]


class Harvesting:
    """Works on fires for whoever calls, in that one's thread. `start` marks a fire as begun with a Run of this name,
    within the unit, and returns it as it is then; None where it is not to be begun.
    """

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, tell: Callable[[str], None], start: Start
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self._start = start
        self._lock = threading.Lock()
        self._deaths: Counter[FireName] = Counter()  # Runs of a fire that came to no end
        self.closing = threading.Event()

    def harvest(self, task: "Task") -> None:
        """One Run of the fire's Source, to its end. What was at work when everything closes stays open."""
        if task.reason:
            self._end(task.fire, f"stopped before it began: {task.reason}")
            return
        run_id = new_run_id()
        started = self._store.transact(lambda unit: self._start(unit, task.fire, run_id))
        if not started:
            return
        task.begin(RunApart(task.source, self._settings, run_id))
        assert task.run
        code = task.run.wait(STOP_S)
        run, words = self._store.runs.get(run_id), task.run.last_words
        note = run.outcome.value if run and run.ended_at else f"ended with code {code} before its time"
        line = f"source {task.source.id}: run {run_id} {note}" + (f": {words}" if words else "")
        with about(source=task.source.id, run=run_id):
            self._tell(line if note in _GOOD else Trouble(line))
        if self.closing.is_set() or code == BUSY:
            return  # still open: whoever comes next takes it up, or waits for the Run that is at work
        if task.reason:
            note = f"stopped: {task.reason}"
        elif not (run and run.ended_at):
            if code not in FINAL and self._may_try_again(task.fire):
                return  # still open, to be taken up: it was killed, or its database did not answer
            note = words or note
        self._end(started, note)

    def _may_try_again(self, fire: Fire) -> bool:
        """Whether a Run that came to no end may be begun anew; one that always dies must not do so for ever."""
        with self._lock:
            self._deaths[fire_name(fire)] += 1
            return self._deaths[fire_name(fire)] < TRIES

    def _end(self, fire: Fire, note: str) -> None:
        now = self._clock.now()
        with self._lock:
            self._deaths.pop(fire_name(fire), None)
        self._store.transact(lambda unit: self._store.schedules.end(unit, fire, FireState.DONE, note, now))


class Task:
    """A fire in somebody's hands."""

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


def fire_name(fire: Fire) -> FireName:
    """What tells a fire from all others."""
    return fire.source_id, fire.at.isoformat()
