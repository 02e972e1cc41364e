"""The archive replayed by workers: file by file, the same records as when it is read in one place, each file once."""

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgres
import psycopg
import pytest
from serving import until
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.errors import UsageError
from harvester.model.record import meaning
from harvester.model.run import RunKind, RunOutcome
from harvester.model.source import Source
from harvester.queue.hands import Hands
from harvester.queue.queue import REPLAY_TASK, TASK, Queue
from harvester.run import run_source
from harvester.run.lease import is_alive, this_process
from harvester.run.replay import REST
from harvester.sample import Publisher, seeds, serve
from harvester.scheduling import replaying as room
from harvester.scheduling.clock import SystemClock
from harvester.scheduling.replaying import Replaying
from harvester.scheduling.worker import Worker
from harvester.settings import Settings
from harvester.sources import load
from storage.store import Store

FIRST, SECOND = "halvern-review", "cahiers-orvaliens"
IDLE = {"at_work": 0, "waiting": 0}


@dataclass
class Place:
    """A data folder, its database and its seed files."""

    settings: Settings

    def harvest(self, name: str, limit: int | None = None) -> None:
        source = load(self.settings.seeds_dir, private_allow=self.settings.private_allow).get(name)
        with Store.open(self.settings.database_url, migrate=True) as store:
            assert run_source(store, source, self.settings, limit=limit).outcome is not RunOutcome.FAILED

    def replay(self, *words: str) -> list[dict[str, object]]:
        told = {
            "HARVESTER_SEEDS_DIR": str(self.settings.seeds_dir),
            "HARVESTER_DATABASE_URL": self.settings.database_url,
            "HARVESTER_PRIVATE_ALLOW": ",".join(self.settings.private_allow),
        }
        words = ("--data", str(self.settings.data_dir), "replay", "--json", *words)
        done = CliRunner().invoke(app, words, env=told, catch_exceptions=False)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def copy(self, server: postgres.Postgres, folder: Path) -> "Place":
        """The same again, with a database of its own."""
        shutil.copytree(self.settings.data_dir, folder)
        url = self.settings.database_url
        name = url.partition("@/")[2].partition("?")[0]
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
        more = {"data_dir": folder, "database_url": server.url(f"{name}_copy")}
        return Place(self.settings.model_copy(update=more))

    def records(self) -> dict[str, object]:
        with Store.open(self.settings.database_url) as store:
            assert store.check() == []
            found = [*store.records.iter()]
            return {
                one.id: (one.revision, meaning(one), one.provenance.source_digest, one.provenance.warc_offset)
                for one in found
            }


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serve() as running:
        yield running


@contextmanager
def at_work(one: Worker | Hands) -> Iterator[None]:
    """A worker, or only its hands, in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.slow
def test_workers_make_the_same_of_the_archive_file_by_file(
    postgresql: postgres.Postgres, publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WAIT", timedelta(seconds=0.2))
    seeds(tmp_path / "seeds", publisher)
    place = Place(
        Settings(
            data_dir=tmp_path / "data",
            database_url=postgresql.ready(),
            seeds_dir=tmp_path / "seeds",
            private_allow=(publisher.host,),
            contact="desk@harvest.example",
        )
    )
    place.harvest(FIRST, limit=4)
    place.harvest(FIRST)
    place.harvest(SECOND)
    here = place.copy(postgresql, tmp_path / "copy")
    platform = tmp_path / "seeds" / "platforms" / "sample-marked.toml"
    text = platform.read_text("utf-8").replace('slots = [".access-box"]', "slots = []")
    platform.write_text(text.replace("outside = [", 'outside = [".access-box", '), "utf-8")
    publisher.log.clear()
    before = place.records()
    here.replay()
    with Store.open(place.settings.database_url) as store, Queue(place.settings.database_url) as queue:
        now = datetime.now(UTC)
        store.transact(lambda unit: store.runs.open(unit, SECOND, "r1", this_process(), now, 600, is_alive))
        assert [(one["source"], one["files"], one["queued"]) for one in place.replay("--queue")] == [
            (SECOND, 1, 2),
            (FIRST, 2, 3),
        ]
        assert [(one["queued"], one["waiting_already"]) for one in place.replay("--queue")] == [(0, 2), (0, 3)]
        assert queue.hosts() == frozenset()
        told: list[str] = []
        one, two = (Worker(store, place.settings, 1, told.append) for _ in range(2))
        with at_work(one), at_work(two):
            until(lambda: _tries(place.settings.database_url) > 1 and _replays(store, FIRST) == 3)
            assert _replays(store, SECOND) == 0
            store.transact(lambda unit: store.runs.close(unit, "r1", RunOutcome.INTERRUPTED, {}, [], now))
            until(lambda: queue.counts() == IDLE)
        assert _replays(store, SECOND) == 2
        files = [line for line in told if f"source {FIRST}" in line]
        assert all("succeeded" in line for line in files)
    assert place.records() == here.records() != before
    assert publisher.log == []


def _replays(store: Store, source: str) -> int:
    runs = store.runs.list(source)
    return sum(run.kind is RunKind.REPLAY and run.outcome is RunOutcome.SUCCEEDED for run in runs)


def _tries(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT coalesce(max(attempts), 0) FROM queue.procrastinate_jobs").fetchone()
        return int(row[0]) if row else 0


def test_the_files_of_a_source_keep_their_order_and_what_is_in_none_comes_last(postgresql: postgres.Postgres) -> None:
    """Also when files are put in later, and when one is tried again; a host comes first."""
    tries: list[str] = []

    def replay(source: str, file: str) -> datetime | None:
        tries.append(file)
        return datetime.now(UTC) if tries.count(file) < 2 else None

    url = postgresql.database()

    def harvest(host: str) -> None:
        tries.append(host)

    with Queue(url) as queue:
        assert queue.put_replay("a", ["a/1", "a/2"], REST) == 3
        assert queue.put_replay("a", ["a/1", "a/2", "a/3", "a/4"], REST) == 2
        assert queue.put("replay.example")
        assert queue.counts() == {"at_work": 0, "waiting": 1, "replays_at_work": 0, "replays_waiting": 5}
        assert queue.hosts() == {"replay.example"}
        with at_work(Hands(url, 1, {TASK: harvest, REPLAY_TASK: replay}, tries.append)):
            until(lambda: queue.counts() == IDLE)
    assert tries == ["replay.example", *(name for name in ("a/1", "a/2", "a/3", "a/4", REST) for _ in range(2))]


class Ended:
    """A Run that ends with `code` and no outcome as soon as it is asked to, or at once."""

    code = -9
    last_words = "Killed"

    def __init__(self, *_: object) -> None:
        self.asked = threading.Event()

    def ask_to_stop(self) -> None:
        self.asked.set()

    def wait(self, stop_s: float) -> int:
        return self.code


def test_what_came_to_no_end_is_done_again_and_what_always_dies_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    settings = Settings(data_dir=tmp_path)
    monkeypatch.setattr(room, "RunApart", Ended)
    with Store.open(settings.database_url, migrate=True) as store:
        sources = {"a": Source(id="a", name="a")}
        replaying = Replaying(store, settings, lambda: sources, SystemClock(), told.append)
        tried = [replaying.replay("a", "a/1") is not None for _ in range(room.TRIES)]
        assert tried == [True] * (room.TRIES - 1) + [False]
        assert "given up" in told[-1]
        assert replaying.replay("b", "b/1") is None
        assert "no seed file" in told[-1]
        monkeypatch.setattr(Ended, "code", 4)
        assert all(replaying.replay("a", "a/1") for _ in range(2 * room.TRIES)), "a source at work is waited for"
        replaying.close()
        assert replaying.replay("a", "a/1"), "put back"


def test_a_replay_at_work_when_its_worker_closes_ends_in_order_and_is_put_back(
    postgresql: postgres.Postgres, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=postgresql.ready())
    sources = {"a": Source(id="a", name="a")}
    with Store.open(settings.database_url) as store, psycopg.connect(settings.database_url) as other:
        other.execute("LOCK TABLE archive_entries")
        replaying = Replaying(store, settings, lambda: sources, SystemClock(), lambda _: None)
        with ThreadPoolExecutor(1) as threads:
            again = threads.submit(replaying.replay, "a", "a/1")
            until(lambda: _waits(other))
            replaying.close()
            assert again.result(60)
        (run,) = store.runs.list("a")
        assert (run.kind, run.outcome) == (RunKind.REPLAY, RunOutcome.INTERRUPTED)
        other.rollback()
        assert store.runs.list("a", telling=True) == [], "it says nothing about the source"


def _waits(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    row = connection.execute("SELECT bool_or(NOT granted) FROM pg_locks").fetchone()
    return bool(row and row[0])


@pytest.mark.parametrize("option", ["--dry-run", "--accept"])
def test_a_queue_is_for_work_that_nobody_watches(option: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--data", str(tmp_path), "replay", "--queue", option])
    assert isinstance(done.exception, UsageError)
    assert option in str(done.exception)


def test_a_database_that_is_a_file_has_no_queue(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--data", str(tmp_path), "replay", "--queue"])
    assert isinstance(done.exception, UsageError)
    assert "PostgreSQL" in str(done.exception)
    assert "leave --queue out" in str(done.exception)
    assert not [*tmp_path.iterdir()]
