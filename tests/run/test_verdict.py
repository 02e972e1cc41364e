"""Counts, report and Expectations -> outcome and notes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from harvester.model.page import VisitOutcome
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Expectations
from harvester.run.verdict import Course, judge, misses


def course(**values: Any) -> Course:
    return Course(**{"counts": {"ok": 3}, "seen": {}, "report": {}, **values})


def test_a_good_run_succeeds_without_a_word() -> None:
    assert judge(course(), Expectations()) == (RunOutcome.SUCCEEDED, [])
    assert judge(course(counts={}), Expectations()) == (RunOutcome.SUCCEEDED, [])


def test_a_host_that_stayed_shut_degrades() -> None:
    outcome, notes = judge(course(report={"shut": {"host.example": "held for an hour"}}), Expectations())
    assert (outcome, notes) == (RunOutcome.DEGRADED, ["host.example: held for an hour"])


def test_a_budget_that_is_spent_is_told_and_is_no_fault() -> None:
    for counts in ({}, {"ok": 3}):
        found = judge(
            course(counts=counts, report={"paused": "the budget of a day", "problems": {"x": "y"}}), Expectations()
        )
        assert found == (RunOutcome.SUCCEEDED, ["the budget of a day", "x: y"])


def test_a_list_that_breaks_off_is_told_and_where_nothing_is_due_it_is_no_fault() -> None:
    problems = {"https://a.example/list?page=9": "gone: HTTP 404"}
    found = judge(course(counts={}, report={"problems": problems, "discovered": 40}), Expectations())
    assert found == (RunOutcome.SUCCEEDED, ["https://a.example/list?page=9: gone: HTTP 404"])
    assert (
        judge(course(counts={}, report={"problems": problems, "discovered": 0}), Expectations())[0] is RunOutcome.FAILED
    )
    shut = {"problems": problems, "discovered": 40, "shut": {"a.example": "robots.txt cannot be read"}}
    assert judge(course(counts={}, report=shut), Expectations())[0] is RunOutcome.FAILED


@pytest.mark.parametrize(
    ("counts", "outcome", "word"),
    [
        ({"disallowed": 4}, RunOutcome.DEGRADED, "robots.txt forbids"),
        ({"network_error": 4}, RunOutcome.FAILED, "is the host up"),
        ({"forbidden": 2, "challenged": 1}, RunOutcome.DEGRADED, "forbidden 2, challenged 1"),
        ({"disallowed": 4, "ok": 1}, RunOutcome.SUCCEEDED, ""),
    ],
)
def test_nothing_reached_is_told_by_its_cause(counts: dict[str, int], outcome: RunOutcome, word: str) -> None:
    found, notes = judge(course(counts=counts), Expectations())
    assert found is outcome
    assert word in " ".join(notes)
    assert set(counts) <= {outcome.value for outcome in VisitOutcome}


@pytest.mark.parametrize(("pages", "outcome"), [(4, RunOutcome.SUCCEEDED), (5, RunOutcome.DEGRADED)])
@pytest.mark.fault(42)
def test_where_lists_are_answered_pages_that_always_fail_do_not_fail_the_run(pages: int, outcome: RunOutcome) -> None:
    counts, first = {"server_error": pages}, {"server_error": "https://a.example/article/4: HTTP 500"}
    found, notes = judge(course(counts=counts, first=first, report={"listings_read": 1}), Expectations())
    assert found is outcome
    assert "server_error: https://a.example/article/4: HTTP 500" in notes[-1]
    shut = {"listings_read": 1, "shut": {"a.example": "keeps failing"}}
    assert judge(course(counts=counts, report=shut), Expectations())[0] is RunOutcome.FAILED


@pytest.mark.parametrize(
    ("counts", "before", "outcome"),
    [
        ({"wrong_content": 30}, 0, RunOutcome.DEGRADED),
        ({"not_article": 3, "wrong_content": 1, "login": 1}, 0, RunOutcome.DEGRADED),
        ({"not_article": 4}, 0, RunOutcome.SUCCEEDED),
        ({"not_article": 30, "ok": 1}, 0, RunOutcome.SUCCEEDED),
        ({"not_article": 30, "redirected": 1}, 0, RunOutcome.SUCCEEDED),
        ({"gone": 10}, 0, RunOutcome.DEGRADED),
        ({"not_article": 30}, 12, RunOutcome.SUCCEEDED),
    ],
)
def test_a_new_source_without_one_article_is_no_success(
    counts: dict[str, int], before: int, outcome: RunOutcome
) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    earlier = [Run(id="a", source_id="b", started_at=at, ended_at=at, seen={"records": before})]
    found, notes = judge(course(counts=counts, earlier=earlier), Expectations())
    assert found is outcome
    assert ("was an article" in " ".join(notes)) is (outcome is RunOutcome.DEGRADED)


def test_shares_of_a_handful_say_nothing() -> None:
    expect = Expectations(with_doi=1.0)
    assert list(misses(expect, {"records": 4, "with_doi": 0}, None)) == []
    assert list(misses(expect, {"records": 5, "with_doi": 5}, None)) == []
    (note,) = misses(expect, {"records": 8, "with_doi": 7}, None)
    assert note == "expected with_doi at least 100%, found 88% of 8 records read"


def test_the_report_names_what_a_reservation_took_away() -> None:
    _, notes = judge(course(counts={"ok": 3, "reserved": 3, "abstracts_withheld": 2}), Expectations())
    assert len(notes) == 2
    assert notes[0].startswith("2 pages reserve")
    assert json.dumps(notes).count("text and data mining") == 2


def test_pages_that_failed_are_named_with_the_cause() -> None:
    first = {"ok": "https://h.example/1", "wrong_content": "https://h.example/2: empty body", "truncated": "x: cut"}
    outcome, notes = judge(course(counts={"ok": 3, "wrong_content": 13, "truncated": 1}, first=first), Expectations())
    assert outcome is RunOutcome.SUCCEEDED
    assert notes == ["truncated: x: cut", "wrong_content: https://h.example/2: empty body (the first of 13 such pages)"]
