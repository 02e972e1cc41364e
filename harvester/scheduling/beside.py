"""Work beside harvests: rounds in a thread of their own, done by the process that leads."""

import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from harvester.errors import HarvesterError
from harvester.logs import Trouble

LOOK_S = 5.0
_LONGEST_S = 900.0  # between two rounds while something is wrong


class Beside(ABC):
    """Does rounds while `leads` says so, from `start` to `close`. What is wrong is told once."""

    name: ClassVar[str]  # what waits when something is wrong

    def __init__(self, leads: Callable[[], bool], tell: Callable[[str], None]) -> None:
        self._leads = leads
        self._tell = tell
        self._stop = threading.Event()
        self._said = ""
        self._failed = 0
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def close(self) -> None:
        """End: what is in hand is finished, if the other side is not too slow; else it is done again another time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    @abstractmethod
    def _round(self) -> str:
        """One round until `_stop`; says what was in the way. Raises HarvesterError."""

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
            trouble = self._round()
        except HarvesterError as error:
            trouble = str(error)
        except Exception as error:  # a mistake of ours must not end all rounds; its words may hold a saved query
            trouble = f"{type(error).__name__} in a round of {self.name}"
        self._failed = min(self._failed + 1, 10) if trouble else 0
        if trouble and trouble != self._said and not self._stop.is_set():
            self._tell(Trouble(f"{self.name} wait: {trouble}"))
        self._said = trouble
