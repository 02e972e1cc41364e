"""Fixtures of the ingest tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fresh import store_at
from workbench import Bench

from storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with store_at(f"sqlite:///{tmp_path}/h.db") as opened:
        yield opened


@pytest.fixture
def bench(tmp_path: Path, store: Store) -> Bench:
    return Bench(tmp_path, store)
