"""The engine over many machines: a queue of hosts, from which any number of workers take."""

import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from harvester.crawl.registrable import registrable
from harvester.logs import Trouble
from harvester.model.schedule import Fire, FireState
from harvester.model.source import Source
from harvester.scheduling.clock import Clock
from harvester.settings import Settings
from harvester.urls import target
from storage.store import Store
from storage.unit import Unit

if TYPE_CHECKING:
    from harvester.queue.queue import Queue

_FRESH_S = 1.0


class Fleet:
    """A host is in the queue as long as a Source on it has an open fire that nobody works on.

    Of harvests only hosts are in the queue: the fires are in their table, and the worker that takes a host looks there.
    So whatever the queue has lost is put in again when the scheduler looks after what is open.
    """

    def __init__(
        self,
        store: Store,
        queue: "Queue",
        settings: Settings,
        sources: Callable[[], Mapping[str, Source]],
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._queue = queue
        self._settings = settings
        self._sources = sources
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._hosts: set[str] = set()  # in the queue, as seen a moment ago
        self._seen_at: float | None = None

    def put(self, fire: Fire, source: Source) -> None:  # noqa: ARG002 (the fire is found in its table)
        """Let a worker take the Source's host."""
        host = host_of(source, self._settings)
        self._queue.put(host)
        with self._lock:
            self._hosts.add(host)

    def has(self, fire: Fire) -> bool:
        """Whether the host of the fire's Source waits or is at work."""
        source = self._sources().get(fire.source_id)
        return source is not None and host_of(source, self._settings) in self._in_queue()

    def stop(self, source_id: str, reason: str) -> None:
        """A fire that waits ends; a Run that is at work is ended by its worker, which sees the same reason."""
        self._store.transact(lambda unit: self._end_waiting(unit, source_id, reason))

    def look(self) -> None:
        """Put back what dead workers held; for every few seconds, and also for a scheduler that stands by."""
        for job in self._queue.rescue():
            self._tell(Trouble(f"{job}: taken back from a worker that gives no sign of life"))

    def counts(self) -> dict[str, int]:
        """How many hosts are `at_work` in all workers, how many are `waiting`; replays apart."""
        return self._queue.counts()

    def close(self) -> None:
        """Nothing is at work here."""

    def _in_queue(self) -> set[str]:
        with self._lock:
            now = self._clock.monotonic()
            if self._seen_at is None or now - self._seen_at >= _FRESH_S:
                self._hosts, self._seen_at = set(self._queue.hosts()), now
            return self._hosts

    def _end_waiting(self, unit: Unit, source_id: str, reason: str) -> None:
        fire = self._store.schedules.open_of(unit, source_id)
        if fire and fire.state is FireState.QUEUED:
            note = f"stopped before it began: {reason}"
            self._store.schedules.end(unit, fire, FireState.DONE, note, self._clock.now())


def host_of(source: Source, settings: Settings) -> str:
    """The registrable host a Source waits for: its first, or its resolver's, or none but its own name.

    Whatever other hosts it asks, it takes their turns as every Run does.
    """
    resolvers = [way.resolver for way in source.discovery if way.kind == "dois"]
    url = f"https://{source.hosts[0]}" if source.hosts else next(iter(resolvers), "")
    if not url:
        return f"source {source.id}"
    return _registrable(url, settings.private_allow)


@lru_cache(maxsize=10_000)
def _registrable(url: str, private_allow: tuple[str, ...]) -> str:
    where = target(url)
    return registrable(where, opened=where.host_port in private_allow)
