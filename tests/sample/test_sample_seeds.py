"""The sample's seed files: filled in, without mistakes, and true of the pages."""

import re
import tomllib
from types import SimpleNamespace

import pytest
from lxml import html

from harvester.sample import Site, seeds
from harvester.sources import load

HOST = "127.0.0.1:4001"
ADDRESS = SimpleNamespace(url=f"http://{HOST}", host=HOST)
SITE = Site(ADDRESS.url)


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
