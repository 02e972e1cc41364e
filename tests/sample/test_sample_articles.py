"""The sample's data: enough of it, both languages, nothing real."""

import re
from collections import Counter
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest
from stdnum import issn

from harvester.model.access import AccessStatus
from harvester.sample import Site
from harvester.sample.article import Article

SITE = Site()
ARTICLES = list(SITE.articles.values())
NOBODYS_HOSTS = {"127.0.0.1", "creativecommons.org", "doi.org", "schema.org", "www.sitemaps.org"}


def words(text: str) -> int:
    return len(text.split())


def all_texts(folder: Traversable) -> list[tuple[str, str]]:
    found = []
    for item in folder.iterdir():
        if item.is_dir():
            found += all_texts(item)
        elif item.name.endswith((".toml", ".html", ".py")):
            found.append((item.name, item.read_text(encoding="utf-8")))
    return found


def test_there_are_at_least_24_articles_over_two_journals():
    assert len(ARTICLES) >= 24
    assert len({article.journal for article in ARTICLES}) == 2


@pytest.mark.parametrize("journal", ["com", "hrsh"])
def test_each_journal_shows_every_access_status(journal):
    assert {article.access.status for article in ARTICLES if article.journal == journal} == set(AccessStatus)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_an_article_has_both_languages(article: Article):
    assert set(article.title) == set(article.abstract) == set(article.keywords) == {"fr", "en"}
    assert len(article.keywords["fr"]) == len(article.keywords["en"])
    assert 4 <= len(article.keywords["fr"]) <= 6
    assert all(80 <= words(" ".join(part.text for part in parts)) <= 160 for parts in article.abstract.values())
    assert len(article.abstract["fr"]) == len(article.abstract["en"])


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_only_unknown_has_neither_words_nor_flag(article: Article):
    silent = not article.access.words and not article.access.machine
    assert silent == (article.access.status is AccessStatus.UNKNOWN)


def test_identifiers_are_unique_and_of_the_test_prefix():
    dois = [article.doi for article in ARTICLES]
    assert len(set(dois)) == len(dois)
    assert all(doi.startswith("10.5555/") for doi in dois)


def test_issns_have_right_check_digits():
    numbers = [number for journal in SITE.journals.values() for number in (journal.issn_print, journal.issn_online)]
    assert len(set(numbers)) == 4
    assert all(issn.is_valid(number) and number.startswith("9999-") for number in numbers)


def test_the_special_pages_are_there():
    assert sum(article.tdm is not None for article in ARTICLES) == 2
    assert Counter(robot for article in ARTICLES for robot in article.robots) == {"noarchive": 1, "noindex": 1}
    assert sum(bool(article.hidden) for article in ARTICLES) == 2
    assert sum(article.retraction is not None for article in ARTICLES) == 1
    assert sum(article.note is not None for article in ARTICLES) == 2
    assert sum(article.title["fr"].isascii() for article in ARTICLES) >= 2
    assert sum("(" in " ".join(article.keywords["fr"]) for article in ARTICLES) >= 3
    assert sum(len(article.abstract["fr"]) > 1 for article in ARTICLES) >= 8


def test_no_real_host_stands_anywhere_in_the_package():
    for name, text in all_texts(files("harvester.sample")):
        hosts = set(re.findall(r"https?://([\w.-]+)", text))
        mails = set(re.findall(r"[\w.]@([\w-]+(?:\.[\w-]+)+)", text))
        assert hosts <= NOBODYS_HOSTS, name
        assert all(domain.endswith(".example") for domain in mails), name
