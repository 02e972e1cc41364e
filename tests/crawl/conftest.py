"""Fixtures of the crawl tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Crawler, Publisher, start_publisher


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    found = start_publisher("127.0.0.1")
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def other_publisher() -> Iterator[Publisher]:
    found = start_publisher("127.0.0.2")
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    return Crawler(tmp_path)
