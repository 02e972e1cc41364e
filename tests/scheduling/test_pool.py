"""The engine within one process: so many Runs at a time, no more; all done; stopped on request."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from bench import NOON, source

from harvester.model.schedule import Fire, FireState
from harvester.model.source import Source
from harvester.run.lease import is_alive, this_process
from harvester.scheduling import harvesting as room
from harvester.scheduling.clock import SystemClock
from harvester.scheduling.leadership import Leadership
from harvester.scheduling.pool import LocalPool
from harvester.settings import Settings
from storage.store import Store


class Brief:
    """A Run that takes a moment; real ones are the matter of the services' tests."""

    at_once = 0
    most = 0
    _lock = threading.Lock()

    def __init__(self, source: Source, settings: Settings, run_id: str) -> None:
        self.last_words = "no contact is set"
        self.asked = threading.Event()

    def ask_to_stop(self) -> None:
        self.asked.set()

    def wait(self, stop_s: float) -> int:
        with Brief._lock:
            Brief.at_once += 1
            Brief.most = max(Brief.most, Brief.at_once)
        self.asked.wait(0.02)
        with Brief._lock:
            Brief.at_once -= 1
        return 2


@pytest.fixture
def leadership(store: Store) -> Leadership:
    found = Leadership(store, this_process(), SystemClock(), is_alive)
    assert found.look()
    return found


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def pool(store: Store, database: str, leadership: Leadership, told: list[str], tmp_path: Path) -> Iterator[LocalPool]:
    settings = Settings(data_dir=tmp_path / "data", database_url=database, contact="", workers=3)
    made = LocalPool(store, settings, leadership, SystemClock(), told.append)
    yield made
    made.close()


def claimed(store: Store, name: str) -> Fire:
    fire = Fire(source_id=name, at=NOON, state=FireState.QUEUED, claimed_by="us", claimed_at=NOON)
    assert store.transact(lambda unit: store.schedules.claim(unit, fire))
    assert not store.transact(lambda unit: store.schedules.claim(unit, fire)), "only once"
    return fire


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 200
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.fault(36)
def test_two_hundred_are_all_done_and_never_more_at_once_than_allowed(
    store: Store, pool: LocalPool, leadership: Leadership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RunApart", Brief)
    for number in range(200):
        pool.put(claimed(store, f"s{number}"), source(f"s{number}"))
        leadership.look()

    def all_done() -> bool:
        leadership.look()
        return not store.schedules.open()

    until(all_done)
    assert Brief.most == 3
    (fire,) = store.schedules.fires("s7")
    assert (fire.state, fire.note) == (FireState.DONE, "no contact is set")


def test_a_run_that_may_not_begin_says_why(store: Store, pool: LocalPool) -> None:
    valley = source().model_copy(update={"hosts": ("www.valley.example",)})
    pool.put(claimed(store, "valley"), valley)
    until(lambda: not store.schedules.open())
    (fire,) = store.schedules.fires("valley")
    assert "no contact is set" in fire.note
    assert store.runs.list() == []


class Killed(Brief):
    """A Run whose process is killed before it has ended."""

    def wait(self, stop_s: float) -> int:
        return -9


@pytest.mark.fault(17)
def test_a_run_that_was_killed_is_begun_anew_but_not_for_ever(
    store: Store, pool: LocalPool, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RunApart", Killed)
    claimed(store, "valley")
    states = []
    for _ in range(room.TRIES):
        (fire,) = store.schedules.open()
        again = fire.model_copy(update={"state": FireState.QUEUED, "run_id": None})
        store.transact(lambda unit, fire=fire: store.schedules.take_up(unit, fire, "us"))  # type: ignore[misc]
        pool.put(again, source())
        until(lambda again=again: not pool.has(again))  # type: ignore[misc]
        states.append(store.schedules.fires("valley")[0].state)
    assert states == [*[FireState.RUNNING] * (room.TRIES - 1), FireState.DONE]
    assert len(told) == room.TRIES
    assert all("valley" in line and "code -9" in line for line in told)


def test_how_a_run_ended_is_told_with_what_it_warned_of(
    store: Store, pool: LocalPool, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RunApart", Brief)
    fire = claimed(store, "valley")
    pool.put(fire, source())
    until(lambda: not pool.has(fire))
    (run_id,) = [one.run_id for one in store.schedules.fires("valley")]
    assert told == [f"source valley: run {run_id} ended with code 2 before its time: no contact is set"]


@pytest.mark.fault(10)
def test_without_the_lead_nothing_is_started(store: Store, pool: LocalPool, leadership: Leadership) -> None:
    leadership.resign()
    fire = claimed(store, "valley")
    pool.put(fire, source())
    until(lambda: not pool.has(fire))
    assert [one.state for one in store.schedules.open()] == [FireState.QUEUED]


def test_fires_of_long_ago_are_forgotten(store: Store) -> None:
    old = claimed(store, "valley")
    new = old.model_copy(update={"at": NOON + timedelta(days=401)})
    assert store.transact(lambda unit: store.schedules.claim(unit, new))
    assert [fire.at for fire in store.schedules.fires("valley")] == [new.at]


@pytest.mark.fault(12)
def test_a_pool_keeps_nothing_of_what_it_has_done(
    store: Store, pool: LocalPool, leadership: Leadership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RunApart", Brief)
    kept = []
    for day in range(3):
        for number in range(40):
            fire = claimed(store, f"s{day}-{number}")
            pool.put(fire, source(fire.source_id))
        until(lambda: leadership.look() and not store.schedules.open())
        until(lambda: pool.counts() == {"at_work": 0, "waiting": 0})
        files = sum(1 for _ in Path("/proc/self/fd").iterdir())
        kept.append((files, threading.active_count(), len(pool._harvesting._deaths)))
    spared = 10  # connections and threads that come to be when they are first wanted; a leak is of 40 a day
    assert all(last <= first + spared for first, last in zip(kept[0], kept[-1], strict=True)), kept
