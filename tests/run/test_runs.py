"""Runs from beginning to end, and how they say what went wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from press import PAGES, PATIENCE_S, Press, assert_whole, start, wait_for_pages

from harvester.errors import BusyError, UsageError
from harvester.model.page import VisitOutcome
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Discovery, Expectations, Source
from harvester.run import Progress, run_source
from harvester.settings import Settings
from storage.pages import PageVisit
from storage.spool import spooled_runs
from storage.store import Store


def test_a_run_harvests_every_article(store: Store, source: Source, settings: Settings, press: Press) -> None:
    seen: list[Progress] = []
    run = run_source(store, source, settings, on_progress=seen.append)
    assert (run.outcome, run.notes, run.resumed_from) == (RunOutcome.SUCCEEDED, (), None)
    assert (run.counts["ok"], run.counts["created"]) == (PAGES, PAGES)
    assert run.ended_at is not None
    assert_whole(store, settings)
    assert seen[-1].run_id == run.id
    assert {headers["user-agent"] for headers in press.articles()} == {press.articles()[0]["user-agent"]}
    assert press.articles()[0]["user-agent"].endswith("(+desk@harvest.example)")
    assert spooled_runs(settings.data_dir / "spool") == []
    assert list((settings.data_dir / "spool").iterdir()) == []


@pytest.mark.fault(56)
def test_the_second_run_asks_conditionally_and_changes_nothing(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    head = store.changes.head()
    press.asked.clear()
    assert run_source(store, source, settings).counts == {}
    assert press.articles() == []
    due = datetime.now(UTC)
    urls = [f"{press.origin}/article/{number}" for number in range(PAGES)]
    visits = [PageVisit(source.id, url, VisitOutcome.NOT_MODIFIED, at=due, next_due=due) for url in urls]
    with store.begin() as unit:  # as if the time of every page had come
        store.pages.record_visits(unit, visits)
    again = run_source(store, source, settings)
    assert again.counts == {"not_modified": PAGES}
    assert all("if-none-match" in headers for headers in press.articles())
    assert len(press.articles()) == PAGES
    assert store.changes.head() == head


@pytest.mark.fault(59)
def test_full_asks_for_everything_again_and_finds_the_change(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    press.edition[7] = "Access to the full text of this article requires a subscription."
    press.asked.clear()
    run = run_source(store, source, settings, full=True)
    assert all("if-none-match" in headers for headers in press.articles())
    assert (run.counts["not_modified"], run.counts["access_changed"]) == (PAGES - 1, 1)
    press.asked.clear()
    run = run_source(store, source, settings, refetch=True)
    assert not any("if-none-match" in headers for headers in press.articles())
    assert run.counts["unchanged"] == PAGES


@pytest.mark.fault(67)
def test_robots_that_answers_503_then_200(store: Store, source: Source, settings: Settings, press: Press) -> None:
    urls = tuple(f"{press.origin}/article/{number}" for number in range(5))
    known = source.model_copy(update={"discovery": (*source.discovery, Discovery(kind="urls", urls=urls))})
    press.robots_status = 503
    run = run_source(store, known, settings)
    assert press.articles() == []
    assert run.outcome is RunOutcome.FAILED
    assert any("robots.txt cannot be read (HTTP 503): nothing is asked" in note for note in run.notes)
    press.robots_status = 200
    assert run_source(store, known, settings).outcome is RunOutcome.SUCCEEDED
    assert_whole(store, settings)


def test_a_limited_run_is_not_held_to_the_number_of_records(store: Store, source: Source, settings: Settings) -> None:
    strict = source.model_copy(update={"expect": Expectations(min_records=PAGES)})
    run = run_source(store, strict, settings, limit=5)
    assert (run.outcome, run.counts["ok"]) == (RunOutcome.SUCCEEDED, 5)


def test_a_missed_expectation_names_field_share_and_threshold(store: Store, source: Source, settings: Settings) -> None:
    strict = source.model_copy(update={"expect": Expectations(bilingual=0.5, min_records=PAGES + 1)})
    run = run_source(store, strict, settings)
    assert run.outcome is RunOutcome.DEGRADED
    assert run.notes == (
        f"expected at least {PAGES + 1} records, there are {PAGES}",
        f"expected bilingual at least 50%, found 0% of {PAGES} records read",
    )


@pytest.mark.fault(72)
def test_robots_that_forbids_everything_is_said(store: Store, source: Source, settings: Settings, press: Press) -> None:
    press.robots = "User-agent: *\nDisallow: /\n"
    run = run_source(store, source, settings)
    assert run.outcome in (RunOutcome.DEGRADED, RunOutcome.FAILED)
    assert press.articles() == []
    assert any("robots" in note for note in run.notes)


@pytest.mark.fault(65)
def test_a_host_that_is_down_is_said(store: Store, source: Source, settings: Settings) -> None:
    nowhere = source.model_copy(
        update={
            "hosts": ("127.0.0.1:1",),
            "discovery": (Discovery(kind="urls", urls=("http://127.0.0.1:1/article/1",)),),
        }
    )
    down = settings.model_copy(update={"private_allow": ("127.0.0.1:1",)})
    run = run_source(store, nowhere, down)
    assert run.outcome is RunOutcome.FAILED
    assert run.notes


def test_without_a_contact_nothing_is_asked(store: Store, source: Source, settings: Settings) -> None:
    with pytest.raises(UsageError):
        run_source(store, source, settings.model_copy(update={"contact": "", "private_allow": ()}))
    assert store.runs.list() == []


def test_a_crawl_that_dies_fails_the_run_with_its_last_words(
    store: Store, source: Source, settings: Settings, tmp_path: Path
) -> None:
    other = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/nowhere/none.db"})
    run = run_source(store, source, other)
    assert run.outcome is RunOutcome.FAILED
    assert "the crawl ended with code 1" in run.notes[0]
    assert "none.db" in run.notes[0]


def test_only_one_run_of_a_source_at_a_time(store: Store, source: Source, settings: Settings, press: Press) -> None:
    press.at_once = 0
    first = start(settings, source, press)
    try:
        wait_for_pages(press, 1)
        with pytest.raises(BusyError) as refusal:
            run_source(store, source, settings)
        assert str(first.pid) in str(refusal.value)
        assert "since" in str(refusal.value)
        assert refusal.value.exit_code == 4
    finally:
        press.let_through()
        out, said = first.communicate(timeout=PATIENCE_S)
    assert Run.model_validate_json(out).outcome is RunOutcome.SUCCEEDED, said
    assert_whole(store, settings)
