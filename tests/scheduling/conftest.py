"""A clock that the test sets."""

import pytest
from bench import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()
