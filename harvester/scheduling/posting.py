"""Digests beside harvests."""

from collections.abc import Callable
from datetime import UTC, datetime

from harvester.digests.rounds import Rounds
from harvester.run.lease import is_alive, this_process
from harvester.scheduling.beside import Beside
from harvester.settings import Settings
from storage.store import Store


class Posting(Beside):
    """Makes and sends digests."""

    name = "digests"

    def __init__(
        self, store: Store, settings: Settings, leads: Callable[[], bool], tell: Callable[[str], None]
    ) -> None:
        super().__init__(leads, tell)
        self._rounds = Rounds(store, settings, this_process(), is_alive, lambda: datetime.now(UTC))

    def _round(self) -> str:
        return self._rounds.look(self._stop.is_set).trouble
