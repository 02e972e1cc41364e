"""The verb schedule: what an operator says, what is told, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.errors import UsageError
from storage.store import Store

SOURCE = """name = "Valley"
hosts = ["www.valley.example"]
enabled = {enabled}

[[discovery]]
kind = "urls"
urls = ["https://www.valley.example/article/1"]

[schedule]
cron = "30 2 * * *"
zone = "Europe/Paris"
"""
Call = Callable[..., Any]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    for name, enabled in (("valley", "true"), ("moor", "false")):
        path = tmp_path / "seeds" / "sources" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE.replace("{enabled}", enabled), "utf-8")
    (tmp_path / "seeds" / "platforms").mkdir()
    monkeypatch.setenv("HARVESTER_SEEDS_DIR", str(tmp_path / "seeds"))

    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, ["--data", str(tmp_path / "data"), "schedule", *words], catch_exceptions=True)
        if isinstance(done.exception, Exception) and not isinstance(done.exception, SystemExit):
            raise done.exception
        return json.loads(done.stdout) if "--json" in words else done.stdout

    return run


def test_the_list_says_when_and_why_not(call: Call) -> None:
    by_id = {one["source"]: one for one in call("list", "--json")}
    assert by_id["valley"]["rests"] is None
    assert by_id["valley"]["next_start"].endswith(("T00:30:00Z", "T01:30:00Z"))
    assert by_id["moor"] | {"rules": 0} == by_id["moor"] | {"rules": 0, "rests": "the source is switched off"}
    text = call("list")
    assert "cron 30 2 * * * (Europe/Paris)" in text
    assert "no scheduler is at work" in text


def test_next_is_in_order_and_leaves_out_what_rests(call: Call) -> None:
    starts = call("next", "3", "--json")
    assert [one["source"] for one in starts] == ["valley"] * 3
    assert sorted(one["start"] for one in starts) == [one["start"] for one in starts]
    assert "valley" in call("next")


def test_pause_and_resume(call: Call) -> None:
    call("pause", "valley", "--reason", "they asked", "--by", "ada")
    assert call("show", "valley", "--json")["rests"] == "paused by ada: they asked"
    assert "they asked" in call("show", "valley")
    assert call("next", "3", "--json") == []
    with pytest.raises(UsageError, match="paused by ada") as refused:
        call("run", "valley")
    assert refused.value.remedy == "harvester schedule resume valley"
    call("resume", "valley")
    assert call("show", "valley", "--json")["rests"] is None


def test_run_now_is_a_request(call: Call) -> None:
    call("run", "valley", "--by", "ada")
    assert call("show", "valley", "--json")["request"]["by"] == "ada"
    with pytest.raises(UsageError, match="switched off"):
        call("run", "moor")


def test_rules_are_changed_one_after_the_other_and_reset(call: Call) -> None:
    call("set", "valley", "--jitter", "10m")
    rules = call("show", "valley", "--json")["rules"]
    assert rules == {"every": None, "cron": "30 2 * * *", "zone": "Europe/Paris", "jitter": "10m"}
    assert "every 6h, up to 10m later" in call("set", "valley", "--every", "6h")
    assert call("show", "valley", "--json")["rules"]["cron"] is None
    call("reset", "valley")
    shown = call("show", "valley", "--json")
    assert (shown["rules"]["cron"], shown["rules"]["jitter"], shown["changed"]) == ("30 2 * * *", "0m", False)


def test_every_change_tells_programs_what_became_of_it(call: Call) -> None:
    (paused,) = call("pause", "valley", "--by", "ada", "--json")
    assert (paused["source"], paused["pause"]["by"], paused["next_start"]) == ("valley", "ada", None)
    (resumed,) = call("resume", "valley", "--json")
    assert (resumed["pause"], resumed["rests"]) == (None, None)
    (wished,) = call("run", "valley", "--by", "ada", "--json")
    assert wished["request"]["by"] == "ada"
    assert call("set", "valley", "--every", "6h", "--json")["rules"]["every"] == "6h"
    first, second = call("reset", "valley", "moor", "--json")
    assert (first["source"], first["changed"], second["source"]) == ("valley", False, "moor")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--every", "1m"], "--every 1m: is less than 5 minutes"),
        (["--cron", "99 * * * *"], "--cron 99.*minute '99'"),
        (["--every", "1h", "--jitter", "2h"], "jitter 2h is not shorter"),
        (["--every", "1h", "--cron", "0 1 * * *"], "both every and cron"),
        (["--every", "1h", "--zone", "Europe/Paris"], "no effect without cron"),
        ([], "nothing to change"),
    ],
)
def test_wrong_rules_are_refused_and_nothing_is_changed(call: Call, words: list[str], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        call("set", "valley", *words)
    assert call("show", "valley", "--json")["changed"] is False


def test_a_name_that_is_no_source_is_refused_and_none_is_changed(call: Call, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="vallley") as refused:
        call("pause", "moor", "vallley")
    assert "did you mean valley?" in refused.value.remedy
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'harvester.db'}", migrate=True) as store:
        assert store.schedules.all() == {}
