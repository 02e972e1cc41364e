"""The queue of hosts on a real server: each host in one pair of hands, and what dead hands held comes back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import postgres
import psycopg
import pytest
from serving import until

from harvester.errors import StorageError
from harvester.queue.hands import Hands, Work
from harvester.queue.queue import TASK, Queue
from harvester.queue.schema import SCHEMA, migrations
from storage.store import Store


@pytest.fixture(scope="module")
def url(postgresql: postgres.Postgres) -> str:
    return postgresql.database()


@pytest.fixture
def queue(url: str) -> Iterator[Queue]:
    with Queue(url) as opened:
        yield opened
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {SCHEMA}.procrastinate_jobs, {SCHEMA}.procrastinate_workers CASCADE")


@contextmanager
def hands(url: str, at_once: int, work: Work) -> Iterator[list[str]]:
    """Hands at work in a thread; what they told."""
    told: list[str] = []
    stop = threading.Event()
    thread = threading.Thread(target=Hands(url, at_once, {TASK: work}, told.append).run, args=(stop,))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def test_a_host_waits_once_and_is_in_one_pair_of_hands(url: str, queue: Queue) -> None:
    at_work, most = dict.fromkeys("abc", 0), dict.fromkeys("abc", 0)
    turns: list[str] = []
    go_on = threading.Event()

    def work(host: str) -> datetime | None:
        at_work[host] += 1
        most[host] = max(most[host], at_work[host])
        assert go_on.wait(60)
        turns.append(host)
        at_work[host] -= 1
        return datetime.now(UTC) if turns.count(host) < 2 else None

    assert [queue.put(host) for host in "abca"] == [True, True, True, False]
    assert queue.counts() == {"at_work": 0, "waiting": 3}
    with hands(url, 3, work), hands(url, 3, work):
        until(lambda: queue.counts() == {"at_work": 3, "waiting": 0})
        assert queue.put("a"), "one at work may wait anew, and is found by whoever comes next"
        go_on.set()
        until(lambda: queue.counts() == {"at_work": 0, "waiting": 0})
    assert set(most.values()) == {1}
    assert {host: turns.count(host) for host in "bc"} == {"b": 2, "c": 2}
    assert turns.count("a") >= 2
    assert queue.hosts() == frozenset()


def test_a_host_is_put_off_as_long_as_its_turn_says_and_after_a_mistake(url: str, queue: Queue) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)

    def work(host: str) -> datetime:
        if host == "odd":
            raise ValueError("a mistake of ours")
        return later

    queue.put("held")
    queue.put("odd")
    with hands(url, 1, work) as told:
        until(lambda: bool(told) and queue.counts() == {"at_work": 0, "waiting": 2})
    assert told == ["host odd: ValueError: a mistake of ours"]
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"SELECT lock, scheduled_at, args FROM {SCHEMA}.procrastinate_jobs").fetchall()
    found = {host: (at, args) for host, at, args in rows}
    assert found["held"] == (later, {"host": "held"})
    assert found["odd"][0] > datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.fault(10)
def test_what_silent_hands_held_comes_back_and_is_not_theirs_any_more(url: str, queue: Queue) -> None:
    """A worker that sleeps: its loop gives no sign of life, its host goes to another, and then it wakes up."""
    asleep, first_ends = threading.Event(), threading.Event()
    turns: list[str] = []
    second_works = threading.Event()

    def first(host: str) -> None:
        turns.append("first")
        assert first_ends.wait(60)

    def second(host: str) -> None:
        turns.append("second")
        second_works.set()
        assert asleep.wait(60)

    queue.put("a")
    with hands(url, 1, first):
        until(lambda: turns == ["first"])
        assert queue.rescue() == [], "it lives"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DELETE FROM {SCHEMA}.procrastinate_workers")  # as one pruned long ago
        assert queue.rescue() in (["host a"], []), "or the hands themselves have put it back"
        until(lambda: queue.counts() == {"at_work": 0, "waiting": 1})
        with hands(url, 1, second):
            assert second_works.wait(60)
            first_ends.set()
            until(lambda: _workers(url) == 2)  # the first says that it lives, under the number it had
            assert queue.counts() == {"at_work": 1, "waiting": 0}, "what it ended was not its own"
            asleep.set()
            until(lambda: queue.counts() == {"at_work": 0, "waiting": 0})
    assert turns == ["first", "second"]


def _workers(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {SCHEMA}.procrastinate_workers").fetchone()
        return int(row[0]) if row else 0


@pytest.mark.fault(16)
def test_hands_outlive_a_server_that_crashes(postgresql: postgres.Postgres, url: str, queue: Queue) -> None:
    begun, go_on = threading.Event(), threading.Event()
    turns: list[str] = []

    def work(host: str) -> None:
        turns.append(host)
        begun.set()
        assert go_on.wait(60)

    queue.put("a")
    with hands(url, 1, work):
        assert begun.wait(60)
        postgresql.restart("immediate")
        go_on.set()
        until(lambda: _survived(queue, "b"))
        until(lambda: turns[-1] == "b" and queue.counts() == {"at_work": 0, "waiting": 0})


def _survived(queue: Queue, host: str) -> bool:
    try:
        queue.put(host)
    except StorageError:
        return False
    return True


def test_tables_of_an_older_version_are_brought_up_to_date(postgresql: postgres.Postgres) -> None:
    url = postgresql.database()
    steps = [step for step in migrations() if step.name < "03.04"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"SET search_path TO {SCHEMA}")
        for step in steps:
            connection.execute(step.read_bytes())
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{steps[-1].name} 0'")
    for _ in range(2):
        with Queue(url) as opened:
            opened.put("a")
            assert opened.counts() == {"at_work": 0, "waiting": 1}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '99.00.00_01_later.sql 1'")
    with pytest.raises(StorageError, match="newer"), Queue(url):
        pass


def test_the_queue_is_no_part_of_a_check(postgresql: postgres.Postgres) -> None:
    url = postgresql.database()
    with Store.open(url, migrate=True) as store, Queue(url) as opened:
        opened.put("a")
        assert store.check() == []
