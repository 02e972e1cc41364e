"""Health and readiness, asked over HTTP."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.errors import UsageError
from harvester.serving.app import make_app
from harvester.serving.server import Server
from storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'data' / 'harvester.db'}", migrate=True) as opened:
        yield opened


def ask(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=100) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_good_day(store: Store, tmp_path: Path) -> None:
    app = make_app(store, tmp_path / "data", lambda: {"scheduler": "leader"})
    with Server(app, "127.0.0.1", 0) as server:
        assert ask(f"{server.url}/healthz") == (200, {"status": "good", "database": "good"})
        said = {"status": "good", "database": "good", "schema": "good", "data folder": "good", "scheduler": "leader"}
        assert ask(f"{server.url}/readyz") == (200, said)
        assert ask(f"{server.url}/docs")[0] == 404


def test_what_is_wrong_is_named(store: Store, tmp_path: Path) -> None:
    with Server(make_app(store, tmp_path / "nowhere", dict), "127.0.0.1", 0) as server:
        status, said = ask(f"{server.url}/readyz")
        assert (status, said["status"]) == (503, "bad")
        assert "nowhere cannot be written" in said["data folder"]
        store.close()
        for path in (tmp_path / "data").glob("harvester.db*"):
            path.write_bytes(b"no database")
        assert ask(f"{server.url}/healthz")[0] == 503


def test_a_port_that_is_taken_is_refused_by_name(store: Store, tmp_path: Path) -> None:
    app = make_app(store, tmp_path, dict)
    with Server(app, "127.0.0.1", 0) as server, pytest.raises(UsageError, match="cannot listen on 127"):
        Server(app, "127.0.0.1", int(server.url.rpartition(":")[2]))
