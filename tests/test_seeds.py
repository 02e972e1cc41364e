"""What is shipped in seeds/: enough of it, nothing on that nobody read, and addresses told apart."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harvester.crawl.discovery import Links, listing_urls
from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.source import Discovery, Source
from harvester.sources import load
from harvester.urls import canonical_url, is_article, refused

ROOT = Path(__file__).parent.parent
CATALOGUE = load(ROOT / "seeds")
ADDRESSES: dict[str, Any] = tomllib.loads((Path(__file__).parent / "seeds_addresses.toml").read_text("utf-8"))
LISTED = [source for source in CATALOGUE.sources.values() if source.discovery]


def flat(kind: str) -> list[Any]:
    return [
        pytest.param(name, entry, id=f"{name}-{at}")
        for name, table in ADDRESSES.items()
        for at, entry in enumerate(table.get(kind, ()))
    ]


def test_enough_is_shipped() -> None:
    assert len(CATALOGUE.platforms) >= 15
    assert len(CATALOGUE.sources) >= 14
    french = [source for source in CATALOGUE.sources.values() if "fr" in source.languages]
    assert len(french) > len(CATALOGUE.sources) / 2


@pytest.mark.parametrize("one", [*CATALOGUE.platforms.values(), *CATALOGUE.sources.values()], ids=lambda one: one.id)
def test_verified_says_when_and_what(one: Any) -> None:
    assert one.verified is False or re.match(r"\d{4}-\d\d-\d\d, \w", one.verified)


@pytest.mark.parametrize("source", CATALOGUE.sources.values(), ids=lambda source: source.id)
def test_a_source_nobody_read_is_off(source: Source) -> None:
    assert source.verified or not source.enabled
    assert len(source.id) <= 24  # whole in the table of `source list`


@pytest.mark.parametrize(("name", "entry"), flat("article"))
def test_an_articles_address(name: str, entry: tuple[str, str]) -> None:
    rules = CATALOGUE.get(name).urls
    assert is_article(entry[0], rules)
    assert canonical_url(entry[0], rules) == entry[1]
    assert canonical_url(entry[1], rules) == entry[1]
    assert is_article(entry[1], rules)
    assert refused(entry[1], rules) is None


@pytest.mark.parametrize(("name", "entry"), flat("refused"))
def test_an_address_never_requested(name: str, entry: str) -> None:
    assert refused(entry, CATALOGUE.get(name).urls)


def links(source: Source, way: Discovery, *addresses: str) -> Links:
    body = "".join(f'<a href="{address}">x</a>' for address in addresses).encode()
    return listing_urls(b"<html><body>" + body, way.url or "", way, source.urls, source.hosts)


@pytest.mark.parametrize(("name", "entry"), flat("contents"))
def test_a_listing_leads_to_contents_and_articles(name: str, entry: str) -> None:
    source = CATALOGUE.get(name)
    article = ADDRESSES[name]["article"][0][0]
    found = links(source, source.discovery[0], entry, article)
    assert entry in found.listings
    assert canonical_url(article, source.urls) in found.articles


@pytest.mark.parametrize("source", LISTED, ids=lambda source: source.id)
def test_where_a_source_looks_may_be_asked(source: Source) -> None:
    for way in source.discovery:
        assert way.url is not None
        assert refused(way.url, source.urls) is None


def test_a_rule_may_read_a_script_it_names() -> None:
    read = {"doi": [{"xpath": "//script[contains(., 'page.doi')]", "pattern": r"page\.doi = '(10\.[^']+)'"}]}
    source = Source.model_validate({"id": "x", "name": "X", "read": read})
    head = b"<meta name=citation_title content='A title of an article'><meta name=citation_author content='Quill, Ada'>"
    body = head + b"<script>page.doi = '10.5555/in.a.script';</script><h1>A title of an article</h1>"
    url = "https://x.example/1"
    page = Page(url=url, final_url=url, body=body, fetched_at=datetime(2026, 3, 10, tzinfo=UTC))
    record = extract(page, source).record
    assert record is not None
    assert [(one.scheme, one.value) for one in record.identifiers] == [("doi", "10.5555/in.a.script")]
