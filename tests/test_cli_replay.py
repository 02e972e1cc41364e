"""The verb replay, over the sample publisher's harvest: foreseen, done once, nobody asked."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.errors import BusyError, UsageError
from harvester.run import run_source
from harvester.run.lease import is_alive, this_process
from harvester.sample import Publisher, seeds, serve
from harvester.settings import Settings
from harvester.sources import load
from storage.store import Store

Run = Callable[..., Any]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serve() as running:
        yield running


@pytest.fixture
def harvested(publisher: Publisher, tmp_path: Path) -> Path:
    """A data folder with one journal harvested, and seeds/ beside it."""
    seeds(tmp_path / "seeds", publisher)
    settings = Settings(data_dir=tmp_path / "data", private_allow=(publisher.host,), contact="a@b.example")
    source = load(tmp_path / "seeds", private_allow=settings.private_allow).get("halvern-review")
    with Store.open(settings.database_url, migrate=True) as store:
        run_source(store, source, settings)
    publisher.log.clear()
    return tmp_path


@pytest.fixture
def replay(harvested: Path, publisher: Publisher) -> Run:
    def call(*words: str) -> Any:
        environment = {"HARVESTER_SEEDS_DIR": str(harvested / "seeds"), "HARVESTER_PRIVATE_ALLOW": publisher.host}
        return CliRunner().invoke(app, ["--data", str(harvested / "data"), "replay", *words], env=environment)

    return call


def move_the_slot(folder: Path) -> None:
    """Today's rules take the access box for the site's own words."""
    platform = folder / "seeds" / "platforms" / "sample-marked.toml"
    text = platform.read_text("utf-8")
    moved = text.replace('slots = [".access-box"]', "slots = []").replace("outside = [", 'outside = [".access-box", ')
    assert moved != text
    platform.write_text(moved, "utf-8")


def head(folder: Path) -> int:
    with Store.open(f"sqlite:///{folder}/data/harvester.db") as store:
        return store.changes.head()


def lines(done: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_moved_slot_is_foreseen_then_done_once_and_nobody_is_asked(
    replay: Run, harvested: Path, publisher: Publisher
) -> None:
    move_the_slot(harvested)
    before = head(harvested)
    foreseen = lines(replay("--dry-run", "--json"))
    assert head(harvested) == before
    changed = [line for line in foreseen if line.get("effect") == "changed"]
    assert changed
    for line in changed:
        assert line["why"] == ["the seed files of the source"]
        assert [change["new"] for change in line["fields"] if change["field"] == "access.status"] == ["unknown"]
    assert foreseen[-1]["counts"]["changed"] == len(changed)
    done = lines(replay("--json"))
    assert [one["record"] for one in done if one.get("effect") == "changed"] == [one["record"] for one in changed]
    assert head(harvested) == before + len(changed)
    assert lines(replay("--json"))[-1]["counts"].keys() == {"unchanged"}
    assert head(harvested) == before + len(changed)
    assert publisher.log == []


def test_a_reader_sees_field_old_and_new_and_why(replay: Run, harvested: Path) -> None:
    move_the_slot(harvested)
    done = replay("--dry-run", "--source", "halvern-review")
    for words in ("access.status", "subscription -> unknown", "the seed files of the source", "nothing was written"):
        assert words in done.output, words


def test_a_source_at_work_is_busy(replay: Run, harvested: Path) -> None:
    with Store.open(f"sqlite:///{harvested}/data/harvester.db") as store, store.begin() as unit:
        store.runs.open(unit, "halvern-review", "at-work", this_process(), datetime.now(UTC), 60, is_alive)
    done = replay()
    assert isinstance(done.exception, BusyError)
    assert done.exception.exit_code == 4


def test_a_source_without_a_seed_file_is_told(replay: Run, harvested: Path) -> None:
    (harvested / "seeds" / "sources" / "halvern-review.toml").unlink()
    done = replay("--dry-run")
    assert done.exit_code == 0
    assert "halvern-review: its pages are not read" in done.stderr
    assert isinstance(replay("--source", "halvern-review").exception, UsageError)


def test_an_empty_archive_is_told(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path}/harvester.db", migrate=True).close()
    done = CliRunner().invoke(app, ["--data", str(tmp_path), "replay"])
    assert isinstance(done.exception, UsageError)
