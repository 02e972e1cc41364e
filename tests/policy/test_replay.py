"""A cut page reads as the same facts and the same verdict."""

from pathlib import Path

from pages import decided, page

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.record import (
    meaning,
)
from harvester.model.source import GENERIC, Source
from harvester.policy import body_to_keep
from harvester.policy.phrases import Phrases
from harvester.policy.rights import abstract_texts, fact_texts
from harvester.sample import Site, seeds
from harvester.sources import load


class Address:
    url = "http://127.0.0.1:8901"
    host = "127.0.0.1:8901"


def sample_pages(tmp_path: Path) -> list[tuple[Page, Source]]:
    seeds(tmp_path, Address())
    catalogue = load(tmp_path)
    site = Site(Address.url)
    found = []
    for article_id in site.articles:
        path = site.path(article_id)
        answer = site.respond(path)
        if answer.status == 200:
            source = catalogue.for_saved_page(Address.url + path) or GENERIC
            kept = page(answer.body, ("tdm-reservation", "1"))
            found.append((kept.model_copy(update={"url": Address.url + path, "final_url": Address.url + path}), source))
    return found


def test_a_cut_page_reads_as_the_same_facts_and_the_same_verdict(tmp_path: Path) -> None:
    pages = sample_pages(tmp_path)
    assert len(pages) > 20
    for original, source in pages:
        first = extract(original, source)
        assert first.record is not None
        before = decided(first.record, page_robots=first.robots)
        rules = source.read.fulltext
        kept = body_to_keep(original, first.record, policy=before.rights.abstract_policy, robots=(), fulltext=rules)
        assert kept.page is not None
        text = kept.page.body.decode()
        assert not Phrases(abstract_texts(first.record), spare=fact_texts(first.record)).within(text)
        second = extract(kept.page, source)
        assert second.record is not None, (original.url, second.reason)
        assert meaning(decided(second.record, page_robots=second.robots)) == meaning(before), original.url
