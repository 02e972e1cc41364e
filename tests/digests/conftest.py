"""A desk with a mail server."""

from collections.abc import Iterator

import pytest
from desk import Desk
from post_office import Office, office

from storage.store import Store


@pytest.fixture
def post() -> Iterator[Office]:
    with office() as running:
        yield running


@pytest.fixture
def desk(store: Store, post: Office) -> Desk:
    return Desk(store, post)
