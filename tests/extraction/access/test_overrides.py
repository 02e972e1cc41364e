"""The operator's word on one article stands above its page, with who said it, why, and until when."""

from datetime import UTC, datetime
from typing import Any

import pytest

from harvester.extraction.extract import extract
from harvester.model.access import AccessStatus, AccessVerdict, Tier
from harvester.model.page import Page
from harvester.model.source import GENERIC, AccessOverride, AccessRules

URL = "https://journal.example/article/12"
PAGE = """<html lang="en"><head><meta name="citation_title" content="The dials of one valley">
<meta name="citation_author" content="Quill, Ada"></head><body><h1>The dials of one valley</h1>
<p>The full text of this article is free for all.</p><h2>Abstract</h2><p>Sundials on church walls were repainted about
once in a generation, and forty dials of one valley were dated by their layers of paint.</p></body></html>"""


def verdict(url: str = URL, **changes: Any) -> AccessVerdict:
    values = {"url": URL, "status": "subscription", "by": "A. Librarian", "reason": "the banner is wrong"}
    rules = AccessRules(overrides=(AccessOverride.model_validate(values | changes),))
    page = Page(url=url, final_url=url, body=PAGE.encode(), fetched_at=datetime(2026, 5, 2, tzinfo=UTC))
    record = extract(page, GENERIC.model_copy(update={"access": rules})).record
    assert record is not None
    return record.access


def test_the_operators_word_decides_and_the_page_is_the_conflict() -> None:
    found = verdict()
    assert (found.status, found.tier, found.decided_by) == ("subscription", Tier.OPERATOR, "operator.override@1")
    quoted = found.evidence[0]
    assert (quoted.quote, quoted.where, quoted.name) == (URL, "url", "A. Librarian: the banner is wrong")
    assert AccessStatus.FREE in {conflict.status for conflict in found.conflicts}


@pytest.mark.parametrize(
    ("url", "changes"),
    [("https://journal.example/article/13", {}), (URL, {"until": "2026-05-01"})],
)
def test_another_article_or_a_day_gone_by_leaves_it_to_the_page(url: str, changes: dict[str, str]) -> None:
    found = verdict(url, **changes)
    assert (found.status, found.tier) == ("free", Tier.SENTENCE)


def test_it_counts_on_its_last_day() -> None:
    assert verdict(until="2026-05-02").status == "subscription"


@pytest.mark.parametrize("status", ["free", "unknown"])
def test_the_page_makes_it_neither_more_exact_nor_doubtful(status: str) -> None:
    assert verdict(status=status).status == status


def test_a_word_without_its_author_is_a_mistake_of_the_file() -> None:
    with pytest.raises(ValueError, match="by"):
        AccessOverride.model_validate({"url": URL, "status": "free", "by": "", "reason": "why"})
