"""Turns, holds and robots copies hold over processes and restarts."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from storage.hosts import RobotsCopy
from storage.store import Store

HOST = "publisher.test"


def second(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=seconds)


def take(store: Store, owner: str, now: datetime, gap: float = 1.0) -> float:
    with store.begin(durable=False) as unit:
        return store.hosts.take_turn(unit, HOST, owner, gap, 60.0, now)


def end(store: Store, owner: str, now: datetime, gap: float = 1.0) -> None:
    with store.begin(durable=False) as unit:
        store.hosts.end_turn(unit, HOST, owner, gap, now)


def test_one_turn_at_a_time_and_a_gap_between_two(store: Store, now: datetime) -> None:
    assert take(store, "a", now) == 0.0
    assert take(store, "b", second(now, 0.2)) == 0.8
    assert 0 < take(store, "a", second(now, 5)) <= 1
    end(store, "a", second(now, 5))
    assert take(store, "b", second(now, 5)) == 1.0
    assert take(store, "b", second(now, 6)) == 0.0


def test_the_gap_begins_when_the_answer_is_there(store: Store, now: datetime) -> None:
    take(store, "a", now)
    end(store, "a", second(now, 0.25))
    assert take(store, "a", second(now, 0.5)) == 0.75
    assert take(store, "a", second(now, 1.25)) == 0.0


def test_the_end_of_a_turn_shortens_no_longer_wait(store: Store, now: datetime) -> None:
    take(store, "a", now, gap=10)
    end(store, "a", second(now, 1))
    assert take(store, "a", second(now, 2)) == 8.0


def test_a_dead_owners_turn_ends_with_its_deadline(store: Store, now: datetime) -> None:
    take(store, "a", now)
    assert take(store, "b", second(now, 59)) > 0
    assert take(store, "b", second(now, 60)) == 0.0
    end(store, "a", second(now, 61))
    assert take(store, "c", second(now, 62)) > 0


@pytest.mark.fault(39)
def test_a_hold_keeps_everybody_off_and_is_never_shortened(store: Store, now: datetime) -> None:
    take(store, "a", now)
    with store.begin() as unit:
        store.hosts.hold(unit, HOST, second(now, 120), "429, Retry-After 120")
        store.hosts.hold(unit, HOST, second(now, 30), "503")
    end(store, "a", now)
    assert take(store, "b", second(now, 20)) == 100.0
    hold = store.hosts.hold_of(HOST)
    assert hold and (hold.until, hold.reason) == (second(now, 120), "429, Retry-After 120")
    assert take(store, "b", second(now, 120)) == 0.0
    assert store.hosts.hold_of("other.test") is None


def test_a_hold_may_come_before_the_first_turn(store: Store, now: datetime) -> None:
    with store.begin() as unit:
        store.hosts.hold(unit, HOST, second(now, 10), "robots.txt: 503")
    assert take(store, "a", now) == 10.0


@pytest.mark.fault(8)
def test_gap_and_hold_survive_a_restart(store: Store, database: str, now: datetime) -> None:
    take(store, "a", now)
    end(store, "a", now)
    with Store.open(database) as restarted:
        assert take(restarted, "b", second(now, 0.5)) == 0.5


def test_of_eight_at_once_one_gets_the_turn(store: Store, database: str, now: datetime) -> None:
    waits: list[float] = []

    def contend(owner: str) -> None:
        with Store.open(database) as mine:
            start.wait()
            waits.append(take(mine, owner, now))

    start = threading.Barrier(8)
    contenders = [threading.Thread(target=contend, args=(f"owner-{n}",)) for n in range(8)]
    for contender in contenders:
        contender.start()
    for contender in contenders:
        contender.join()
    assert sorted(waits)[:2] == [0.0, 1.0]


def test_the_robots_copy_is_replaced_by_the_next(store: Store) -> None:
    origin, fetched = "https://publisher.test", datetime(2026, 3, 1, tzinfo=UTC)
    assert store.hosts.robots(origin) is None
    for copy in (RobotsCopy(200, b"\xef\xbb\xbfUser-agent: *\r\n\x00", fetched), RobotsCopy(None, b"", fetched)):
        with store.begin() as unit:
            store.hosts.save_robots(unit, origin, copy)
        assert store.hosts.robots(origin) == copy


def test_a_turn_that_outlived_its_deadline_has_its_gap_unless_it_is_anothers(store: Store, now: datetime) -> None:
    """The process slept between taking the turn and asking."""
    assert take(store, "a", now) == 0.0
    end(store, "a", second(now, 70), gap=5.0)
    assert take(store, "b", second(now, 71)) == 4.0
    assert take(store, "b", second(now, 75)) == 0.0
    assert take(store, "c", second(now, 136)) == 0.0
    end(store, "b", second(now, 137))
    assert take(store, "d", second(now, 138)) == 0.25, "the host is still c's"
