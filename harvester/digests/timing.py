"""When the next digest of an alert is due. Pure.

Wall clock times are those of the alert's zone, and every local day has each of them once: one that the change of the
clocks repeats counts the first time, one that it skips comes as much later.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from harvester.model.alert import Rhythm, Timing

AT_ONCE = timedelta(minutes=5)  # between two mails of one alert: a harvest is not told article by article
_DAY = timedelta(days=1)


def next_due(timing: Timing, after: datetime) -> datetime:
    """The first moment after another (UTC) at which a digest is due; at once: five minutes later."""
    if timing.rhythm is Rhythm.AT_ONCE:
        return after + AT_ONCE
    zone = ZoneInfo(timing.zone)
    wall = time(timing.hour, timing.minute)
    day = after.astimezone(zone).date() - _DAY
    while True:
        if _is_due(timing, day):
            moment = datetime.combine(day, wall, zone).astimezone(UTC)
            if moment > after:
                return moment
        day += _DAY


def _is_due(timing: Timing, day: date) -> bool:
    if timing.rhythm is Rhythm.WEEKLY:
        return day.isoweekday() == timing.weekday
    if timing.rhythm is Rhythm.MONTHLY:
        return day.day == min(timing.monthday, monthrange(day.year, day.month)[1])
    return True
