"""What is claimed when: each fire once, none lost, whatever clocks, operators and other schedulers do."""

import sys
from functools import partial
from pathlib import Path

import pytest
from bench import Bench, Clock, source
from sqlalchemy import text, update

from harvester.model.override import Override
from harvester.model.run import RunOutcome
from harvester.model.schedule import FireState
from harvester.model.source import ScheduleRules
from storage.runs import Owner
from storage.store import Store
from storage.tables import schedules

sys.path.append(str(Path(__file__).parents[1] / "storage"))

from made import make_record

ELSEWHERE = Owner("elsewhere", 1, "a")


def test_a_new_source_fires_at_its_next_moment(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    assert bench.look() == []
    clock.wait(minutes=59)
    assert bench.look() == []
    clock.wait(minutes=1)
    assert bench.look() == ["11-02T13:00"]
    bench.finish()
    assert bench.look() == ["11-02T13:00"]


@pytest.mark.fault(29, 30)
def test_what_was_missed_is_made_up_for_once(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    clock.wait(days=3, minutes=17)
    assert bench.look() == ["11-05T12:00"]
    bench.finish()
    clock.wait(minutes=1)
    assert bench.look() == ["11-05T12:00"]
    later = Bench(store, clock, source(), name="later")
    clock.wait(hours=30)
    later.look()
    clock.wait(seconds=11)  # the first is silent
    assert later.look() == ["11-06T18:00"]


@pytest.mark.fault(28)
def test_two_schedulers_claim_each_fire_once(store: Store, clock: Clock) -> None:
    one = Bench(store, clock, source(), source("hill"))
    two = Bench(store, clock, source(), source("hill"), name="two")
    for _ in range(240):
        clock.wait(minutes=1)
        for bench in (one, two):
            bench.look()
            bench.finish()
    assert two.engine.given == []
    assert two.told == ["standby: scheduler 7 on machine-one leads"]
    assert sorted(one.engine.moments) == sorted([f"11-02T{hour}:00" for hour in (13, 14, 15, 16)] * 2)


@pytest.mark.fault(28)
def test_a_standby_takes_over_when_the_leader_is_silent(store: Store, clock: Clock) -> None:
    one, two = Bench(store, clock, source()), Bench(store, clock, source(), name="two")
    one.look()
    two.look()
    waited = 0
    while not two.leadership.leads and waited < 60:
        clock.wait(seconds=2)
        waited += 2
        two.look()
    assert waited <= 12
    assert two.told[-1] == "leader"


@pytest.mark.fault(10)
def test_a_leader_that_slept_starts_nothing_more(store: Store, clock: Clock) -> None:
    one, two = Bench(store, clock, source()), Bench(store, clock, source(), name="two")
    one.look()
    two.look()
    clock.wait(hours=1)  # one sleeps
    assert not one.leadership.leads
    assert two.look() == ["11-02T13:00"]
    assert one.look() == []
    assert one.leadership.said() == "standby: scheduler 7 on machine-two leads"
    with store.begin() as unit:
        assert two.leadership.leads_in(unit)
    with store.begin() as unit:
        assert not one.leadership.leads_in(unit)


def test_a_leader_that_resigns_is_followed_at_once(store: Store, clock: Clock) -> None:
    one, two = Bench(store, clock, source()), Bench(store, clock, source(), name="two")
    one.look()
    two.look()
    one.leadership.resign()
    two.look()
    assert two.leadership.leads


@pytest.mark.fault(31)
def test_a_fire_during_a_run_is_skipped_and_on_record(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    clock.wait(hours=1)
    bench.look()
    clock.wait(hours=1)
    assert bench.look() == ["11-02T13:00"]
    skipped, running = store.schedules.fires("valley")
    assert (skipped.state, running.state) == (FireState.SKIPPED, FireState.QUEUED)
    assert skipped.note == "the fire of 2026-11-02T13:00:00Z is not done yet"
    assert "skipped" in bench.told[-1]
    bench.finish()
    clock.wait(minutes=1)
    assert bench.look() == ["11-02T13:00"]
    clock.wait(hours=1)
    assert bench.look() == ["11-02T13:00", "11-02T15:00"]


@pytest.mark.fault(31)
def test_a_run_started_by_hand_counts_too(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    clock.wait(hours=1)
    store.transact(
        lambda unit: store.runs.open(unit, "valley", "by-hand", ELSEWHERE, clock.now(), 60, lambda owner: True)
    )
    assert bench.look() == []
    assert store.schedules.fires("valley")[0].note == "run by-hand is at work"


@pytest.mark.fault(34)
def test_a_clock_two_days_ahead_means_one_run_and_no_wait_when_it_is_set_right(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    clock.jump(days=2)
    assert bench.look() == ["11-04T12:00"]
    bench.finish()
    clock.jump(days=-2)
    clock.wait(minutes=1)
    bench.look()
    for _ in range(3):
        clock.wait(hours=1)
        bench.look()
        bench.finish()
    assert bench.engine.moments == ["11-04T12:00", "11-02T13:00", "11-02T14:00", "11-02T15:00"]


@pytest.mark.fault(35)
def test_a_clock_an_hour_back_fires_nothing_twice(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    clock.wait(hours=1)
    bench.look()
    bench.finish()
    clock.jump(hours=-1)
    for _ in range(70):
        clock.wait(minutes=1)
        bench.look()
    assert bench.engine.moments == ["11-02T13:00"]
    clock.wait(hours=1)
    assert bench.look() == ["11-02T13:00", "11-02T14:00"]
    assert all(fire.ended_at is None or fire.ended_at >= fire.claimed_at for fire in store.schedules.fires("valley"))


@pytest.mark.fault(36)
def test_two_hundred_sources_of_one_minute_are_all_claimed(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, *(source(f"s{n}", cron="0 13 * * *", jitter="10m") for n in range(200)))
    bench.look()
    clock.wait(hours=1)
    counts = []
    for _ in range(11):
        counts.append(len(bench.look()))
        clock.wait(minutes=1)
    assert counts == sorted(counts)
    assert 0 < counts[2] < 100 < counts[-1] == 200, "spread over the ten minutes"
    assert {fire.source_id for fire in bench.engine.given} == {f"s{n}" for n in range(200)}


@pytest.mark.fault(37)
def test_a_damaged_row_stops_nobody_else(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source(), source("hill"), source("moor"))
    bench.look()
    with store.begin() as unit:
        for name, rules in (("valley", '{"every": "yesterday"}'), ("moor", "\x80\x04cos\nsystem\n(S'true'\ntR.")):
            damaged = update(schedules).where(schedules.c.source_id == name)
            unit.connection.execute(damaged.values(rules=rules))
    clock.wait(hours=1)
    bench.look()
    assert [fire.source_id for fire in bench.engine.given] == ["hill"]
    assert "cannot be read" in store.schedules.all()["valley"].damage
    store.transact(lambda unit: store.schedules.change(unit, "valley", None, clock.now()))
    clock.wait(hours=1)
    bench.finish()
    bench.look()
    assert sorted(fire.source_id for fire in bench.engine.given) == ["hill", "hill", "valley"]


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "damage",
    [
        "update fires set at = 'garbage' where source_id = 'valley'",
        "update fires set claimed_at = 'garbage' where source_id = 'valley'",
        "update fires set state = 'lost' where source_id = 'valley'",
        "update schedules set since = 'garbage' where source_id = 'valley'",
        "update schedules set paused_at = since, paused_by = null where source_id = 'valley'",
    ],
)
def test_damage_that_no_type_keeps_out_stops_nobody_else(store: Store, clock: Clock, damage: str) -> None:
    bench = Bench(store, clock, source(), source("hill"))
    bench.look()
    clock.wait(hours=1)
    bench.look()
    assert len(bench.engine.given) == 2
    with store.begin() as unit:
        unit.connection.execute(text(damage))
    bench.engine.held = [fire for fire in bench.engine.held if fire.source_id == "hill"]
    bench.finish()
    clock.wait(hours=1)
    for _ in range(2):
        bench.look()
    assert [fire.source_id for fire in bench.engine.given].count("hill") == 2
    store.transact(lambda unit: store.schedules.change(unit, "valley", None, clock.now()))
    store.transact(lambda unit: store.schedules.resume(unit, "valley", clock.now()))
    assert not store.schedules.all()["valley"].damage
    assert len(store.schedules.fires("hill")) == 2


@pytest.mark.fault(38)
@pytest.mark.parametrize("how", ["off", "gone", "paused"])
def test_what_may_not_run_any_more_is_stopped(store: Store, clock: Clock, how: str) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    clock.wait(hours=1)
    bench.look()
    if how == "off":
        bench.sources["valley"] = source().model_copy(update={"enabled": False})
    elif how == "gone":
        bench.sources.clear()
    else:
        store.transact(lambda unit: store.schedules.pause(unit, "valley", "ada", "they asked", clock.now()))
    bench.look()
    (stopped,) = bench.engine.stopped
    assert stopped == (
        "valley",
        {
            "off": "the source is switched off",
            "gone": "there is no such source any more",
            "paused": "paused by ada: they asked",
        }[how],
    )
    bench.finish()
    clock.wait(hours=5)
    assert bench.look() == ["11-02T13:00"]


def test_after_a_pause_fires_count_from_then_on(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    store.transact(lambda unit: store.schedules.pause(unit, "valley", "ada", "", clock.now()))
    clock.wait(hours=5)
    assert bench.look() == []
    store.transact(lambda unit: store.schedules.resume(unit, "valley", clock.now()))
    assert bench.look() == []
    clock.wait(hours=1)
    assert bench.look() == ["11-02T18:00"]


def test_run_now_is_one_run_at_once_and_waits_for_the_one_at_work(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source())
    bench.look()
    ask = partial(store.schedules.request, source_id="valley", by="ada", now=clock.now())
    store.transact(ask)
    assert bench.look() == ["11-02T12:00"]
    assert bench.look() == ["11-02T12:00"]
    store.transact(ask)
    assert bench.look() == ["11-02T12:00"]
    bench.finish()
    clock.wait(minutes=1)
    assert bench.look() == ["11-02T12:00", "11-02T12:01"]


def test_quiet_hours_are_waited_for(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source(quiet=("12:30-14:30",)))
    bench.look()
    for _ in range(149):
        clock.wait(minutes=1)
        assert bench.look() == []
    clock.wait(minutes=1)
    assert bench.look() == ["11-02T14:00"]


def test_changed_rules_hold_from_then_on(store: Store, clock: Clock) -> None:
    bench = Bench(store, clock, source(cron="0 9 * * *"))
    bench.look()
    rules = ScheduleRules(cron="*/30 * * * *")
    store.transact(lambda unit: store.schedules.change(unit, "valley", rules, clock.now()))
    assert bench.look() == []
    clock.wait(minutes=30)
    assert bench.look() == ["11-02T12:30"]
    bench.finish()
    store.transact(lambda unit: store.schedules.change(unit, "valley", None, clock.now()))
    clock.wait(hours=20)
    assert bench.look() == ["11-02T12:30"]
    clock.wait(hours=1)
    assert bench.look() == ["11-02T12:30", "11-03T09:00"]


def left_behind(store: Store, clock: Clock, outcome: RunOutcome | None) -> Bench:
    """A second scheduler, after the first was killed with a Run of this outcome; None: still at work."""
    one = Bench(store, clock, source())
    one.look()
    clock.wait(hours=1)
    one.look()
    (fire,) = one.engine.given
    assert store.transact(lambda unit: store.schedules.start(unit, fire, "r1"))
    store.transact(lambda unit: store.runs.open(unit, "valley", "r1", ELSEWHERE, clock.now(), 60, lambda owner: True))
    if outcome:
        store.transact(lambda unit: store.runs.close(unit, "r1", outcome, {}, [], clock.now()))
    two = Bench(store, clock, source(), name="two")
    two.look()
    clock.wait(seconds=11)
    return two


def test_an_interrupted_run_is_taken_up_at_once(store: Store, clock: Clock) -> None:
    two = left_behind(store, clock, RunOutcome.INTERRUPTED)
    assert two.look() == ["11-02T13:00"]
    assert "taken up again" in two.told[-1]
    two.finish()
    assert two.look() == ["11-02T13:00"]
    assert store.schedules.fires("valley")[0].state is FireState.DONE


@pytest.mark.parametrize("outcome", [RunOutcome.SUCCEEDED, RunOutcome.DEGRADED, RunOutcome.FAILED])
def test_a_run_that_ended_is_not_done_again(store: Store, clock: Clock, outcome: RunOutcome) -> None:
    two = left_behind(store, clock, outcome)
    assert two.look() == []
    (fire,) = store.schedules.fires("valley")
    assert (fire.state, fire.note) == (FireState.DONE, outcome.value)


def test_a_run_that_is_still_at_work_is_waited_for(store: Store, clock: Clock) -> None:
    two = left_behind(store, clock, None)
    assert two.look() == []
    clock.wait(seconds=70)  # its lease runs out: it is dead
    assert two.look() == ["11-02T13:00"]


def test_a_fire_waits_for_a_run_that_came_before_its_own(store: Store, clock: Clock) -> None:
    two = left_behind(store, clock, RunOutcome.INTERRUPTED)
    store.transact(lambda unit: store.runs.open(unit, "valley", "r2", ELSEWHERE, clock.now(), 60, lambda owner: True))
    assert two.look() == []
    assert store.schedules.fires("valley")[0].run_id == "r2"
    store.transact(lambda unit: store.runs.close(unit, "r2", RunOutcome.SUCCEEDED, {}, [], clock.now()))
    assert two.look() == []
    assert store.schedules.fires("valley")[0].note == "succeeded"


def test_the_one_that_leads_ends_overrides_with_their_last_day(store: Store, clock: Clock) -> None:
    page = make_record(status="free")
    store.transact(lambda unit: store.records.save(unit, [page], run_id=None, now=clock.now()))
    about = {"id": 0, "record_id": page.id, "status": "subscription", "by": "ann", "reason": "I asked"}
    wanted = Override.model_validate(about | {"at": clock.now(), "until": clock.now().date()})
    store.transact(lambda unit: store.overrides.set(unit, wanted))
    bench, standby = Bench(store, clock), Bench(store, clock, name="two")
    bench.look()
    clock.wait(days=1)
    standby.look()
    assert store.records.verdicts(page.id)[-1].status == "subscription"
    bench.look()
    assert store.records.verdicts(page.id)[-1].status == "free"
    assert f"the override on record {page.id}" in bench.told[-1]
