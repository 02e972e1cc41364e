"""When a Source is due. Pure: rules and moments in, moments out.

A fire has a nominal moment, which is its name, and starts after a delay that every process computes alike. Cron is
read off the wall clock of its zone, and the time it names is then taken to be the first of its kind on that day: one
that the change of the clocks repeats fires once, one that it skips fires an hour later on the clock.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from harvester.model.cron import parsed
from harvester.model.source import ScheduleRules, duration

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday
_CHANGE = timedelta(hours=3)  # more than clocks are ever put forward or back
_FIRST_LOOK = timedelta(hours=1)
_NOTHING = timedelta(0)
_TICK = timedelta(microseconds=1)
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def next_fire(rules: ScheduleRules, source_id: str, after: datetime) -> datetime | None:
    """The first nominal fire after a moment; None where the calendar has none."""
    return next(_fires(rules, source_id, after), None)


def last_fire(rules: ScheduleRules, source_id: str, after: datetime, until: datetime) -> datetime | None:
    """The latest nominal fire after one moment and not after another; None where there is none."""
    span = _FIRST_LOOK
    while after < until:
        start = max(after, until - span)
        found = None
        for fire in _fires(rules, source_id, start):
            if fire > until:
                break
            found = fire
        if found or start == after:
            return found
        span *= 8
    return None


def delay(rules: ScheduleRules, source_id: str, fire: datetime) -> timedelta:
    """How long a fire is put off: less than the jitter, the same whoever asks."""
    jitter = duration(rules.jitter)
    return jitter * _share(f"{source_id} {fire.isoformat()}") if jitter else _NOTHING


def due_fire(rules: ScheduleRules, source_id: str, after: datetime, now: datetime) -> datetime | None:
    """The latest fire after a moment whose delay is over now: all before it are made up for by this one."""
    fire = last_fire(rules, source_id, after, now)
    while fire and fire + delay(rules, source_id, fire) > now:
        fire = last_fire(rules, source_id, after, fire - _TICK)
    return fire


def _fires(rules: ScheduleRules, source_id: str, after: datetime) -> Iterator[datetime]:
    """Nominal fires after a moment, in order."""
    if rules.cron:
        yield from _cron_fires(_cron_trigger(rules.cron), ZoneInfo(rules.zone), after)
        return
    trigger = _grid(rules.interval, source_id)
    while fire := trigger.get_next_fire_time(None, after + _TICK):
        after = fire.astimezone(UTC)
        yield after


def _cron_fires(trigger: BaseTrigger, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Wall times come in order; where the clocks change, moments do not, so that a few are looked at together."""
    waiting: set[datetime] = set()
    told = after
    for wall in _walls(trigger, after.astimezone(zone).replace(tzinfo=UTC) - _CHANGE):
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if moment > told:
            waiting.add(moment)
        while waiting and min(waiting) + _CHANGE < moment:
            told = min(waiting)
            waiting = {one for one in waiting if one > told}
            yield told
    yield from sorted(waiting)


def _walls(trigger: BaseTrigger, wall: datetime) -> Iterator[datetime]:
    """Times on a wall clock, written as if it were UTC so that nothing is skipped or repeated."""
    while found := trigger.get_next_fire_time(None, wall):
        yield found
        wall = found + _TICK


@lru_cache(1024)
def _cron_trigger(text: str) -> BaseTrigger:
    cron = parsed(text)
    times = {"minute": _listed(cron.minutes), "hour": _listed(cron.hours), "month": _listed(cron.months)}
    either = []
    if cron.days is not None:
        either.append({"day": _listed(cron.days)})
    if cron.weekdays is not None:
        either.append({"day_of_week": ",".join(_WEEKDAYS[day] for day in cron.weekdays)})
    triggers = [CronTrigger(timezone=UTC, **times, **days) for days in either or [{"day": "*"}]]
    return triggers[0] if len(triggers) == 1 else OrTrigger(triggers)


def _listed(values: tuple[int, ...]) -> str:
    return ",".join(map(str, values))


@lru_cache(1024)
def _grid(interval: timedelta, source_id: str) -> IntervalTrigger:
    """The interval from a beginning of the Source's own, so that Sources are spread over it."""
    offset = timedelta(seconds=int(interval.total_seconds() * _share(source_id)))
    return IntervalTrigger(seconds=int(interval.total_seconds()), start_date=_EPOCH + offset, timezone=UTC)


def _share(text: str) -> float:
    """From 0 to less than 1, even and always the same."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48
