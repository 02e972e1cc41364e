"""Real services on one database: each fire once, one leads, the other takes over, nothing is lost or left behind."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from exposition import OPENMETRICS, scrape, table
from serving import House, Serve, until

from harvester.model.run import RunOutcome
from harvester.model.schedule import FireState
from harvester.sample.server import Publisher, serve
from storage.store import Store

SOURCES = {"cahiers-orvaliens", "halvern-review"}
SLOW = "halvern-review"

# A service takes seconds of the processor to start. What differs between the engines, tests of one process prove.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serve() as found:
        yield found


@contextmanager
def at_work(house: House) -> Iterator[Serve]:
    service = Serve(house)
    try:
        yield service
    finally:
        service.process.kill()
        service.process.wait()


def overdue(store: Store, names: set[str]) -> None:
    """As if these Sources had been waiting for two days."""
    before = datetime.now(UTC) - timedelta(days=2)
    store.transact(lambda unit: store.schedules.begin(unit, names, before))


def done(store: Store, name: str) -> int:
    return sum(fire.state is FireState.DONE for fire in store.schedules.fires(name))


def articles(publisher: Publisher) -> Counter[str]:
    return Counter(one.path for one in publisher.log if "article" in one.path)


@pytest.mark.fault(28, 29)
@ON_POSTGRESQL
def test_two_services_do_each_fire_once_and_one_takes_over(
    store: Store, database: str, publisher: Publisher, tmp_path: Path
) -> None:
    overdue(store, SOURCES)
    house = House(tmp_path, database, publisher)
    with at_work(house) as one, at_work(house) as two:
        until(lambda: all(done(store, name) for name in SOURCES))
        leader, standby = (one, two) if one.leads() else (two, one)
        assert f"scheduler {leader.process.pid} on " in standby.wait_for("standby: ")
        assert not standby.leads()
        runs = store.runs.list()
        assert {run.source_id for run in runs} == SOURCES
        assert len(runs) == 2
        assert all(run.outcome is RunOutcome.SUCCEEDED for run in runs), runs
        assert all(len(store.schedules.fires(name)) == 1 for name in SOURCES)
        assert max(articles(publisher).values()) == 1
        assert standby.get("/healthz") == (200, {"status": "good", "database": "good", "loop": "good"})
        status, ready = standby.get("/readyz")
        assert (status, ready["status"], ready["schema"]) == (200, "good", "good")
        assert ready["scheduler"] == f"standby: scheduler {leader.process.pid} on {ready['scheduler'].split()[4]} leads"
        both_tell_every_metric_of_the_readme(store, leader, standby)
        leader.kill()
        until(standby.leads)
        assert house.harvester("schedule", "run", SLOW).returncode == 0
        until(lambda: done(store, SLOW) == 2)
        standby.stop()


def both_tell_every_metric_of_the_readme(store: Store, leader: Serve, standby: Serve) -> None:
    hold = datetime.now(UTC) + timedelta(hours=1)
    store.transact(lambda unit: store.hosts.hold(unit, "held.example", hold, "asked to"))
    one, two = scrape(leader.url), scrape(standby.url, OPENMETRICS)
    assert one.families == two.families == table()
    assert (one.samples["harvester_leader"], two.samples["harvester_leader"]) == (1, 0)
    for name in (
        "harvester_page_visits_total",
        "harvester_runs_total",
        "harvester_records",
        "harvester_verdicts_total",
    ):
        assert one.of(name) == two.of(name)
    (run,) = store.runs.list(SLOW)
    assert one.of("harvester_page_visits_total")[f"ok {SLOW}"] == run.counts["ok"]
    kept = sum(1 for record in store.records.iter(source_id=SLOW) if record.deleted_at is None)
    assert sum(count for key, count in one.of("harvester_records").items() if key.endswith(SLOW)) == kept > 0
    assert one.of("harvester_source_lag_seconds") == dict.fromkeys(SOURCES, 0)
    assert not any(one.of("harvester_scrape_failed").values())


@pytest.mark.fault(7)
@ON_SQLITE
def test_a_killed_service_leaves_nothing_at_work_and_the_next_goes_on(
    store: Store, database: str, publisher: Publisher, tmp_path: Path
) -> None:
    overdue(store, {SLOW})
    house = House(tmp_path, database, publisher, delay=0.4)
    with at_work(house) as service:
        until(lambda: len(articles(publisher)) >= 3)
        service.kill()
    until(lambda: store.runs.list()[0].outcome is RunOutcome.INTERRUPTED)
    (fire,) = store.schedules.fires(SLOW)
    assert fire.state is FireState.RUNNING
    until(lambda: not house.at_work())
    with at_work(house) as service:
        service.wait_for("taken up again")
        until(lambda: done(store, SLOW) == 1)
        assert len(store.schedules.fires(SLOW)) == 1
        assert [run.outcome for run in store.runs.list()] == [RunOutcome.SUCCEEDED, RunOutcome.INTERRUPTED]
        assert max(articles(publisher).values()) == 1
        service.stop()


@pytest.mark.fault(2, 38)
@ON_SQLITE
def test_a_source_that_is_switched_off_stops_and_so_does_the_service(
    store: Store, database: str, publisher: Publisher, tmp_path: Path
) -> None:
    overdue(store, SOURCES)
    house = House(tmp_path, database, publisher, delay=0.5)
    with at_work(house) as service:
        until(lambda: len(articles(publisher)) >= 3 and {run.source_id for run in store.runs.list()} == SOURCES)
        path = house.seeds / "sources" / f"{SLOW}.toml"
        path.write_text("enabled = false\n" + path.read_text("utf-8"), "utf-8")
        until(lambda: done(store, SLOW) == 1)
        assert store.schedules.fires(SLOW)[0].note == "stopped: the source is switched off"
        assert store.runs.list(SLOW)[0].outcome is RunOutcome.INTERRUPTED
        service.stop()
    assert all(run.outcome is not RunOutcome.RUNNING for run in store.runs.list())
    assert all(record.deleted_at is None for record in store.records.iter())


@pytest.mark.fault(10, 28)
@ON_POSTGRESQL
def test_a_leader_that_is_suspended_wakes_up_as_standby(
    store: Store, database: str, publisher: Publisher, tmp_path: Path
) -> None:
    house = House(tmp_path, database, publisher)
    with at_work(house) as one:
        one.wait_for(" leader")
        with at_work(house) as two:
            two.wait_for("standby: ")
            one.process.send_signal(signal.SIGSTOP)
            until(two.leads)
            one.process.send_signal(signal.SIGCONT)
            one.wait_for(f"standby: scheduler {two.process.pid} on ")
            assert two.get("/readyz")[1]["scheduler"] == "leader"
