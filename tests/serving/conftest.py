"""A store on either engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'harvester.db'}"
    return str(request.getfixturevalue("postgresql").database())


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with Store.open(database, migrate=True) as opened:
        yield opened
