"""A store on either engine, and the publisher of the run tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Clock
from fresh import store_at

from storage.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'harvester.db'}"
    return str(request.getfixturevalue("postgresql").ready())


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with store_at(database) as opened:
        yield opened
        assert opened.check() == []


@pytest.fixture
def clock() -> Clock:
    return Clock()
