"""The seam between fires and work: a scheduler claims fires, an engine turns each into a Run."""

from typing import Protocol

from harvester.model.schedule import Fire
from harvester.model.source import Source


class Engine(Protocol):
    """Whoever does the work: processes of this machine, or a queue that others take from.

    An engine marks a fire as running when its Run begins and as done when it has ended (`storage.schedules`), and
    leaves it open where neither is known: the scheduler looks after what is left open.
    """

    def put(self, fire: Fire, source: Source) -> None:
        """Harvest the Source, at once or when there is room."""

    def has(self, fire: Fire) -> bool:
        """Whether the fire is in this engine's hands, waiting or at work."""

    def stop(self, source_id: str, reason: str) -> None:
        """End what is at work or waiting for a Source, in good order and within 30 seconds."""

    def look(self) -> None:
        """Put right what died at work, where that is not the scheduler's to see; for every few seconds."""

    def counts(self) -> dict[str, int]:
        """How many are `at_work` and how many are `waiting`; cheap. Raises StorageError."""

    def close(self) -> None:
        """End everything in good order, within 30 seconds."""
