"""The sample publisher's articles, read whole: every Record says what the article's data say."""

import re
from collections.abc import Iterator

import pytest

from harvester.extraction.extract import extract
from harvester.extraction.normalise.text import fold
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.sample import Publisher, seeds, serve
from harvester.sources import Catalogue, load
from tests.extraction.quotes import all_evidence, standing


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def catalogue(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("seeds")
    seeds(folder, publisher)
    return load(folder, private_allow=[publisher.host])


def pages(publisher: Publisher) -> Iterator[tuple[str, Page]]:
    for article in publisher.site.articles:
        path = publisher.site.path(article)
        status, headers, body = publisher.site.respond(path, {})
        if status == 200:
            url = publisher.url + path
            named = tuple((name.lower(), value) for name, value in headers.items())
            yield (
                article,
                Page(
                    url=url,
                    final_url=url,
                    status=status,
                    headers=named,
                    body=body,
                    fetched_at="2026-03-10T08:00:00Z",  # type: ignore[arg-type]
                ),
            )


@pytest.fixture(scope="module")
def records(publisher: Publisher, catalogue: Catalogue) -> dict[str, tuple[Page, Record]]:
    read = {}
    for article, page in pages(publisher):
        source = next(
            source
            for source in catalogue.sources.values()
            if any(re.search(pattern, page.url) for pattern in source.urls.article)
        )
        found = extract(page, source)
        assert found.record is not None, (article, found.reason)
        read[article] = (page, found.record)
    return read


def test_there_are_articles_of_both_journals(records: dict[str, tuple[Page, Record]]) -> None:
    assert len(records) >= 24
    assert len({record.source_id for _, record in records.values()}) == 2


def test_every_record_says_what_the_article_says(records: dict[str, tuple[Page, Record]], publisher: Publisher) -> None:
    for article, (_, record) in records.items():
        truth = publisher.site.expected(article)
        assert {lang: title.value for lang, title in record.titles.items()} == truth.titles, article
        assert {lang: list(k.items) for lang, k in record.keywords.items()} == {
            lang: list(items) for lang, items in truth.keywords.items()
        }, article
        assert set(record.abstracts) == set(truth.abstracts), article
        for language, text in truth.abstracts.items():
            assert fold(record.abstracts[language].value) == fold(text), (article, language)
        assert [person.name for person in record.contributors] == list(truth.authors), article
        assert record.identifier("doi") == truth.doi, article
        assert truth.journal in record.container.titles.values(), article
        assert (record.container.volume, record.container.issue, record.container.pages) == (
            truth.volume,
            truth.issue,
            truth.pages,
        ), article
        assert truth.published in {date.value for date in record.dates}, article


def test_every_verdict_is_the_printed_one_and_quotes_it(
    records: dict[str, tuple[Page, Record]], publisher: Publisher
) -> None:
    statuses = set()
    for article, (_, record) in records.items():
        truth = publisher.site.expected(article)
        assert record.access.status == truth.access, article
        assert record.access.evidence or truth.access == "unknown", article
        assert (record.access.until, record.access.embargo_until) == (truth.until, truth.embargo_until), article
        statuses.add(record.access.status)
    assert len(statuses) == 7


def test_every_quote_stands_where_it_says(records: dict[str, tuple[Page, Record]]) -> None:
    for article, (page, record) in records.items():
        for evidence in all_evidence(record):
            assert standing(page, evidence) == evidence.quote, (article, evidence)


def test_no_address_and_no_hidden_text_in_any_record(
    records: dict[str, tuple[Page, Record]], publisher: Publisher
) -> None:
    for article, (_, record) in records.items():
        text = record.model_dump_json()
        for never in publisher.site.expected(article).never:
            assert never not in text, (article, never)
