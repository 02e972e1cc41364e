"""Look-ups at registries beside harvests; no thread of it where the operator names no registry."""

from collections.abc import Callable

from harvester.enrich.rounds import Lookups
from harvester.scheduling.beside import Beside
from harvester.settings import Settings
from storage.store import Store


class LookingUp(Beside):
    """Looks up closed articles. That a registry is away is in the log, and no reason to look more rarely at others."""

    name = "look-ups"

    def __init__(
        self, store: Store, settings: Settings, leads: Callable[[], bool], tell: Callable[[str], None]
    ) -> None:
        super().__init__(leads, tell)
        self._lookups = Lookups(store, settings, self._stop)
        self._is_wanted = bool(settings.registries)

    def start(self) -> None:
        """Begin, if any registry is named."""
        if self._is_wanted:
            super().start()

    def _round(self) -> str:
        self._lookups.look()
        return ""
