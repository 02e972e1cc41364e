"""Runs and their lease."""

from datetime import datetime, timedelta

import pytest

from harvester.errors import BusyError
from harvester.model.run import Run, RunOutcome
from storage.runs import Owner
from storage.store import Store

ME, OTHER = Owner("here", 1, "10:00"), Owner("here", 2, "11:00")


def start(store: Store, run_id: str, now: datetime, *, alive: bool = True, owner: Owner = ME) -> Run:
    with store.begin() as unit:
        return store.runs.open(unit, "alpha", run_id, owner, now, 60, lambda _: alive)


def beat(store: Store, run_id: str, now: datetime) -> bool:
    with store.begin() as unit:
        return store.runs.heartbeat(unit, run_id, now, 60)


def close(store: Store, run_id: str, outcome: RunOutcome, now: datetime) -> None:
    with store.begin() as unit:
        store.runs.close(unit, run_id, outcome, {"ok": 3}, ["all well"], now)


def outcome_of(store: Store, run_id: str) -> RunOutcome:
    run = store.runs.get(run_id)
    assert run is not None
    return run.outcome


def test_a_run_is_opened_closed_and_read_back(store: Store, now: datetime) -> None:
    assert start(store, "run-1", now) == Run(id="run-1", source_id="alpha", started_at=now)
    close(store, "run-1", RunOutcome.SUCCEEDED, now + timedelta(minutes=1))
    run = store.runs.get("run-1")
    assert run == Run(
        id="run-1",
        source_id="alpha",
        outcome=RunOutcome.SUCCEEDED,
        started_at=now,
        ended_at=now + timedelta(minutes=1),
        counts={"ok": 3},
        notes=("all well",),
    )
    assert store.runs.get("run-2") is None
    assert start(store, "run-2", now + timedelta(hours=1)).resumed_from is None
    assert [r.id for r in store.runs.list("alpha")] == ["run-2", "run-1"]
    assert store.runs.list("beta") == []


def test_a_second_run_is_refused_with_who_and_since(store: Store, now: datetime) -> None:
    start(store, "run-1", now)
    with pytest.raises(BusyError, match=r"alpha: run run-1 .*process 1 on here, since 2026-03-01T08:00:00Z"):
        start(store, "run-2", now, owner=OTHER)
    assert [run.id for run in store.runs.list()] == ["run-1"]
    with store.begin() as unit:
        store.runs.open(unit, "beta", "run-b", OTHER, now, 60, lambda _: True)


@pytest.mark.fault(9)
def test_a_dead_owner_is_taken_over_at_once(store: Store, now: datetime) -> None:
    start(store, "run-1", now)
    asked: list[Owner] = []
    with store.begin() as unit:
        run = store.runs.open(unit, "alpha", "run-2", OTHER, now, 60, lambda owner: bool(asked.append(owner)))
    assert asked == [ME]
    assert run.resumed_from == "run-1"
    assert outcome_of(store, "run-1") is RunOutcome.INTERRUPTED
    assert store.runs.interrupted("alpha") == ["run-1"]


def test_an_expired_lease_is_taken_over_and_its_holder_notices(store: Store, now: datetime) -> None:
    start(store, "run-1", now)
    assert beat(store, "run-1", now + timedelta(seconds=50))
    with pytest.raises(BusyError):
        start(store, "run-2", now + timedelta(seconds=100), owner=OTHER)
    assert start(store, "run-2", now + timedelta(seconds=111), owner=OTHER).resumed_from == "run-1"
    assert not beat(store, "run-1", now + timedelta(seconds=112))
    close(store, "run-1", RunOutcome.SUCCEEDED, now + timedelta(seconds=113))
    assert outcome_of(store, "run-1") is RunOutcome.INTERRUPTED
    assert beat(store, "run-2", now + timedelta(seconds=114))


def test_a_late_heartbeat_of_the_only_run_still_holds(store: Store, now: datetime) -> None:
    start(store, "run-1", now)
    assert beat(store, "run-1", now + timedelta(hours=1))


def test_a_segment_is_noted_once_with_its_batch(store: Store) -> None:
    assert not store.runs.is_segment_done("run-1-000001.seg")
    for _ in range(2):
        with store.begin() as unit:
            store.runs.segment_done(unit, "run-1-000001.seg")
    assert store.runs.is_segment_done("run-1-000001.seg")
