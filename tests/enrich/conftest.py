"""A store with closed articles, and both registries."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "digests"))

import registry as registries
from postgres import Postgres
from registry import Desk

from harvester.enrich.rounds import Lookups
from harvester.settings import Settings
from storage.store import Store

MAIL = "ann@library.example"


@pytest.fixture(params=["sqlite"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Most of it is the same on either engine; what is not, says so."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'harvester.db'}"
        return
    server: Postgres = request.getfixturevalue("postgresql")
    with server.lent(with_tables=True) as url:
        yield url


@pytest.fixture
def unpaywall() -> Iterator[Desk]:
    with registries.registry() as running:
        yield running


@pytest.fixture
def crossref() -> Iterator[Desk]:
    with registries.registry() as running:
        yield running


@pytest.fixture
def settings(unpaywall: Desk, crossref: Desk) -> Settings:
    hosts = tuple(one.url.removeprefix("http://") for one in (unpaywall, crossref))
    return Settings(
        registries=("unpaywall",), contact=MAIL, private_allow=hosts, unpaywall_url=unpaywall.url,
        crossref_url=crossref.url,
    )  # fmt: skip


@pytest.fixture
def rounds(store: Store, settings: Settings) -> Callable[..., Lookups]:
    def made(**more: object) -> Lookups:
        return Lookups(store, settings.model_copy(update=more), threading.Event())

    return made
