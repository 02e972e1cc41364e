"""An import is a Run of its Source, and knows what the database knows."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fresh import store_at

from harvester.model.page import Page
from harvester.model.source import Source, UrlRules
from harvester.run.importing import Import
from harvester.settings import Settings
from storage.store import Store

HOST = "https://press.example"
ABSTRACT = "Lichens on slate roofs were counted by hand in every month of nine years, and compared with the rainfall."
NOW = datetime.now(UTC)
RESERVED = ("tdm-reservation", "1")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", tdm_basis="none")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with store_at(settings.database_url) as store:
        yield store


@pytest.fixture
def source() -> Source:
    rules = UrlRules(article=(r"/article/\d+",))
    return Source(id="press", name="Press", hosts=("press.example",), languages=("en",), discovery=(), urls=rules)


def page(url: str, at: datetime, *headers: tuple[str, str], doi: str = "10.5555/lichen.1") -> Page:
    body = (
        "<html lang='en'><head><title>Lichens on slate</title>"
        "<meta name='citation_title' content='Lichens on slate'>"
        f"<meta name='citation_doi' content='{doi}'></head>"
        f"<body><h1>Lichens on slate</h1><h2>Abstract</h2><p>{ABSTRACT}</p></body></html>"
    ).encode()
    kind = ("content-type", "text/html")
    return Page(url=url, final_url=url, headers=(kind, *headers), body=body, fetched_at=at)


def taken(store: Store, source: Source, settings: Settings, *pages: Page) -> dict[str, int]:
    with Import(store, source, settings) as one:
        for each in pages:
            one.add(each)
    return dict(one.counts)


def archived(settings: Settings) -> bytes:
    files = settings.data_dir.rglob("*.warc.gz")
    return b"".join(gzip.decompress(file.read_bytes()) for file in files)


@pytest.mark.parametrize("path", ["/article/1", "/article/2"], ids=["same address", "same DOI"])
def test_a_reservation_that_is_known_holds_for_pages_saved_without_headers(
    store: Store, source: Source, settings: Settings, path: str
) -> None:
    taken(store, source, settings, page(HOST + "/article/1", NOW - timedelta(days=2), RESERVED))
    taken(store, source, settings, page(HOST + path, NOW - timedelta(days=1)))
    (record,) = store.records.iter(source_id="press")
    assert record.rights.tdm
    assert (record.rights.tdm.reserved, record.rights.abstract_policy.keep, record.abstracts) == (True, False, {})
    assert b"Lichens on slate" in archived(settings)
    assert b"counted by hand" not in archived(settings)


def test_what_nobody_reserved_is_kept(store: Store, source: Source, settings: Settings) -> None:
    taken(store, source, settings, page(HOST + "/article/1", NOW - timedelta(days=2)))
    (record,) = store.records.iter(source_id="press")
    assert record.abstracts
    assert b"counted by hand" in archived(settings)


@pytest.mark.parametrize("address", ["https://elsewhere.test/article/12", "https://saved.invalid/article/12.html"])
def test_pages_of_other_hosts_are_passed_over_and_named(
    store: Store, source: Source, settings: Settings, address: str
) -> None:
    at = NOW - timedelta(days=1)
    redirected = page(HOST + "/article/12", at).model_copy(update={"url": address})
    with Import(store, source, settings) as one:
        for each in (page(address, at), redirected, page(HOST + "/article/1", at)):
            one.add(each)
    assert (one.counts["other_host"], one.counts["ok"]) == (2, 1)
    assert one.strangers == {address.split("/")[2]: 2}
    assert [item.url for item in store.pages.agenda("press", 9)] == [HOST + "/article/1"]


def test_a_date_to_come_counts_as_now(store: Store, source: Source, settings: Settings) -> None:
    taken(store, source, settings, page(HOST + "/article/1", datetime(2099, 1, 1, tzinfo=UTC)))
    (item,) = store.pages.agenda("press", 9)
    assert item.visited_at
    assert item.visited_at <= datetime.now(UTC)
    (record,) = store.records.iter(source_id="press")
    assert record.provenance.fetched_at <= datetime.now(UTC)


def test_large_pages_do_not_wait_together(store: Store, source: Source, settings: Settings) -> None:
    large = page(HOST + "/article/1", NOW).model_copy(update={"body": b"<html>" + b" " * 9_000_000})
    with Import(store, source, settings) as one:
        one.add(large)
        assert one.counts.total() == 0
        one.add(large.model_copy(update={"url": HOST + "/article/2", "final_url": HOST + "/article/2"}))
        assert one.counts["too_large"] == 2
