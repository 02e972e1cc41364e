"""A worker's turns at a host: one Run each, the sources one after the other, and nothing that is not to be."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgres
import pytest
from quays import Quay, quays
from test_pool import Brief

from harvester.model.run import RunOutcome
from harvester.model.schedule import Fire, FireState
from harvester.model.source import Source
from harvester.queue.queue import Queue
from harvester.run.lease import is_alive, this_process
from harvester.scheduling import harvesting as room
from harvester.scheduling.clock import SystemClock
from harvester.scheduling.fleet import Fleet, host_of
from harvester.scheduling.worker import Worker
from harvester.settings import Settings
from harvester.sources import load
from storage.store import Store
from storage.unit import Unit


@pytest.fixture(scope="module")
def url(postgresql: postgres.Postgres) -> str:
    return postgresql.database()


class Place:
    """Two hosts with two sources each, a worker, and a scheduler's side of the queue."""

    def __init__(self, folder: Path, url: str, hosts: list[Quay], store: Store, queue: Queue) -> None:
        self.hosts, self.store, self.queue = hosts, store, queue
        self.seeds = folder / "seeds"
        for quay in hosts:
            quay.sources(self.seeds, 0, "0 0 29 2 *")
        self.settings = Settings(
            data_dir=folder / "data",
            database_url=url,
            seeds_dir=self.seeds,
            private_allow=tuple(quay.host for quay in hosts),
        )
        self.told: list[str] = []
        self.worker = Worker(store, self.settings, 1, self.told.append)
        self.fleet = Fleet(store, queue, self.settings, self.sources, SystemClock(), self.told.append)

    def sources(self) -> dict[str, Source]:
        return dict(load(self.seeds, private_allow=self.settings.private_allow).sources)

    def claim(self, name: str, minute: int) -> Fire:
        """An open fire, as a scheduler leaves it."""
        at = datetime(2026, 11, 2, 12, minute, tzinfo=UTC)
        fire = Fire(source_id=name, at=at, state=FireState.QUEUED, claimed_by="a scheduler", claimed_at=at)
        assert self.store.transact(lambda unit: self.store.schedules.claim(unit, fire))
        return fire

    def states(self) -> dict[str, str]:
        return {name: fire.state.value for name in self.sources() for fire in self.store.schedules.fires(name, 1)}


@pytest.fixture
def place(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(room, "RunApart", Brief)
    with quays(2, 1) as hosts, Store.open(url, migrate=True) as store, Queue(url) as queue:
        yield Place(tmp_path, url, hosts, store, queue)
        store.transact(lambda unit: _forget(unit, store))


def _forget(unit: Unit, store: Store) -> None:
    for fire in store.schedules.open():
        store.schedules.end(unit, fire, FireState.DONE, "", datetime.now(UTC))


def test_the_sources_of_a_host_take_turns_oldest_first(place: Place) -> None:
    place.claim("quay-0-b", 1)
    place.claim("quay-0-a", 2)
    place.claim("quay-1-a", 0)
    host = place.hosts[0].host
    assert place.worker.turn(host), "another is left"
    assert place.states() == {"quay-0-a": "queued", "quay-0-b": "done", "quay-1-a": "queued"}
    assert place.worker.turn(host) is None
    assert place.states() == {"quay-0-a": "done", "quay-0-b": "done", "quay-1-a": "queued"}
    assert place.worker.turn("nobody.example") is None


def test_a_held_host_waits_without_a_worker(place: Place) -> None:
    place.claim("quay-0-a", 3)
    host, until = place.hosts[0].host, datetime.now(UTC) + timedelta(minutes=5)
    place.store.transact(lambda unit: place.store.hosts.hold(unit, host, until, "Retry-After"))
    assert place.worker.turn(host) == until
    assert place.states()["quay-0-a"] == "queued"
    far = datetime.now(UTC) + timedelta(days=1)
    place.store.transact(lambda unit: place.store.hosts.hold(unit, host, far, "Retry-After"))
    assert place.worker.turn(host) is None, "the Run itself says that it may not"
    assert place.states()["quay-0-a"] == "done"


def test_what_rests_or_is_at_work_elsewhere_is_not_begun(place: Place) -> None:
    fire = place.claim("quay-0-a", 4)
    place.claim("quay-0-b", 5)
    now = datetime.now(UTC)
    place.store.transact(lambda unit: place.store.schedules.pause(unit, "quay-0-a", "ann", "", now))
    place.store.transact(lambda unit: place.store.runs.open(unit, "quay-0-b", "r1", this_process(), now, 60, is_alive))
    assert place.worker.turn(place.hosts[0].host), "to see what else is open"
    assert place.worker.turn(place.hosts[0].host) is None
    assert place.store.schedules.fires("quay-0-a")[0].note == "stopped before it began: paused by ann"
    assert (place.states()["quay-0-a"], place.states()["quay-0-b"]) == ("done", "queued")
    assert fire.at == place.store.schedules.fires("quay-0-a")[0].at


def test_an_orphaned_run_is_waited_for(place: Place) -> None:
    """Its worker was killed and its host put back, and it has not yet ended in order."""
    name, host, now = "quay-1-b", place.hosts[1].host, datetime.now(UTC)
    store = place.store
    fire = place.claim(name, 8)
    store.transact(lambda unit: store.runs.open(unit, name, "r2", this_process(), now, 60, is_alive))
    assert store.transact(lambda unit: store.schedules.start(unit, fire, "r2"))
    again = place.worker.turn(host)
    assert again
    assert again < datetime.now(UTC) + timedelta(minutes=1)
    store.transact(lambda unit: store.runs.close(unit, "r2", RunOutcome.INTERRUPTED, {}, [], now))
    assert place.worker.turn(host) is None
    assert place.states()[name] == "done"


@pytest.mark.fault(10)
def test_a_fire_whose_run_has_ended_does_not_wait_for_the_others_of_its_host(place: Place) -> None:
    """Its worker died, or had no database, between the end of the Run and that of the fire."""
    name, now, store = "quay-1-a", datetime.now(UTC), place.store
    fire = place.claim(name, 9)
    place.claim("quay-1-b", 10)
    store.transact(lambda unit: store.runs.open(unit, name, "r3", this_process(), now, 60, is_alive))
    assert store.transact(lambda unit: store.schedules.start(unit, fire, "r3"))
    store.transact(lambda unit: store.runs.close(unit, "r3", RunOutcome.DEGRADED, {}, [], now))
    assert place.worker.turn(place.hosts[1].host) is None
    assert (place.states()[name], place.states()["quay-1-b"]) == ("done", "done")
    assert store.schedules.fires(name, 1)[0].note == "degraded"


@pytest.mark.fault(10)
def test_a_fire_that_another_has_taken_over_is_not_begun_twice(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """One reads which fire is next and sleeps; another takes it; then the first wakes up."""
    place.claim("quay-1-a", 6)
    began: list[str] = []
    both_know = threading.Barrier(2, timeout=60)

    class Noted(Brief):
        def __init__(self, source: Source, settings: Settings, run_id: str) -> None:
            super().__init__(source, settings, run_id)
            began.append(source.id)

    def meet(worker: Worker, fire: Fire) -> bool:
        if not began:
            both_know.wait()
        return True

    monkeypatch.setattr(room, "RunApart", Noted)
    monkeypatch.setattr(Worker, "_is_free", meet)
    other = Worker(place.store, place.settings, 1, place.told.append)
    threads = [threading.Thread(target=one.turn, args=(place.hosts[1].host,)) for one in (place.worker, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert began == ["quay-1-a"]


def test_the_queue_holds_hosts_and_a_scheduler_sees_what_it_has(place: Place) -> None:
    fire = place.claim("quay-0-a", 7)
    sources = place.sources()
    assert not place.fleet.has(fire)
    place.fleet.put(fire, sources["quay-0-a"])
    assert place.fleet.has(fire)
    assert place.queue.hosts() == {place.hosts[0].host}
    place.fleet.stop("quay-0-a", "the source is switched off")
    assert place.store.schedules.fires("quay-0-a")[0].note == "stopped before it began: the source is switched off"
    assert place.fleet.counts()["waiting"] == 1
    names = {"www.press.example.org": "example.org", "journals.example.co.uk": "example.co.uk"}
    for host, registered in names.items():
        one = Source(id="x", name="x", hosts=(host, "other.example"))
        assert host_of(one, place.settings) == registered
    assert host_of(Source(id="x", name="x"), place.settings) == "source x"
