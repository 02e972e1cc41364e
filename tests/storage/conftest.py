"""A real database per test, of either engine."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from made import NOW
from postgres import Postgres
from sqlalchemy import event

from storage.store import Store


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """For what only a file can meet."""
    return f"sqlite:///{tmp_path / 'data' / 'harvester.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, sqlite: str) -> Iterator[str]:
    """Where nothing is yet, or the `store` of the same test."""
    if request.param == "sqlite":
        yield sqlite
        return
    server: Postgres = request.getfixturevalue("postgresql")
    with server.lent(with_tables="store" in request.fixturenames) as url:
        yield url


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """Every statement sent to the store's database from here on, transaction control left out."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE")):
            seen.append(statement)

    engine = store._database._engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
