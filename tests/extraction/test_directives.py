"""What robots are told in X-Robots-Tag, the date of `unavailable_after` among other directives included."""

from datetime import UTC, datetime

import pytest

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.source import GENERIC

BODY = b"""<html lang="en"><head><title>Weirs</title><meta name="citation_title" content="The weirs of the valley">
<meta name="citation_doi" content="10.5555/weirs.7"></head><body><h1>The weirs of the valley</h1></body></html>"""


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("unavailable_after: 25 Jun 2090 15:00:00 GMT, noarchive, noindex", {"noarchive", "noindex"}),
        ("noindex, unavailable_after: Friday, 25-Jun-2090 15:00:00 GMT, noarchive", {"noarchive", "noindex"}),
        ("unavailable_after: 2090-06-25", set()),
        ("unavailable_after: Sun, 25 Jun 2090 15:00:00 GMT", set()),
    ],
)
@pytest.mark.fault(79)
def test_what_stands_beside_a_last_day_counts(header: str, told: set[str]) -> None:
    url = "https://journal.example/article/7"
    headers = (("content-type", "text/html"), ("x-robots-tag", header))
    page = Page(url=url, final_url=url, headers=headers, body=BODY, fetched_at=datetime(2026, 3, 10, tzinfo=UTC))
    record = extract(page, GENERIC).record
    assert record is not None
    assert {each for each in record.rights.robots if not each.startswith("unavailable_after")} == told
    assert record.rights.unavailable_after is not None
    assert record.rights.unavailable_after.year == 2090
