"""Backups taken while a harvest runs, restored elsewhere, and the harvest that goes on from there."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from postgres import Postgres
from press import PAGES, PATIENCE_S, Press, assert_whole, start

from harvester.model.run import RunOutcome
from harvester.model.source import Source
from harvester.run import run_source
from harvester.settings import Settings
from storage.backup import backup, restore
from storage.store import Store


def silent(_table: str, _rows: int) -> None:
    """No progress."""


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Settings:
    """Another machine's settings."""
    server: Postgres | None = (request.param == "postgresql" and request.getfixturevalue("postgresql")) or None
    url = server.database() if server else f"sqlite:///{tmp_path}/elsewhere/harvester.db"
    return settings.model_copy(update={"data_dir": tmp_path / "elsewhere", "database_url": url})


@pytest.mark.fault(26)
def test_a_harvest_goes_on_from_a_backup_made_in_its_middle(
    store: Store, source: Source, settings: Settings, press: Press, elsewhere: Settings, tmp_path: Path
) -> None:
    press.at_once = 20
    running = start(settings, source, press)
    while not store.changes.head():
        assert running.poll() is None
        time.sleep(0.02)
    backup(store, tmp_path / "middle.sqlite", datetime.now(UTC), silent)
    shutil.copytree(settings.data_dir / "archive", elsewhere.data_dir / "archive")
    press.let_through()
    out, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said + out
    press.asked.clear()
    with Store.open(elsewhere.database_url, migrate=True) as restored:
        restore(restored, tmp_path / "middle.sqlite", datetime.now(UTC), silent)
        assert restored.check() == []
        known = [record.id for record in restored.records.iter()]
        assert sorted(change.record_id for change in restored.changes.since(0)) == sorted(known)
        assert [run.outcome for run in restored.runs.list()] == [RunOutcome.INTERRUPTED]
        run = run_source(restored, source, elsewhere)
        assert run.outcome is RunOutcome.SUCCEEDED
        assert len(press.articles()) == PAGES - len(known)
        assert_whole(restored, elsewhere)
