"""A provider on loopback over a store of either engine, with a clock that the test sets."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fresh import store_at

sys.path.append(str(Path(__file__).parents[2] / "storage"))
from made import make_record
from provider import FACE, START, Clock, Provider

from harvester.serving.oai.door import make_router
from harvester.serving.oai.repository import Repository
from harvester.serving.server import Server
from storage.store import Store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(store: Store, clock: Clock) -> Iterator[Provider]:
    app = FastAPI()
    app.include_router(make_router(Repository(store, FACE, clock), at_once=2))
    with Server(app, "127.0.0.1", 0) as server:
        yield Provider(store, clock, server.url)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a provider with one record of 2026-03-01T08:00:00Z, for many questions."""
    folder = tmp_path_factory.mktemp("shared")
    with store_at(f"sqlite:///{folder}/harvester.db") as store:
        with store.begin() as unit:
            store.records.save(unit, [make_record(1)], run_id=None, now=START)
        app = FastAPI()
        app.include_router(make_router(Repository(store, FACE)))
        with Server(app, "127.0.0.1", 0) as server:
            yield server.url
