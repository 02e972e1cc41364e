"""Schedulers whose clock is the test's, over an engine that only writes down what it is given."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from harvester.model.schedule import Fire, FireState
from harvester.model.source import PolitenessRules, ScheduleRules, Source
from harvester.run.lease import is_alive
from harvester.scheduling.leadership import Leadership
from harvester.scheduling.scheduler import Scheduler
from storage.runs import Owner
from storage.store import Store

NOON = datetime(2026, 11, 2, 12, 0, 30, tzinfo=UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.present = now
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.present

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, **span: float) -> None:
        """Time passes."""
        self.present += timedelta(**span)
        self.seconds += timedelta(**span).total_seconds()

    def jump(self, **span: float) -> None:
        """Somebody sets the clock; no time passes."""
        self.present += timedelta(**span)


@dataclass
class Paper:
    """An engine that notes what it is given."""

    given: list[Fire] = field(default_factory=list)
    held: list[Fire] = field(default_factory=list)
    stopped: list[tuple[str, str]] = field(default_factory=list)

    def put(self, fire: Fire, source: Source) -> None:
        self.given.append(fire)
        self.held.append(fire)

    def has(self, fire: Fire) -> bool:
        return any((one.source_id, one.at) == (fire.source_id, fire.at) for one in self.held)

    def stop(self, source_id: str, reason: str) -> None:
        self.stopped.append((source_id, reason))

    @property
    def moments(self) -> list[str]:
        return [f"{fire.at:%m-%dT%H:%M}" for fire in self.given]


class Bench:
    """One scheduler of its own on a database that others may share."""

    def __init__(self, store: Store, clock: Clock, *sources: Source, name: str = "one") -> None:
        self.store = store
        self.clock = clock
        self.sources = {source.id: source for source in sources}
        self.engine = Paper()
        self.told: list[str] = []
        self.me = Owner(f"machine-{name}", 7, name)
        self.leadership = Leadership(store, self.me, clock, is_alive)
        self.scheduler = Scheduler(store, lambda: self.sources, self.engine, self.leadership, clock, self.told.append)

    def look(self) -> list[str]:
        """Moments of what was handed to the engine so far."""
        self.scheduler.look()
        return self.engine.moments

    def finish(self) -> None:
        """What the engine holds is done."""
        while self.engine.held:
            fire = self.engine.held.pop()
            done = self.store.transact(
                lambda unit, fire=fire: self.store.schedules.end(
                    unit, fire, FireState.DONE, "succeeded", self.clock.now()
                )
            )
            assert done


def source(name: str = "valley", quiet: tuple[str, ...] = (), **rules: str) -> Source:
    return Source(
        id=name,
        name=name,
        schedule=ScheduleRules.model_validate(rules or {"cron": "0 * * * *"}),
        politeness=PolitenessRules(quiet=quiet),
    )
