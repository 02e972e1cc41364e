"""What holds for every test."""

from collections.abc import Iterator

import postgres
import pytest

pytest_plugins = ["fault_table"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its argument: a compressed body holds the time it was made in."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Postgres]:
    """A PostgreSQL server of this test process."""
    with postgres.running() as server:
        yield server
