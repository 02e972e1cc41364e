"""A store that may be away or damaged when the test ends."""

from collections.abc import Iterator

import pytest
from fresh import store_at

from storage.store import Store


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with store_at(database) as opened:
        yield opened
