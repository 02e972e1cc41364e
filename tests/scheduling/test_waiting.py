"""Fires that wait for an import or a replay, wishes that must not get lost, and how Sources stand meanwhile."""

import threading
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from bench import NOON, Bench, Clock, source
from serving import until

from harvester.model.run import IMPORT_NOTE, REPLAY_NOTE, RunOutcome
from harvester.model.schedule import Fire, FireState, Standing
from harvester.scheduling import service as room
from harvester.scheduling.plan import Starts, plans, standing
from harvester.scheduling.service import Service
from harvester.settings import Settings
from storage.runs import Owner
from storage.store import Store

ELSEWHERE = Owner("elsewhere", 1, "a")


def take_lease(store: Store, clock: Clock, *notes: str) -> None:
    store.transact(
        lambda unit: store.runs.open(unit, "valley", "r1", ELSEWHERE, clock.now(), 7200, lambda owner: True, notes)
    )


def end(store: Store, clock: Clock) -> None:
    store.transact(lambda unit: store.runs.close(unit, "r1", RunOutcome.SUCCEEDED, {}, [], clock.now()))


def stand(store: Store, clock: Clock, *fires: Fire) -> Standing:
    now = clock.now()
    (plan,) = plans({"valley": source()}, store.schedules.all(), now).values()
    return standing(plan, next(iter(fires), None), Starts(), now)


@pytest.mark.parametrize(("note", "kind"), [(IMPORT_NOTE, "import"), (REPLAY_NOTE, "replay")])
def test_a_fire_waits_for_an_import_or_a_replay(store: Store, clock: Clock, note: str, kind: str) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    take_lease(store, clock, note)
    clock.wait(hours=1)
    for _ in range(3):
        assert bench.look() == []
    assert bench.told[-1] == f"schedule of valley: due, and begins when the {kind} r1 has ended"
    assert bench.told.count(bench.told[-1]) == 1
    assert store.schedules.fires("valley") == []
    assert stand(store, clock).behind_s == 30
    end(store, clock)
    assert bench.look() == ["11-02T13:00"]


@pytest.mark.fault(31)
def test_a_harvest_at_work_makes_it_superfluous(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    take_lease(store, clock)
    clock.wait(hours=1)
    assert bench.look() == []
    (fire,) = store.schedules.fires("valley")
    assert (fire.state, fire.note) == (FireState.SKIPPED, "run r1 is at work")


def test_a_fire_that_was_left_behind_is_not_taken_for_done_by_an_import(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    clock.wait(hours=1)
    bench.look()
    bench.engine.held.clear()  # whoever had it was killed
    take_lease(store, clock, IMPORT_NOTE)
    bench.look()
    end(store, clock)
    assert bench.look() == ["11-02T13:00", "11-02T13:00"]
    assert "taken up again" in bench.told[-1]


def test_a_fire_that_is_skipped_does_not_answer_a_wish(store: Store) -> None:
    store.transact(lambda unit: store.schedules.request(unit, "valley", "ada", NOON))
    for state, wished in ((FireState.SKIPPED, True), (FireState.QUEUED, False)):
        at = NOON + timedelta(hours=not wished)
        fire = Fire(source_id="valley", at=at, state=state, claimed_by="us", claimed_at=NOON)
        assert store.transact(partial(store.schedules.claim, fire=fire))
        assert (store.schedules.all()["valley"].request is not None) is wished


def test_how_a_source_stands(store: Store, clock: Clock) -> None:
    store.transact(lambda unit: store.schedules.begin(unit, {"valley"}, NOON))
    one = stand(store, clock)
    assert (one.rests, one.next_due, one.behind_s) == (False, NOON.replace(hour=13, second=0), 0)
    clock.wait(hours=2)
    assert stand(store, clock).behind_s == 3630
    queued = Fire(
        source_id="valley", at=NOON.replace(hour=14, second=0), state=FireState.QUEUED, claimed_by="", claimed_at=NOON
    )
    assert stand(store, clock, queued).behind_s == 30
    assert stand(store, clock, queued.model_copy(update={"state": FireState.RUNNING})).behind_s == 0
    store.transact(lambda unit: store.schedules.pause(unit, "valley", "ada", "", NOON))
    paused = stand(store, clock)
    assert (paused.rests, paused.next_due, paused.behind_s) == (True, None, 0)


def test_a_loop_that_hangs_is_known(
    store: Store, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("platforms", "sources"):
        (tmp_path / "seeds" / folder).mkdir(parents=True)
    monkeypatch.setattr(room, "LOOK_S", 0.01)
    monkeypatch.setattr(room, "HUNG_S", 1.0)
    settings = Settings(data_dir=tmp_path, database_url=database, seeds_dir=tmp_path / "seeds")
    service = Service(store, settings, lambda line: None)
    answers, stop = threading.Event(), threading.Event()
    monkeypatch.setattr(service._scheduler, "look", answers.wait)
    loop = threading.Thread(target=service.run, args=[stop])
    loop.start()
    until(lambda: "the scheduler has not come round for" in service.trouble())
    answers.set()
    until(lambda: not service.trouble())
    stop.set()
    loop.join()
