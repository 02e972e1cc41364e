"""When a page is due again."""

from datetime import UTC, datetime, timedelta

import pytest

from harvester.crawl.revisit import next_due, why_due
from harvester.model.page import VisitOutcome

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("outcome", list(VisitOutcome))
def test_every_outcome_comes_back_later_and_says_why(outcome: VisitOutcome) -> None:
    due, reason = next_due(outcome, NOW, failures=3)
    assert NOW < due <= NOW + timedelta(days=90)
    assert reason


def test_unchanged_pages_are_asked_ever_more_rarely() -> None:
    def wait(age: int) -> int:
        return (next_due(VisitOutcome.OK, NOW, first_seen=NOW - timedelta(days=age), changed=False).due - NOW).days

    assert [wait(age) for age in (0, 2, 20, 60, 1000)] == [2, 2, 20, 60, 90]


def test_a_change_brings_it_back_to_weekly() -> None:
    assert next_due(VisitOutcome.OK, NOW, first_seen=NOW - timedelta(days=900)).due == NOW + timedelta(days=7)


@pytest.mark.parametrize(("days", "expected"), [(1, 1), (30, 2), (-1, 2)])
def test_a_page_whose_access_turns_is_looked_at_then(days: int, expected: int) -> None:
    turns = NOW + timedelta(days=days)
    assert next_due(VisitOutcome.OK, NOW, turns=turns).due == NOW + timedelta(days=expected)


def test_failures_are_tried_by_the_next_runs_and_then_back_off_from_an_hour() -> None:
    waits = [next_due(VisitOutcome.SERVER_ERROR, NOW, failures=n).due - NOW for n in (1, 2, 3, 4, 50)]
    assert waits == [timedelta(0), timedelta(0), timedelta(hours=1), timedelta(hours=2), timedelta(days=30)]


def test_a_page_that_was_an_article_is_looked_for_sooner() -> None:
    old = NOW - timedelta(days=400)
    assert next_due(VisitOutcome.NOT_ARTICLE, NOW, first_seen=old, known=True).due == NOW + timedelta(days=7)
    assert next_due(VisitOutcome.NOT_ARTICLE, NOW, first_seen=old).due == NOW + timedelta(days=90)


def test_refusals_are_not_hammered() -> None:
    assert next_due(VisitOutcome.FORBIDDEN, NOW, failures=1).due >= NOW + timedelta(days=7)


@pytest.mark.parametrize(
    ("due", "more", "reason"),
    [
        (NOW + timedelta(days=2), {"first_seen": NOW}, "new"),
        (NOW + timedelta(days=7), {"first_seen": NOW - timedelta(days=30)}, "changed"),
        (NOW + timedelta(days=30), {"first_seen": NOW - timedelta(days=30)}, "unchanged, known for 30 days"),
        (NOW + timedelta(days=1), {"turns": NOW + timedelta(days=1)}, "its access is to change then"),
        (NOW + timedelta(hours=3), {"lastmod": NOW + timedelta(hours=2)}, "a list says that it changed, 2026-05-04"),
        (NOW + timedelta(hours=3), {}, "asked for by name (--full)"),
        (None, {}, "ok: not again, unless a list says that it changed"),
    ],
)
def test_the_reason_can_be_told_later(due: datetime | None, more: dict[str, datetime], reason: str) -> None:
    assert why_due(due, VisitOutcome.OK, NOW, **more) == reason


def test_what_was_never_visited_needs_no_other_reason() -> None:
    assert why_due(NOW, None, None) == "never visited"
