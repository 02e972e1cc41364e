"""What every page of the desk works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from harvester.model.source import Source
from harvester.serving.console.desk.attempts import Attempts
from harvester.serving.work import Trying, Work
from harvester.settings import Settings
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Office:
    """Store, settings and work of one installation; `sources` are the seed files as they are now."""

    store: Store
    settings: Settings
    work: Work
    sources: Callable[[], Mapping[str, Source]]
    data_dir: Path
    closing: Event  # set when the server ends
    trying: Trying | None = None
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach this over TLS: then the cookie of a session is sent no other way."""
        return self.settings.base_url.startswith("https://")
