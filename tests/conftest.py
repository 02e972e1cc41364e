"""What holds for every test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
import warm
from fresh import store_at

from harvester.crawl import crawl
from storage.store import Store

_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30  # bytes: several times what all tests have lying about at once
if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
    # Thousands of small databases are made, which a disk takes minutes to write and remove.
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)

os.environ["HARVESTER_READ_AHEAD"] = "0"  # a process more for every small Run; tests of it say so themselves

pytest_plugins = ["fault_table"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its argument: a compressed body holds the time it was made in."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a database of either engine is to be, for `store`."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'harvester.db'}"
        return
    server: postgres.Postgres = request.getfixturevalue("postgresql")
    with server.lent(with_tables=True) as url:
        yield url


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store on either engine."""
    with store_at(database) as opened:
        yield opened
        assert opened.check() == []


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Postgres]:
    """A PostgreSQL server of this test process."""
    with postgres.running() as server:
        yield server


@pytest.fixture(autouse=True)
def crawls_start_warm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl that this process starts is forked from one that has loaded its modules, except in `cold` tests."""
    if request.node.get_closest_marker("cold") is None:
        monkeypatch.setattr(crawl, "subprocess", warm.STARTS_WARM)
