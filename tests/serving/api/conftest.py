"""A server of the API over a store of either engine, and records to put into it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from client import Client
from fresh import store_at
from idle import Idle

from harvester.serving.app import make_app
from harvester.serving.server import Server
from harvester.settings import Settings
from storage.store import Store

Serving = Callable[..., AbstractContextManager[Client]]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Store]:
    """A store where the engine makes no difference."""
    with store_at(f"sqlite:///{tmp_path / 'data' / 'one.db'}") as opened:
        yield opened


@pytest.fixture
def serving(tmp_path: Path) -> Serving:
    """Serve a store, with settings."""

    @contextmanager
    def server(store: Store, **settings: Any) -> Iterator[Client]:
        app = make_app(store, tmp_path, Idle(), Settings(**{"api_rate": 0, "api_key_rate": 0} | settings))
        with Server(app, "127.0.0.1", 0) as listening:
            yield Client(listening.url)

    return server


@pytest.fixture
def ask(store: Store, serving: Serving) -> Iterator[Client]:
    """The API over `store`, on either engine."""
    with serving(store) as client:
        yield client


@pytest.fixture
def ask_file(file: Store, serving: Serving) -> Iterator[Client]:
    """The API over `file`."""
    with serving(file) as client:
        yield client
