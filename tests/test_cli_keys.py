"""The verb keys: a key is told once, listed without its secret, shut for good."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.errors import UsageError
from storage.store import Store

Call = Callable[..., Any]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, ["--data", str(tmp_path), "keys", *words], catch_exceptions=True)
        if isinstance(done.exception, Exception) and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def test_a_key_from_its_making_to_its_end(call: Call, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing has been harvested"):
        call("list")
    made = call("add", "The library", "--scope", "abstracts", "--scope", "read", "--rate", "600")
    key = made.stdout.strip()
    assert "not shown again" in made.stderr
    listed = call("list", "--json").stdout
    assert json.loads(listed) | {"created_at": ""} == {
        "id": key.split("_")[1],
        "owner": "The library",
        "scopes": ["abstracts", "read"],
        "rate": 600,
        "created_at": "",
        "last_used_at": None,
        "revoked_at": None,
    }
    for said in (listed, call("list").stdout):
        assert key.split("_", 2)[2] not in said
    assert "is revoked" in call("revoke", key.split("_")[1]).stdout
    assert "was revoked before" in call("revoke", key.split("_")[1]).stdout
    with Store.open(f"sqlite:///{tmp_path}/harvester.db") as store:
        assert store.keys.match(key) is None


def test_what_there_is_not_is_refused(call: Call) -> None:
    with pytest.raises(UsageError, match="--scope all: there is no such scope"):
        call("add", "x", "--scope", "all")
    call("add", "x")
    with pytest.raises(UsageError, match="there is no key 0"):
        call("revoke", "0")
