"""One WARC file of the archive read again, as a Run in a process of its own."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from harvester.logs import Trouble, about
from harvester.model.run import RunOutcome
from harvester.model.source import Source
from harvester.run.apart import RunApart
from harvester.run.run import new_run_id
from harvester.scheduling.clock import Clock
from harvester.scheduling.harvesting import BUSY, FINAL, STOP_S
from harvester.settings import Settings
from storage.store import Store

WAIT = timedelta(seconds=5)  # until a file is tried again whose Source was at work, or whose Run died
TRIES = 5  # more than a page has that ends the process: it is set aside by then


class Replaying:
    """Replays for whoever calls, in that one's thread."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        sources: Callable[[], Mapping[str, Source]],
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._sources = sources
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._at_work: set[RunApart] = set()
        self._deaths: Counter[str] = Counter()  # by Source and file: Runs that came to no good end
        self._is_closing = False

    def replay(self, source: str, file: str) -> datetime | None:
        """Do one part of a Source's replay; returns when it is to be tried again, None when nothing is left to do."""
        found = self._sources().get(source)
        if not found:
            self._tell(Trouble(f"source {source}: its pages are not read, there is no seed file of it any more"))
            return None
        run_id = new_run_id()
        run = self._begin(found, run_id, file)
        if not run:
            return self._clock.now()
        try:
            code = run.wait(STOP_S)
        finally:
            with self._lock:
                self._at_work.discard(run)
        return self._after(source, run_id, file, code, run.last_words)

    def close(self) -> None:
        """Begin nothing any more, and ask what is at work to stop; it is put back into the queue."""
        with self._lock:
            self._is_closing = True
            for run in self._at_work:
                run.ask_to_stop()

    def _begin(self, source: Source, run_id: str, file: str) -> RunApart | None:
        with self._lock:
            if self._is_closing:
                return None
            run = RunApart(source, self._settings, run_id, file)
            self._at_work.add(run)
            return run

    def _after(self, source: str, run_id: str, file: str, code: int, words: str) -> datetime | None:
        run = self._store.runs.get(run_id)
        is_done = run is not None and run.outcome is RunOutcome.SUCCEEDED
        if code == BUSY:
            return self._clock.now() + WAIT
        note = run.outcome.value if run and run.ended_at else f"ended with code {code} before its time"
        line = f"source {source}: replay of {file or 'what is in no file'}: run {run_id} {note}"
        with about(source=source, run=run_id):
            self._tell(line if is_done else Trouble(f"{line}: {words}" if words else line))
        if is_done or code in FINAL:
            self._deaths.pop(f"{source} {file}", None)
            return None
        if self._is_closing:
            return self._clock.now()
        return self._clock.now() + WAIT if self._may_try_again(f"{source} {file}") else None

    def _may_try_again(self, part: str) -> bool:
        with self._lock:
            self._deaths[part] += 1
            if self._deaths[part] < TRIES:
                return True
            self._deaths.pop(part)
        self._tell(Trouble(f"{part}: not replayed, given up after {TRIES} tries"))
        return False
