"""The sample's seed files: filled in, without mistakes, and true of the pages."""

import re
import tomllib
from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from lxml import html

from harvester.crawl.discovery import listing_urls, wanted
from harvester.crawl.politeness import robots_verdict
from harvester.crawl.sitemaps import Sitemap
from harvester.model.source import Discovery, Source
from harvester.sample import Site, seeds
from harvester.sources import load
from harvester.urls import refused

HOST = "127.0.0.1:4001"
ADDRESS = SimpleNamespace(url=f"http://{HOST}", host=HOST)
SITE = Site(ADDRESS.url)


def body(url: str) -> bytes:
    parts = urlsplit(url)
    return SITE.respond(parts.path + (f"?{parts.query}" if parts.query else "")).body


def found_by(way: Discovery, source: Source) -> set[str]:
    todo, found = [way.url], set()
    for url in todo:
        if way.kind == "listing":
            links = listing_urls(body(url), url, way, source.urls, source.hosts)
            todo += links.next
            found |= set(links.articles)
        else:
            entries = Sitemap(body(url), datetime(2026, 11, 22, tzinfo=UTC))
            todo += entries.sitemaps
            found |= {article for article, _ in wanted(entries.urls(), source.urls, source.hosts)[0]}
    return found


@pytest.fixture
def catalogue(tmp_path):
    seeds(tmp_path, ADDRESS)
    return load(tmp_path, private_allow=[HOST])


def test_seed_files_are_written_without_placeholders(tmp_path):
    written = seeds(tmp_path, ADDRESS)
    names = {str(path.relative_to(tmp_path).with_suffix("")) for path in written}
    assert names == {
        "platforms/sample-glued", "platforms/sample-marked", "sources/cahiers-orvaliens", "sources/halvern-review",
    }  # fmt: skip
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert tomllib.loads(text)
        assert "{origin}" not in text and "{host}" not in text


def test_the_seed_files_make_two_sources(catalogue):
    assert set(catalogue.sources) == {"cahiers-orvaliens", "halvern-review"}
    assert all(source.hosts == (HOST,) and source.politeness.delay == 0 for source in catalogue.sources.values())


@pytest.mark.parametrize(("source_id", "journal"), [("cahiers-orvaliens", "com"), ("halvern-review", "hrsh")])
def test_article_addresses_match_their_own_journal_alone(catalogue, source_id, journal):
    (pattern,) = catalogue.sources[source_id].urls.article
    for article in SITE.articles.values():
        found = re.search(pattern, ADDRESS.url + SITE.path(article.id))
        assert (found and found["id"]) == (article.id if article.journal == journal else None)


@pytest.mark.parametrize(("source_id", "journal"), [("cahiers-orvaliens", "com"), ("halvern-review", "hrsh")])
def test_the_elements_named_stand_on_every_page(catalogue, source_id, journal):
    source = catalogue.sources[source_id]
    platform = catalogue.platforms[source.platform]
    for article in SITE.listed(journal):
        page = html.fromstring(SITE.respond(SITE.path(article.id)).body.decode())
        places = [*platform.detect.elements, *source.access.slots, *source.access.outside]
        places += [
            rule.css for field in ("title", "blocks", "authors", "doi", "date") for rule in getattr(source.read, field)
        ]
        assert [css for css in places if not page.cssselect(css)] == []


def test_the_patterns_read_what_is_expected(catalogue):
    source = catalogue.sources["cahiers-orvaliens"]
    for article in SITE.listed("com"):
        truth = SITE.expected(article.id)
        page = html.fromstring(SITE.respond(truth.path).body.decode())
        for field in ("doi", "volume", "issue", "pages", "publisher"):
            (rule,) = getattr(source.read, field)
            found = re.search(rule.pattern, page.cssselect(rule.css)[0].text_content())
            assert found and (found[1] if found.re.groups else found[0]) == getattr(truth, field), field


@pytest.mark.parametrize(("source_id", "journal"), [("cahiers-orvaliens", "com"), ("halvern-review", "hrsh")])
def test_every_way_of_discovery_finds_every_article(catalogue, source_id, journal):
    source = catalogue.sources[source_id]
    listed = {ADDRESS.url + SITE.path(article.id) for article in SITE.listed(journal)}
    withdrawn = {
        f"{ADDRESS.url}{SITE.journals[journal].article}{number}" for number in SITE.journals[journal].withdrawn
    }
    for way in source.discovery:
        assert found_by(way, source) == listed | (withdrawn if way.kind == "sitemap" else set())


def test_articles_may_be_fetched_and_their_traps_may_not(catalogue):
    robots = body(f"{ADDRESS.url}/robots.txt")
    for source in catalogue.sources.values():
        shape = source.journals[0].code.lower()
        for article in SITE.listed(shape):
            url = ADDRESS.url + SITE.path(article.id)
            assert refused(url, source.urls) is None and robots_verdict(200, robots, "Harvester/1", url).allowed
            site = Site(ADDRESS.url)
            hrefs = re.findall(r'<a [^>]*href="(/[^"]*)"', body(url).decode())
            traps = {ADDRESS.url + href for href in hrefs if site.respond(href).status == 403}
            assert len(traps) >= 4
            assert [trap for trap in traps if refused(trap, source.urls) is None] == []
