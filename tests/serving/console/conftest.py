"""The console of a real server over a store with a few records."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fresh import store_at
from idle import Idle
from opened import Console

from harvester.serving.app import make_app
from harvester.serving.server import Server


@pytest.fixture
def console(database: str, tmp_path: Path) -> Iterator[Console]:
    with store_at(database) as store, Server(make_app(store, tmp_path, Idle()), "127.0.0.1", 0) as server:
        yield Console(store, server.url)
