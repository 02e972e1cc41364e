"""When a Source is due: intervals, wall clocks that change, delays, fires made up for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.model.cron import parsed
from harvester.model.source import ScheduleRules
from harvester.scheduling.timing import delay, due_fire, last_fire, next_fire


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(rules: ScheduleRules, first: str, last: str) -> list[str]:
    found, now = [], at(first)
    while (now := next_fire(rules, "valley", now)) and now < at(last):
        found.append(f"{now:%m-%dT%H:%M}")
    return found


NIGHTLY = ScheduleRules(cron="30 2 * * *", zone="Europe/Paris")


@pytest.mark.fault(32)
def test_a_time_that_comes_twice_fires_once() -> None:
    assert fires(NIGHTLY, "2026-10-23T12:00", "2026-10-27T12:00") == [
        "10-24T00:30",
        "10-25T00:30",
        "10-26T01:30",
        "10-27T01:30",
    ]
    half_past_two_again = at("2026-10-25T01:30")
    assert due_fire(NIGHTLY, "valley", at("2026-10-25T00:30"), half_past_two_again) is None


@pytest.mark.fault(33)
def test_a_time_that_is_skipped_fires_an_hour_later_on_the_clock() -> None:
    assert fires(NIGHTLY, "2026-03-27T12:00", "2026-03-31T12:00") == [
        "03-28T01:30",
        "03-29T01:30",  # 03:30 in Paris
        "03-30T00:30",
        "03-31T00:30",
    ]


def test_two_times_that_fall_on_one_moment_are_one_fire() -> None:
    rules = ScheduleRules(cron="*/30 1-4 * * *", zone="Europe/Paris")
    assert fires(rules, "2026-03-28T23:59", "2026-03-29T12:00") == [
        "03-29T00:00", "03-29T00:30", "03-29T01:00", "03-29T01:30", "03-29T02:00", "03-29T02:30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 6 * * 1-5", ["11-02T06:00", "11-03T06:00", "11-04T06:00", "11-05T06:00", "11-06T06:00"]),
        ("0 6 * * 0", ["11-01T06:00", "11-08T06:00"]),
        ("0 6 * * 7", ["11-01T06:00", "11-08T06:00"]),
        ("0 6 * * sat,SUN", ["11-01T06:00", "11-07T06:00", "11-08T06:00"]),
        ("0 6 3 * fri", ["11-03T06:00", "11-06T06:00"]),
        ("15 */12 2 nov *", ["11-02T00:15", "11-02T12:15"]),
    ],
)
def test_cron_means_what_crontab_means(cron: str, expected: list[str]) -> None:
    assert fires(ScheduleRules(cron=cron), "2026-11-01T00:00", "2026-11-09T00:00") == expected


@pytest.mark.parametrize(
    "text", ["61 * * * *", "0 0 32 1 *", "0 0 31 4,6 *", "5-1 0 * * *", "*/0 0 * * *", "x 0 * * *"]
)
def test_a_wrong_expression_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"minute|day of month"):
        parsed(text)


def test_sources_are_spread_over_their_interval() -> None:
    rules, now = ScheduleRules(every="6h"), at("2026-11-01T00:00")
    moments = {next_fire(rules, f"source-{number}", now) for number in range(200)}
    hours = {moment.hour for moment in moments if moment}
    assert len(moments) > 190
    assert hours == set(range(6))
    assert next_fire(rules, "valley", now) == next_fire(rules, "valley", now)


@pytest.mark.fault(36)
def test_jitter_is_the_same_for_everybody_and_another_for_each_fire() -> None:
    rules = ScheduleRules(cron="0 3 * * *", jitter="10m")
    night = at("2026-11-01T03:00")
    delays = [delay(rules, f"source-{number}", night) for number in range(200)]
    assert all(timedelta(0) <= one < timedelta(minutes=10) for one in delays)
    assert len(set(delays)) == 200
    assert delay(rules, "source-1", night + timedelta(days=1)) != delays[1] == delay(rules, "source-1", night)


@pytest.mark.fault(29)
def test_all_missed_fires_are_made_up_for_by_the_latest() -> None:
    rules = ScheduleRules(cron="*/5 * * * *")
    assert due_fire(rules, "valley", at("2025-01-01T00:00"), at("2026-11-01T10:07")) == at("2026-11-01T10:05")
    yearly = ScheduleRules(cron="0 0 29 2 *")
    assert due_fire(yearly, "valley", at("2021-01-01T00:00"), at("2026-11-01T10:07")) == at("2024-02-29T00:00")
    assert due_fire(yearly, "valley", at("2024-02-29T00:00"), at("2026-11-01T10:07")) is None


def test_a_fire_that_is_put_off_is_not_due_and_the_one_before_it_is() -> None:
    rules = ScheduleRules(every="1h", jitter="50m")
    fire = next_fire(rules, "valley", at("2026-11-01T00:00"))
    assert fire
    start = fire + delay(rules, "valley", fire)
    assert due_fire(rules, "valley", fire - timedelta(minutes=1), start - timedelta(seconds=1)) is None
    assert due_fire(rules, "valley", fire - timedelta(minutes=1), start) == fire
    before = due_fire(rules, "valley", fire - timedelta(hours=3), fire + timedelta(microseconds=1))
    assert before == fire - timedelta(hours=1)


RULES = st.sampled_from(
    [
        ScheduleRules(),
        ScheduleRules(every="25m", jitter="20m"),
        ScheduleRules(cron="10,40 1-4 * * *", zone="Europe/Paris"),
        ScheduleRules(cron="0 */2 1,29 * mon", zone="America/New_York", jitter="1h"),
        NIGHTLY,
    ]
)


@settings(max_examples=60, deadline=None)
@given(RULES, st.integers(0, 3 * 366 * 24 * 60), st.integers(1, 40 * 24 * 60))
def test_whoever_looks_sees_the_same_fires(rules: ScheduleRules, start: int, span: int) -> None:
    first = at("2025-01-01T00:00") + timedelta(minutes=start)
    last = first + timedelta(minutes=span)
    found, now = [], first
    while (now := next_fire(rules, "valley", now)) and now <= last:
        found.append(now)
    assert found == sorted(set(found))
    assert last_fire(rules, "valley", first, last) == (found[-1] if found else None)
