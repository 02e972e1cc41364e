"""Opening, refusing, checking, and one writer at a time."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest
from made import make_record
from sqlalchemy import create_engine
from tenacity import Retrying

import storage.sqlite
from harvester.errors import StorageError
from harvester.model.run import ChangeKind
from storage import migrations, tables
from storage.store import Store


def file_of(database: str) -> Path:
    return Path(database.removeprefix("sqlite:///"))


def fill(store: Store, now: datetime, count: int = 300) -> None:
    with store.begin() as unit:
        store.records.save(unit, [make_record(n) for n in range(count)], run_id=None, now=now)


class TestOpening:
    def test_a_new_database_is_sound_and_up_to_date(self, database: str) -> None:
        with Store.open(database, migrate=True) as store:
            assert store.check() == []
            assert store.upgrade() == []
            assert store.changes.head() == 0

    def test_a_new_file_is_private(self, sqlite: str) -> None:
        Store.open(sqlite, migrate=True).close()
        assert file_of(sqlite).stat().st_mode & 0o777 == 0o600
        assert file_of(sqlite).parent.stat().st_mode & 0o777 == 0o700

    def test_without_leave_to_migrate_nothing_is_created(self, database: str) -> None:
        for _ in range(2):
            with pytest.raises(StorageError, match="harvester db upgrade"):
                Store.open(database)

    @pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "sqlite://", "nonsense"])
    def test_another_kind_of_database_is_refused_without_its_password(self, url: str) -> None:
        with pytest.raises(StorageError, match="sqlite:///") as refusal:
            Store.open(url)
        assert "secret" not in str(refusal.value)

    @pytest.mark.fault(24)
    def test_a_newer_schema_is_refused(self, database: str) -> None:
        with Store.open(database, migrate=True) as store, store.begin() as unit:
            unit.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        for migrate in (False, True):
            with pytest.raises(StorageError, match=r"9999.*newer"):
                Store.open(database, migrate=migrate)

    def test_an_older_schema_asks_for_the_upgrade(self, sqlite: str) -> None:
        file_of(sqlite).parent.mkdir()
        sqlite3.connect(file_of(sqlite)).close()
        file_of(sqlite).touch()
        with pytest.raises(StorageError, match="harvester db upgrade"):
            Store.open(sqlite)

    @pytest.mark.fault(19)
    def test_a_place_below_a_file_is_refused_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(StorageError, match=f"{tmp_path}/file"):
            Store.open(f"sqlite:///{tmp_path}/file/harvester.sqlite", migrate=True)

    @pytest.mark.fault(19)
    def test_a_folder_of_another_user_is_refused_by_name(self, tmp_path: Path) -> None:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        refusal = _as_nobody(f"sqlite:///{locked}/harvester.sqlite", tmp_path)
        assert str(locked) in refusal and "cannot write" in refusal
        assert list(locked.iterdir()) == []


class TestDamage:
    @pytest.mark.fault(20)
    @pytest.mark.parametrize("place", [0, 16, 100, 4096, 3 * 4096])
    def test_flipped_bytes_are_refused_and_the_file_is_left_as_it_is(
        self, sqlite: str, now: datetime, place: int
    ) -> None:
        with Store.open(sqlite, migrate=True) as store:
            fill(store, now)
        data = bytearray(file_of(sqlite).read_bytes())
        data[place : place + 64] = bytes(byte ^ 0xFF for byte in data[place : place + 64])
        file_of(sqlite).write_bytes(data)
        for migrate in (False, True):
            with pytest.raises(StorageError, match="damaged") as refusal:
                Store.open(sqlite, migrate=migrate)
            assert "backup" in refusal.value.remedy and str(file_of(sqlite)) in str(refusal.value)
        assert file_of(sqlite).read_bytes() == data

    def test_another_file_is_never_taken_for_a_new_database(self, sqlite: str) -> None:
        file_of(sqlite).parent.mkdir()
        file_of(sqlite).write_text("precious")
        with pytest.raises(StorageError, match="damaged"):
            Store.open(sqlite, migrate=True)
        assert file_of(sqlite).read_text() == "precious"

    def test_opening_it_once_more_takes_no_locks_from_who_has_it_open(self, sqlite: str) -> None:
        """Else another process that closes it takes itself for the last one, and removes the log that we write to."""
        other = f"from storage.store import Store; Store.open({sqlite!r}).close()"
        with Store.open(sqlite, migrate=True) as store:
            store.secret("one")
            Store.open(sqlite).close()
            subprocess.run([sys.executable, "-c", other], check=True)
            assert file_of(f"{sqlite}-wal").exists()
            two = store.secret("two")
            with Store.open(sqlite) as again:
                assert again.secret("two") == two

    def test_check_names_broken_references_and_a_log_without_its_end(self, sqlite: str, now: datetime) -> None:
        with Store.open(sqlite, migrate=True) as store:
            fill(store, now, 3)
            with sqlite3.connect(file_of(sqlite)) as raw:
                raw.execute("DELETE FROM records WHERE publisher_id = '1'")
                raw.execute("DELETE FROM changes WHERE seq = 3")
            raw.close()
            problems = "\n".join(store.check())
        assert "points to nothing in records" in problems
        assert "last entry is 2, head says 3" in problems


class TestUnit:
    def test_an_exception_leaves_nothing_behind(self, store: Store, now: datetime) -> None:
        with pytest.raises(ZeroDivisionError), store.begin() as unit:
            store.records.save(unit, [make_record(1)], run_id=None, now=now)
            store.changes.append(unit, [("x", ChangeKind.MERGED, 1)], now)
            raise ZeroDivisionError
        assert list(store.records.iter()) == []
        assert store.changes.head() == 0

    def test_a_reader_sees_no_half_of_it(self, store: Store, now: datetime) -> None:
        with store.begin() as unit:
            store.records.save(unit, [make_record(1)], run_id=None, now=now)
            assert list(store.records.iter()) == []
        assert len(list(store.records.iter())) == 1

    @pytest.mark.fault(15)
    def test_a_writer_waits_for_another_and_loses_nothing(self, sqlite: str, now: datetime) -> None:
        store = Store.open(sqlite, migrate=True)
        blocker = sqlite3.connect(file_of(sqlite), isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=fill, args=(store, now, 10))
        writer.start()
        writer.join(1)
        assert writer.is_alive()
        blocker.execute("COMMIT")
        writer.join()
        blocker.close()
        assert len(list(store.records.iter())) == 10
        store.close()

    @pytest.mark.fault(15)
    def test_waiting_past_the_busy_time_tries_again(
        self, sqlite: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        blocker_at, patiently = file_of(sqlite), storage.sqlite._patiently

        def in_vain_once() -> Retrying:
            blocker.execute("COMMIT")
            return patiently()

        with Store.open(sqlite, migrate=True, busy_s=0.2) as store:
            blocker = sqlite3.connect(blocker_at, isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")
            with monkeypatch.context() as patched:
                patched.setattr(storage.sqlite, "_patiently", in_vain_once)
                fill(store, now, 10)
            blocker.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError, match="another process keeps it locked"):
                fill(store, now, 20)
            blocker.close()
            assert len(list(store.records.iter())) == 10

    @pytest.mark.fault(13)
    def test_a_full_disk_is_named_and_nothing_is_half_written(self, sqlite: str, now: datetime) -> None:
        store = Store.open(sqlite, migrate=True)
        fill(store, now, 5)
        with pytest.raises(StorageError, match="full") as refusal, store.begin() as unit:
            pages = unit.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            unit.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            store.records.save(unit, [make_record(n) for n in range(100)], run_id=None, now=now)
        assert "room" in refusal.value.remedy
        assert len(list(store.records.iter())) == 5
        store.close()


class TestMigrations:
    def test_they_make_exactly_the_tables_of_the_code(self, sqlite: str, tmp_path: Path) -> None:
        Store.open(sqlite, migrate=True).close()
        engine = create_engine(f"sqlite:///{tmp_path}/straight.sqlite")
        tables.metadata.create_all(engine)
        engine.dispose()
        migrated, straight = _schema(file_of(sqlite)), _schema(tmp_path / "straight.sqlite")
        migrated.pop("alembic_version")
        migrated = {name: shape for name, shape in migrated.items() if not name.startswith("search_words")}
        assert migrated == straight

    def test_the_list_of_revisions_is_that_of_the_folder(self) -> None:
        from alembic.script import ScriptDirectory

        script = ScriptDirectory(str(Path(migrations.__file__).parent))
        assert tuple(s.revision for s in reversed(list(script.walk_revisions()))) == migrations.REVISIONS

    @pytest.mark.fault(5)
    def test_a_killed_upgrade_leaves_all_or_nothing(self, sqlite: str) -> None:
        done = subprocess.run([sys.executable, "-c", _DYING_UPGRADE, sqlite], cwd=_ROOT, check=False)
        assert done.returncode == -9
        with sqlite3.connect(file_of(sqlite)) as raw:
            assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        raw.close()
        with Store.open(sqlite, migrate=True) as store:
            assert store.check() == []


def test_the_spool_loads_no_database() -> None:
    code = "import sys, storage.spool; print([m for m in sys.modules if m.split('.')[0] in {'sqlalchemy', 'warcio'}])"
    done = subprocess.run([sys.executable, "-c", code], cwd=_ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_reading_records_loads_neither_alembic_nor_warc(sqlite: str) -> None:
    Store.open(sqlite, migrate=True).close()
    code = (
        "import sys; from storage.store import Store\nwith Store.open(sys.argv[1]) as s: list(s.records.iter())\n"
        "print([m for m in sys.modules if m in {'alembic', 'warcio', 'psycopg', 'sqlalchemy.orm'}])"
    )
    done = subprocess.run([sys.executable, "-c", code, sqlite], cwd=_ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


_ROOT = Path(__file__).parents[2]
_DYING_UPGRADE = """
import os, sys
from sqlalchemy import event
from storage.store import Store
from storage.database import Database

def die(_conn, _cursor, statement, *_):
    if "CREATE TABLE records" in statement:
        os.kill(os.getpid(), 9)

opened = Database.__init__
def watched(self, *given):
    opened(self, *given)
    event.listen(self._engine, "before_cursor_execute", die)

Database.__init__ = watched
Store.open(sys.argv[1], migrate=True)
"""


def _schema(path: Path) -> dict[str, list[object]]:
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    found: dict[str, list[object]] = {}
    for name in names:
        found[name] = [
            connection.execute(f"PRAGMA {what}({name})").fetchall() for what in ("table_info", "foreign_key_list")
        ]
        indexes = connection.execute(f"PRAGMA index_list({name})").fetchall()
        found[name].append(
            sorted((i[1], i[2], str(connection.execute(f"PRAGMA index_info({i[1]})").fetchall())) for i in indexes)
        )
        sql = connection.execute("SELECT sql FROM sqlite_master WHERE name=?", [name]).fetchone()[0]
        found[name].append("WITHOUT ROWID" in sql)
    connection.close()
    return found


def _as_nobody(url: str, above: Path) -> str:
    """What opening says to a user that may not write; forks when this process is root, whom nothing stops."""
    if os.geteuid() != 0:
        with pytest.raises(StorageError) as refusal:
            Store.open(url, migrate=True)
        return str(refusal.value)
    for folder in (above, *above.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
        if folder.name.startswith("pytest-of-"):
            break
    Store.open(f"sqlite:///{above}/first.sqlite", migrate=True).close()  # the other user may not read our modules
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(65534)
            Store.open(url, migrate=True)
        except BaseException as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return answer.read()
