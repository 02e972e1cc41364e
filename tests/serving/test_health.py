"""Health and readiness, asked over HTTP."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from idle import Idle
from postgres import Postgres
from sqlalchemy import text

from harvester.errors import UsageError
from harvester.serving.app import make_app
from harvester.serving.server import Server
from storage.store import Store

ROOT = Path(__file__).resolve().parents[2]


def ask(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url, timeout=100) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_good_day(store: Store, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    app = make_app(store, tmp_path / "data", Idle(leads=True))
    with Server(app, "127.0.0.1", 0) as server:
        assert ask(f"{server.url}/healthz") == (200, {"status": "good", "database": "good", "loop": "good"})
        said = {"status": "good", "database": "good", "schema": "good", "data folder": "good", "loop": "good"}
        assert ask(f"{server.url}/readyz") == (200, said | {"scheduler": "leader"})
        assert ask(f"{server.url}/docs")[0] == 404


def test_what_is_wrong_is_named(store: Store, tmp_path: Path) -> None:
    with Server(make_app(store, tmp_path / "nowhere", Idle()), "127.0.0.1", 0) as server:
        status, said = ask(f"{server.url}/readyz")
        assert (status, said["status"]) == (503, "bad")
        assert "nowhere cannot be written" in said["data folder"]
        with store.begin() as unit:
            unit.connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        assert "at 0001, this program wants" in ask(f"{server.url}/readyz")[1]["schema"]


@pytest.mark.fault(17)
def test_a_database_that_is_away_is_bad_health(
    store: Store, database: str, tmp_path: Path, postgresql: Postgres
) -> None:
    with Server(make_app(store, tmp_path, Idle()), "127.0.0.1", 0) as server:
        if database.startswith("sqlite"):
            store.close()
            for path in (tmp_path / "data").glob("harvester.db*"):
                path.write_bytes(b"no database")
        else:
            postgresql.shut(database)
        status, said = ask(f"{server.url}/healthz")
        assert (status, said["loop"]) == (503, "good")


def test_a_loop_that_hangs_is_bad_health(store: Store, tmp_path: Path) -> None:
    with Server(make_app(store, tmp_path, Idle(said="not come round")), "127.0.0.1", 0) as server:
        for path in ("healthz", "readyz"):
            status, said = ask(f"{server.url}/{path}")
            assert (status, said["loop"]) == (503, "not come round")


def test_a_port_that_is_taken_is_refused_by_name(store: Store, tmp_path: Path) -> None:
    app = make_app(store, tmp_path, Idle())
    with Server(app, "127.0.0.1", 0) as server:
        port = server.url.rpartition(":")[2]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1 port {port}"):
            Server(app, "127.0.0.1", int(port))
        command = [sys.executable, "-m", "harvester.cli", "--data", str(tmp_path / "data"), "serve", "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert f"127.0.0.1 port {port}: Address already in use" in done.stderr
    assert "--port" in done.stderr


def test_a_server_that_does_not_start_is_an_error() -> None:
    @asynccontextmanager
    async def broken(app: FastAPI) -> AsyncIterator[None]:
        raise OSError("no way")
        yield

    server = Server(FastAPI(lifespan=broken), "127.0.0.1", 0)
    with pytest.raises(UsageError, match=f"nothing answers on {server.url}") as refused, server:
        pass
    assert (refused.value.exit_code, "--port" in refused.value.remedy) == (2, True)
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_server((host, int(port))):
        pass
