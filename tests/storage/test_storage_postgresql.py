"""What only a server can do to us: be away, crash, end connections, lose the answer to a commit."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from made import make_record
from postgres import Postgres
from sqlalchemy import event, literal, make_url, select, text

from harvester.errors import StorageError
from harvester.model.record import Contributor, Record, Relation
from storage.names import person
from storage.redacting import Request
from storage.store import Store
from storage.tables import metadata
from storage.unit import Unit


@pytest.fixture
def server(postgresql: Postgres) -> Postgres:
    return postgresql


@pytest.fixture
def url(server: Postgres) -> Iterator[str]:
    with server.lent(with_tables=False) as url:
        yield url


@pytest.fixture
def opened(url: str) -> Iterator[Store]:
    with Store.open(url, migrate=True) as store:
        yield store
        assert store.check() == []


class TestOpening:
    @pytest.mark.fault(17)
    def test_a_server_that_is_away_is_named_without_its_password(self) -> None:
        with pytest.raises(StorageError, match=r"h@127\.0\.0\.1:1/away|h:\*\*\*@127\.0\.0\.1:1/away") as refusal:
            Store.open("postgresql://h:secret@127.0.0.1:1/away", migrate=True)
        assert "start the server" in refusal.value.remedy and "secret" not in str(refusal.value)

    def test_a_database_that_is_not_there_says_how_to_make_it(self, server: Postgres) -> None:
        with pytest.raises(StorageError, match="nowhere") as refusal:
            Store.open(server.url("nowhere"), migrate=True)
        assert "createdb" in refusal.value.remedy

    def test_one_for_a_single_language_is_refused(self, server: Postgres) -> None:
        with pytest.raises(StorageError, match="LATIN1") as refusal:
            Store.open(server.database("LATIN1"), migrate=True)
        assert "UTF8" in refusal.value.remedy

    def test_two_that_make_the_schema_at_once_make_it_once(self, url: str) -> None:
        problems: list[list[str]] = []

        def begin() -> None:
            with Store.open(url, migrate=True) as store:
                problems.append(store.check())

        starting = [threading.Thread(target=begin) for _ in range(4)]
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()
        assert problems == [[]] * 4


class TestSchema:
    def test_migrations_make_exactly_the_tables_of_the_code(self, opened: Store) -> None:
        with opened.begin() as unit:
            opts = {"compare_type": True, "include_name": lambda name, *_: not str(name).startswith("search_words")}
            differences = compare_metadata(MigrationContext.configure(unit.connection, opts=opts), metadata)
        assert differences == []

    def test_text_is_compared_by_code_point_whatever_the_server_speaks(self, opened: Store) -> None:
        query = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying') AND table_name <> 'alembic_version'"
            " AND collation_name IS DISTINCT FROM 'C'"
        )
        with opened.begin() as unit:
            assert unit.connection.exec_driver_sql(query).all() == []


class TestLosing:
    @pytest.mark.fault(18)
    def test_an_ended_connection_repeats_the_whole_transaction(
        self, opened: Store, server: Postgres, url: str, now: datetime
    ) -> None:
        tries = []

        def work(unit: Unit) -> int:
            tries.append(1)
            saved = opened.records.save(unit, [make_record(n) for n in range(5)], run_id=None, now=now)
            if len(tries) == 1:
                assert server.terminate(url)
            return len([one for one in saved if one.kind])

        assert opened.transact(work) == 5
        assert len(tries) == 2 and len(list(opened.records.iter())) == 5 and opened.changes.head() == 5

    @pytest.mark.fault(16)
    def test_a_crash_of_the_server_is_waited_out(self, opened: Store, server: Postgres, now: datetime) -> None:
        crashes = []

        def work(unit: Unit) -> None:
            opened.records.save(unit, [make_record(1)], run_id=None, now=now)
            if not crashes:
                crashes.append(1)
                server.restart("immediate")

        opened.transact(work)
        assert len(list(opened.records.iter())) == 1 and opened.changes.head() == 1

    @pytest.mark.fault(16)
    def test_readers_come_back_too(self, opened: Store, server: Postgres, url: str, now: datetime) -> None:
        opened.transact(lambda unit: opened.records.save(unit, [make_record(1)], run_id=None, now=now))
        for _ in range(3):
            server.terminate(url)
            assert len(list(opened.records.iter())) == 1
        server.restart("immediate")
        assert opened.changes.head() == 1

    @pytest.mark.fault(18)
    def test_a_connection_that_ends_after_the_last_answer_spoils_no_reading(
        self, opened: Store, server: Postgres, url: str
    ) -> None:
        with opened._database.read() as snapshot:
            assert snapshot.execute(select(literal(1))).scalar() == 1
            assert server.terminate(url)
        assert opened.changes.head() == 0
        assert opened._database._engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    @pytest.mark.fault(18)
    def test_a_commit_whose_answer_is_lost_is_not_done_twice(self, url: str, tmp_path: Path, now: datetime) -> None:
        Store.open(url, migrate=True).close()
        with deaf_proxy(url, tmp_path) as (through, lost), Store.open(through) as store:
            tries = []

            def work(unit: Unit) -> None:
                tries.append(1)
                store.records.save(unit, [make_record(len(tries))], run_id=None, now=now)
                lost.clear()

            store.transact(work)
            assert lost.is_set() and len(tries) == 1
            assert [record.publisher_id for record in store.records.iter()] == ["1"]


class TestOrder:
    def test_readers_miss_nothing_of_writers_that_commit_late(self, opened: Store, url: str, now: datetime) -> None:
        writers, each, late = 8, 12, [0.0, 0.005, 0.02]
        begun, done = threading.Barrier(writers + 4), threading.Event()
        seen: list[list[int]] = []

        def write(place: int) -> None:
            with Store.open(url) as mine:
                event.listen(mine._database._engine, "commit", lambda _: time.sleep(late[place % 3]))
                begun.wait()
                for n in range(each):
                    record = make_record(100 * place + n, source_id=f"source-{place}")
                    mine.transact(lambda unit, one=record: mine.records.save(unit, [one], run_id=None, now=now))

        def follow() -> None:
            mine, last = [], 0
            with Store.open(url) as store:
                begun.wait()
                while len(mine) < writers * each and not done.is_set():
                    found = store.changes.since(last)
                    mine += [change.seq for change in found]
                    last = mine[-1] if mine else 0
            seen.append(mine)

        threads = [threading.Thread(target=write, args=(place,)) for place in range(writers)]
        followers = [threading.Thread(target=follow) for _ in range(4)]
        for thread in (*threads, *followers):
            thread.start()
        for thread in threads:
            thread.join()
        for thread in followers:
            thread.join(200)
        done.set()
        assert seen == [list(range(1, writers * each + 1))] * 4


class TestWaiting:
    """One writer has not committed yet, another must not go by what was before."""

    def test_a_record_that_a_merge_is_about_joins_the_work_that_comes_of_it(self, opened: Store, now: datetime) -> None:
        def article(source: str, **more: Any) -> Record:
            url = f"https://{source}.test/1"
            return make_record(1, source_id=source, id=source, work_id=source, url=url, **more)

        def save(*batch: Record) -> None:
            opened.transact(lambda unit: opened.records.save(unit, batch, run_id=None, now=now))

        of_late = Relation(type="isTranslationOf", target="https://late.test/1", state="resolved")
        save(article("old"))
        save(article("stating", relations=(of_late,)))
        with opened.begin() as unit:
            assert opened.works.merge(unit, "old", "stating", "seen", now)
            saving = started(opened, lambda: save(article("late")))
        saving.join()
        assert [{record.id for record in work} for work in opened.works.iter()] == [{"old", "stating", "late"}]

    def test_a_name_that_is_being_saved_is_redacted(self, opened: Store, tmp_path: Path, now: datetime) -> None:
        named = make_record(1, contributors=(Contributor(name="Ann Example", family="Example", given="Ann", order=1),))
        request = Request(person("Example", "Ann"), "asked")
        opened.transact(lambda unit: opened.records.save(unit, [make_record(1)], run_id=None, now=now))
        with opened.begin() as unit:
            opened.records.save(unit, [named], run_id=None, now=now)
            redacting = started(opened, lambda: opened.redact(request, archive=tmp_path, spool=tmp_path, now=now))
        redacting.join()
        kept = opened.records.get(named.id)
        assert kept and kept.contributors == () and "name_redacted" in kept.flags


def started(store: Store, work: Callable[[], object]) -> threading.Thread:
    """A thread that has done the work, or waits for a lock on its way."""
    thread = threading.Thread(target=work)
    thread.start()
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while thread.is_alive():
        with store.snapshot() as connection:
            if connection.execute(waiting).scalar():
                break
    return thread


@contextmanager
def deaf_proxy(url: str, folder: Path) -> Iterator[tuple[str, threading.Event]]:
    """A way to the server that breaks once, after a COMMIT reached it and before the answer came back.

    Gives the URL to use, and an event to clear when the next COMMIT is to be the one.
    """
    target = make_url(url)
    lost = threading.Event()
    lost.set()
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / ".s.PGSQL.5432"))
    server.listen()

    def accept() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(f"{target.query['host']}/.s.PGSQL.5432")
            threading.Thread(target=pump, args=(behind, client), daemon=True).start()
            threading.Thread(target=listen, args=(client, behind), daemon=True).start()

    def listen(client: socket.socket, behind: socket.socket) -> None:
        while data := _received(client):
            if b"COMMIT" in data and not lost.is_set():
                lost.set()
                client.shutdown(socket.SHUT_RDWR)
                behind.sendall(data)
                _received(behind)
                behind.close()
                return
            behind.sendall(data)
        behind.close()

    def pump(behind: socket.socket, client: socket.socket) -> None:
        while data := _received(behind):
            try:
                client.sendall(data)
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield target.set(query={"host": str(folder)}).render_as_string(hide_password=False), lost
    finally:
        server.close()


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65_536)
    except OSError:
        return b""
