"""The application over a store, asked as a browser or a feed reader asks it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "digests"))
sys.path.insert(0, str(Path(__file__).parents[1]))

from desk import BASE, Desk
from post_office import Office, office
from site_of_readers import Site

from storage.store import Store


@pytest.fixture(params=["sqlite"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """What differs between the engines is tested with the digests."""
    return f"sqlite:///{tmp_path / 'data' / 'harvester.db'}"


@pytest.fixture
def post() -> Iterator[Office]:
    with office() as running:
        yield running


@pytest.fixture
def desk(store: Store, post: Office) -> Desk:
    return Desk(store, post, sign_ups=True, privacy_notice=f"{BASE}/privacy")


@pytest.fixture
def site(desk: Desk, tmp_path: Path) -> Iterator[Site]:
    with Site(desk, tmp_path) as running:
        yield running
