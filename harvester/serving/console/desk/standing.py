"""How every Source stands: its health, what it last did, what comes next, what it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from harvester.model.run import Run, RunOutcome
from harvester.model.schedule import Pause, Schedule, Standing
from harvester.model.source import Source
from harvester.serving.console.desk.office import Office
from storage.run_sums import SourceRuns

LATE_S = 3600.0  # a harvest that is due and has not begun for so long is late


class Health(StrEnum):
    """What an operator sees first of a Source, the worst first."""

    FAILED = "failed"
    DEGRADED = "degraded"
    LATE = "late"  # due, and not begun for an hour
    INTERRUPTED = "interrupted"  # stopped or killed; the next Run goes on
    RUNNING = "running"
    NEW = "new"  # never harvested
    WELL = "well"
    RESTS = "rests"  # paused, or switched off
    GONE = "gone"  # has records, and no seed file any more


TROUBLES = (Health.FAILED, Health.DEGRADED, Health.LATE)
_OF_OUTCOME = {
    RunOutcome.FAILED: Health.FAILED,
    RunOutcome.DEGRADED: Health.DEGRADED,
    RunOutcome.INTERRUPTED: Health.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Stand:
    """One Source. `last` is the id of the latest harvest that has ended, `at_work` the Run that has not."""

    id: str
    health: Health
    source: Source | None
    last: str = ""
    at_work: Run | None = None
    succeeded_at: datetime | None = None
    next_due: datetime | None = None
    behind_s: float = 0.0
    schedule: Schedule | None = None
    access: Mapping[str, int] = field(default_factory=dict)  # records by AccessStatus
    bilingual: int = 0  # records in two languages or more

    @property
    def name(self) -> str:
        """As its seed file has it."""
        return self.source.name if self.source else self.id

    @property
    def records(self) -> int:
        """How many it has."""
        return sum(self.access.values())

    @property
    def pause(self) -> Pause | None:
        """An operator's word that it is to rest."""
        return self.schedule.pause if self.schedule else None

    @property
    def is_asked_for(self) -> bool:
        """Whether a harvest was asked for that has not begun."""
        return bool(self.schedule and self.schedule.request)


def stands(office: Office) -> dict[str, Stand]:
    """Every Source that has a seed file or records, by id."""
    store, known = office.store, office.sources()
    sums, schedules, bilingual = store.figures.runs(), store.schedules.all(), store.figures.bilingual()
    standings = {one.source_id: one for one in office.work.standings()}
    at_work = {run.source_id: run for run in store.runs.running()}
    access: dict[str, dict[str, int]] = {}
    for (source_id, status), count in store.figures.records().items():
        access.setdefault(source_id, {})[status] = count
    found = {}
    for name in sorted({*known, *access}):
        source, standing, ran = known.get(name), standings.get(name), sums.get(name) or SourceRuns()
        found[name] = Stand(
            id=name,
            health=_health(source, standing, ran, at_work.get(name), schedules.get(name)),
            source=source,
            last=ran.last[0] if ran.last else "",
            at_work=at_work.get(name),
            succeeded_at=ran.succeeded_at,
            next_due=standing.next_due if standing else None,
            behind_s=standing.behind_s if standing else 0.0,
            schedule=schedules.get(name),
            access=access.get(name, {}),
            bilingual=bilingual.get(name, 0),
        )
    return found


def _health(
    source: Source | None, standing: Standing | None, ran: SourceRuns, at_work: Run | None, schedule: Schedule | None
) -> Health:
    if source is None:
        return Health.GONE
    if (standing and standing.rests) or not source.enabled or (schedule and schedule.pause):
        return Health.RESTS
    of_last = _OF_OUTCOME.get(ran.last[1]) if ran.last else None
    if of_last in (Health.FAILED, Health.DEGRADED):
        return of_last
    if at_work:
        return Health.RUNNING
    if standing and standing.behind_s > LATE_S:
        return Health.LATE
    return of_last or (Health.WELL if ran.last else Health.NEW)
