"""Backup and restore: the same store again, on either engine."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from made import make_record
from postgres import Postgres

from harvester.errors import StorageError, UsageError
from storage.archive_index import ArchiveEntry
from storage.backup import backup, restore
from storage.pointer import Pointer
from storage.store import Store
from storage.tables import metadata


def told(_table: str, _rows: int) -> None:
    """Nobody listens."""


@pytest.fixture
def filled(store: Store, now: datetime) -> Store:
    def fill(unit):  # type: ignore[no-untyped-def]
        store.records.save(unit, [make_record(n, doi=f"10.1000/{n}") for n in range(1200)], run_id="r", now=now)
        store.archive_index.add(unit, [ArchiveEntry("alpha", "https://x.test/", Pointer("alpha/r", 2**33, 9), now)])
        store.pages.discover(unit, "alpha", [("https://x.test/1", now)], now)
        store.hosts.take_turn(unit, "x.test", "someone", 1, 60, now)

    store.transact(fill)
    later = now + timedelta(days=1)
    changed = [make_record(n, doi=f"10.1000/{n}", status="free") for n in range(5)]
    store.transact(lambda unit: store.records.save(unit, changed, run_id="r2", now=later))
    return store


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    server: Postgres | None = (request.param == "postgresql" and request.getfixturevalue("postgresql")) or None
    with Store.open(server.database() if server else f"sqlite:///{tmp_path}/other.db", migrate=True) as opened:
        yield opened


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.snapshot() as connection:
        tables = {name: connection.execute(table.select()).all() for name, table in metadata.tables.items()}
    return {name: sorted((tuple(row) for row in rows), key=repr) for name, rows in tables.items()}


def test_what_is_restored_is_what_was_backed_up(filled: Store, empty: Store, tmp_path: Path, now: datetime) -> None:
    backup(filled, tmp_path / "b.sqlite", now, told)
    restore(empty, tmp_path / "b.sqlite", now, told)
    filled.search.catch_up()
    before, after = everything(filled), everything(empty)
    assert [row[2] for row in before.pop("hosts")] == ["someone"]
    assert [row[2] for row in after.pop("hosts")] == [None]
    assert before == after and len(after["records"]) == 1200 and len(after["verdicts"]) == 1205
    assert empty.check() == []
    changed = [make_record(n, doi=f"10.1000/{n}", status="open") for n in range(5)]
    empty.transact(lambda unit: empty.records.save(unit, changed, run_id=None, now=now))
    assert empty.changes.head() == filled.changes.head() + 5
    assert len(empty.records.verdicts(make_record(1).id)) == 3


def test_a_backup_is_one_private_file_and_a_database_of_its_own(filled: Store, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "backups").mkdir()
    path = tmp_path / "backups" / "b.sqlite"
    backup(filled, path, now, told)
    assert [one.name for one in path.parent.iterdir()] == ["b.sqlite"]
    assert path.stat().st_mode & 0o777 == 0o600
    with Store.open(f"sqlite:///{path}") as opened:
        assert [one.id for one in opened.records.iter()] == [one.id for one in filled.records.iter()]


def test_nothing_is_written_over(filled: Store, tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "b.sqlite"
    backup(filled, path, now, told)
    with pytest.raises(UsageError, match="there already"):
        backup(filled, path, now, told)
    with pytest.raises(UsageError, match="not empty"):
        restore(filled, path, now, told)
    with pytest.raises(UsageError, match="no folder"):
        backup(filled, tmp_path / "nowhere" / "b.sqlite", now, told)


def test_a_file_that_is_none_restores_nothing(store: Store, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(UsageError, match="no file"):
        restore(store, tmp_path / "absent", now, told)
    (tmp_path / "torn").write_bytes(b"SQLite format 3\x00" + bytes(50))
    with pytest.raises(StorageError, match="damaged"):
        restore(store, tmp_path / "torn", now, told)
    assert list(store.records.iter()) == []
