"""When a page is due again."""

from datetime import UTC, datetime, timedelta

import pytest

from harvester.crawl.revisit import next_due
from harvester.model.page import VisitOutcome

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("outcome", list(VisitOutcome))
def test_every_outcome_comes_back_later_and_says_why(outcome: VisitOutcome) -> None:
    due, reason = next_due(outcome, NOW, failures=1)
    assert NOW < due <= NOW + timedelta(days=90)
    assert reason


def test_unchanged_pages_are_asked_ever_more_rarely() -> None:
    def wait(age: int) -> int:
        return (next_due(VisitOutcome.OK, NOW, first_seen=NOW - timedelta(days=age), changed=False).due - NOW).days

    assert [wait(age) for age in (0, 20, 60, 1000)] == [7, 10, 30, 90]


def test_a_change_brings_it_back_to_weekly() -> None:
    assert next_due(VisitOutcome.OK, NOW, first_seen=NOW - timedelta(days=900)).due == NOW + timedelta(days=7)


def test_failures_back_off_from_an_hour() -> None:
    waits = [next_due(VisitOutcome.SERVER_ERROR, NOW, failures=n).due - NOW for n in (1, 2, 3, 50)]
    assert waits == [timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(days=30)]


def test_refusals_are_not_hammered() -> None:
    assert next_due(VisitOutcome.FORBIDDEN, NOW, failures=1).due >= NOW + timedelta(days=7)
