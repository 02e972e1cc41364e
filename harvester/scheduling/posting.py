"""Digests beside harvests: rounds in a thread of their own, done by the process that leads."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from harvester.digests.rounds import Rounds
from harvester.errors import HarvesterError
from harvester.logs import Trouble
from harvester.run.lease import is_alive, this_process
from harvester.settings import Settings
from storage.store import Store

LOOK_S = 5.0
_LONGEST_S = 900.0  # between two rounds while the mail server is away


class Posting:
    """Sends digests while `leads` says so, from `start` to `close`. What is wrong is told once."""

    def __init__(
        self, store: Store, settings: Settings, leads: Callable[[], bool], tell: Callable[[str], None]
    ) -> None:
        self._rounds = Rounds(store, settings, this_process(), is_alive, lambda: datetime.now(UTC))
        self._leads = leads
        self._tell = tell
        self._stop = threading.Event()
        self._said = ""
        self._failed = 0
        self._thread = threading.Thread(target=self._run, name="digests", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no other mail."""
        self._stop.set()

    def close(self) -> None:
        """End: the mail in hand is finished, if the server is not too slow; else it goes out again another time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(self._pause()):
            if self._leads():
                self._look()

    def _pause(self) -> float:
        """Longer after every round that failed, and never in step with others (full jitter above the least)."""
        longest = min(LOOK_S * 2**self._failed, _LONGEST_S)
        return LOOK_S + random.uniform(0, longest - LOOK_S)  # noqa: S311 (no secret)

    def _look(self) -> None:
        try:
            trouble = self._rounds.look(self._stop.is_set).trouble
        except HarvesterError as error:
            trouble = str(error)
        except Exception as error:  # a mistake of ours must not end all digests; its words may hold a saved query
            trouble = f"{type(error).__name__} in a round of digests"
        self._failed = min(self._failed + 1, 10) if trouble else 0
        if trouble and trouble != self._said and not self._stop.is_set():
            self._tell(Trouble(f"digests wait: {trouble}"))
        self._said = trouble
