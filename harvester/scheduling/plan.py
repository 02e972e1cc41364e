"""One Source's Schedule as it stands: the file's rules, the operator's word, and what follows. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property

from harvester.crawl.politeness import quiet_until
from harvester.model.schedule import Fire, FireState, Schedule, Standing
from harvester.model.source import PolitenessRules, ScheduleRules, Source
from harvester.scheduling.timing import delay, due_fire, next_fire

AHEAD = timedelta(hours=2)  # a fire on record that lies further ahead was claimed by a clock that was wrong
_Key = tuple[ScheduleRules, PolitenessRules, datetime]


class Plan:
    """A Source and what is kept of its Schedule."""

    def __init__(self, source: Source, schedule: Schedule) -> None:
        self.source = source
        self.schedule = schedule

    @cached_property
    def rules(self) -> ScheduleRules:
        """The operator's rules over those of the source file."""
        own = self.schedule.rules
        return own.over(self.source.schedule) if own else self.source.schedule

    @property
    def rest(self) -> str:
        """Why the Source is not harvested for now; empty when it is."""
        if not self.source.enabled:
            return "the source is switched off"
        if pause := self.schedule.pause:
            return f"paused by {pause.by}" + (f": {pause.reason}" if pause.reason else "")
        if self.schedule.damage:
            return f"{self.schedule.damage}; `harvester schedule reset {self.source.id}` begins anew"
        return ""

    def is_ahead(self, now: datetime) -> bool:
        """Whether what is on record lies in a future that a wrong clock told of."""
        return self.schedule.counts_after() > now + AHEAD

    def begins(self, fire: datetime) -> datetime:
        """When a fire may start: after its delay, and after the quiet hours that moment lies in."""
        moment = fire + delay(self.rules, self.source.id, fire)
        return self.quiet_until(moment) or moment

    def next_start(self) -> tuple[datetime, datetime] | None:
        """The next fire that is not claimed yet, missed ones too, and when it may start."""
        fire = next_fire(self.rules, self.source.id, self.schedule.counts_after())
        return (fire, self.begins(fire)) if fire else None

    def starts(self, now: datetime, most: int) -> Iterable[tuple[datetime, datetime]]:
        """The fires after now, at most so many, each with the moment when it may start."""
        fire = next_fire(self.rules, self.source.id, max(now, self.schedule.counts_after()))
        for _ in range(most):
            if fire is None:
                return
            yield fire, self.begins(fire)
            fire = next_fire(self.rules, self.source.id, fire)

    def due(self, now: datetime) -> datetime | None:
        """The fire that is to start now; a request to run now is a fire of this very moment."""
        if self.rest or self.quiet_until(now):
            return None
        if self.schedule.request:
            return now
        return due_fire(self.rules, self.source.id, self.schedule.counts_after(), now)

    def quiet_until(self, moment: datetime) -> datetime | None:
        """The end of the quiet hours that a moment lies in."""
        politeness = self.source.politeness
        return quiet_until(moment, politeness.quiet, politeness.quiet_zone) if politeness.quiet else None


class Starts:
    """The next start of each Source, worked out only when something about it has changed. Any thread may ask."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Key, datetime | None]] = {}

    def of(self, plan: Plan) -> datetime | None:
        """When the next fire that is not claimed yet may start, missed ones too."""
        key = (plan.rules, plan.source.politeness, plan.schedule.counts_after())
        known = self._known.get(plan.source.id)
        if known is None or known[0] != key:
            start = plan.next_start()
            known = self._known[plan.source.id] = (key, start[1] if start else None)
        return known[1]


def standing(plan: Plan, opened: Fire | None, starts: Starts, now: datetime) -> Standing:
    """How a Source stands; `opened` is its fire that is claimed and not over."""
    if plan.rest:
        return Standing(source_id=plan.source.id, rests=True)
    due = starts.of(plan)
    if plan.schedule.request:
        due = min(due or now, plan.schedule.request.at)
    waits_since = due
    if opened:  # what comes due meanwhile is no arrear while one is at work
        waits_since = plan.begins(opened.at) if opened.state is FireState.QUEUED else None
    behind = (now - waits_since).total_seconds() if waits_since else 0.0
    return Standing(source_id=plan.source.id, rests=False, next_due=due, behind_s=max(0.0, behind))


def plans(sources: Mapping[str, Source], schedules: Mapping[str, Schedule], now: datetime) -> dict[str, Plan]:
    """The plan of every Source, by id; one that no scheduler has seen yet begins now."""
    return {
        source_id: Plan(source, schedules.get(source_id) or Schedule(source_id=source_id, since=now))
        for source_id, source in sources.items()
    }
