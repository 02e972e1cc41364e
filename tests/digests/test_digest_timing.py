"""When digests are due: once for each local day, week or month, also on the nights the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from harvester.digests.timing import AT_ONCE, next_due
from harvester.model.alert import Timing


def dues(timing: Timing, start: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        start = next_due(timing, start)
        found.append(start)
    return found


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC", "Africa/Cairo"])
def test_daily_is_once_for_each_local_day(zone: str, hour: int) -> None:
    from zoneinfo import ZoneInfo

    timing = Timing(rhythm="daily", hour=hour, minute=30, zone=zone)
    found = dues(timing, datetime(2026, 1, 1, tzinfo=UTC), 365)
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in found]
    assert len(set(days)) == 365
    assert max(days) - min(days) == timedelta(days=364)


def test_a_time_that_is_skipped_comes_later_and_one_that_is_repeated_comes_first() -> None:
    timing = Timing(rhythm="daily", hour=2, minute=30, zone="Europe/Paris")
    assert next_due(timing, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    autumn = next_due(timing, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_due(timing, autumn) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_weekly_and_monthly() -> None:
    weekly = Timing(rhythm="weekly", weekday=1, hour=7, zone="Europe/Paris")
    assert next_due(weekly, datetime(2026, 3, 2, 6, 0, tzinfo=UTC)) == datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
    monthly = Timing(rhythm="monthly", monthday=31, hour=7, zone="UTC")
    found = dues(monthly, datetime(2026, 1, 31, 8, tzinfo=UTC), 3)
    assert [(one.month, one.day) for one in found] == [(2, 28), (3, 31), (4, 30)]


def test_at_once_leaves_some_minutes_between_two_mails() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert next_due(Timing(rhythm="at_once"), now) == now + AT_ONCE


@pytest.mark.parametrize("zone", ["Nowhere", "../etc/passwd", ""])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Timing(zone=zone)
