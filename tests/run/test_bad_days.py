"""Publishers on bad days: what a Run makes of it, and what the next one puts right."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from press import PAGES, Press, assert_whole

from harvester.model.page import VisitOutcome
from harvester.model.run import ChangeKind, RunOutcome
from harvester.model.source import PolitenessRules, Source
from harvester.run import Progress, run_source
from harvester.settings import Settings
from storage.store import Store

POLITE = PolitenessRules(delay=0.02, timeout=120)


@pytest.mark.fault(39, 40, 41, 42)
def test_passing_failures_cost_no_article(store: Store, source: Source, settings: Settings, press: Press) -> None:
    now = datetime.now(UTC)
    press.faults = {
        "/article/1": [(429, {"Retry-After": "1"})] * 3,
        "/article/2": [(503, {"Retry-After": "1"})],
        "/article/3": [(503, {})],
        "/article/4": [(500, {})],
        "/article/5": [(429, {"Retry-After": format_datetime(now - timedelta(days=3), usegmt=True)})],
        "/article/6": [(503, {"Retry-After": "-5"})],
    }
    run = run_source(store, source, settings)
    assert (run.outcome, run.counts["ok"]) == (RunOutcome.SUCCEEDED, PAGES), run.notes
    assert_whole(store, settings)


@pytest.mark.fault(42)
def test_a_page_that_always_fails_is_given_up_and_tried_by_the_next_run(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.faults = {"/article/7": [(500, {})] * 3}
    run = run_source(store, source, settings)
    assert (run.counts["ok"], run.counts["server_error"]) == (PAGES - 1, 1)
    assert any("/article/7" in note for note in run.notes)
    assert run_source(store, source, settings).counts["created"] == 1
    assert_whole(store, settings)


@pytest.mark.fault(61)
def test_a_host_that_fails_in_the_middle_is_left_alone_and_the_next_run_completes(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    def fail(progress: Progress) -> None:
        if progress.counts.get("created", 0) >= 10:
            press.down = True
            press.let_through()

    press.at_once = 20
    run = run_source(store, source.model_copy(update={"politeness": POLITE}), settings, on_progress=fail)
    assert run.outcome is RunOutcome.DEGRADED
    assert any("keeps failing" in note for note in run.notes)
    assert all(record.deleted_at is None for record in store.records.iter())
    press.down = False
    assert run_source(store, source, settings).outcome is RunOutcome.SUCCEEDED
    assert_whole(store, settings)


@pytest.mark.fault(44)
def test_a_host_whose_pages_read_as_bot_checks_is_left_alone(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.instead = "<html><title>Let's confirm you are no machine</title><body><p>A moment, please.</p></body></html>"
    slow = source.model_copy(update={"politeness": PolitenessRules(delay=0.3)})
    run = run_source(store, slow, settings)
    assert run.outcome is RunOutcome.DEGRADED
    assert any("keeps answering with bot checks" in note for note in run.notes)
    assert len(press.articles()) < PAGES / 2
    assert not list(store.records.iter())


@pytest.mark.fault(57)
def test_a_newer_lastmod_outranks_a_validator_that_never_changes(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.etag = '"for ever"'
    run_source(store, source, settings)
    press.edition[7] = "Access to the full text of this article requires a subscription."
    press.lastmod[7] = datetime.now(UTC).isoformat()
    press.asked.clear()
    run = run_source(store, source, settings)
    assert run.counts == {"ok": 1, "access_changed": 1}
    assert run_source(store, source, settings).counts == {}


@pytest.mark.fault(59, 60)
def test_new_changed_and_withdrawn_articles_are_each_one_change(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.faults = {"/article/1": [(404, {})], "/article/2": []}
    run_source(store, source, settings)
    head = store.changes.head()
    press.edition[7] = "Access to the full text of this article requires a subscription."
    press.faults = {"/article/2": [(410, {})]}
    run_source(store, source, settings, full=True)
    changes = {change.kind: store.records.get(change.record_id) for change in store.changes.since(head)}
    assert {kind: record and record.url.rpartition("/")[2] for kind, record in changes.items()} == {
        ChangeKind.CREATED: "1",
        ChangeKind.ACCESS_CHANGED: "7",
        ChangeKind.DELETED: "2",
    }
    gone = changes[ChangeKind.DELETED]
    assert gone is not None
    assert gone.deletion_reason == "gone"


@pytest.mark.fault(62)
def test_when_a_fifth_of_the_articles_is_missing_the_run_is_degraded_and_nothing_deleted(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    press.faults = {f"/article/{n}": [(410, {})] for n in range(PAGES // 4)}
    run = run_source(store, source, settings, full=True)
    assert run.outcome is RunOutcome.DEGRADED
    assert any("no record was deleted" in note for note in run.notes)
    assert all(record.deleted_at is None for record in store.records.iter())
    assert store.pages.counts(source.id)[VisitOutcome.GONE] == PAGES // 4


@pytest.mark.fault(45, 62)
def test_a_new_template_that_says_nothing_is_told_and_keeps_every_record(
    store: Store, source: Source, settings: Settings, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_source(store, source, settings)
    before = {record.id: record.titles for record in store.records.iter()}
    bare = "<!DOCTYPE html><html><head><title>Our new home</title></head><body><p>Please wait.</p></body></html>"
    monkeypatch.setattr(Press, "article", lambda self, number: bare)
    run = run_source(store, source, settings, full=True)
    assert run.outcome is RunOutcome.DEGRADED
    assert any("template has changed" in note for note in run.notes), run.notes
    assert {record.id: record.titles for record in store.records.iter()} == before


@pytest.mark.fault(99)
def test_session_and_tracking_parameters_make_no_second_page(
    store: Store, source: Source, settings: Settings, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Press.answer

    def answer(self: Press, path: str) -> tuple[int, str, str]:
        status, kind, text = plain(self, path)
        junk = (";jsessionid=1A2B", "?utm_source=x", "?PHPSESSID=99&amp;utm_medium=y", "#top")
        return (
            status,
            kind,
            text
            if path != "/sitemap.xml"
            else text.replace(
                "</urlset>",
                "".join(f"<url><loc>{self.origin}/article/3{each}</loc></url>" for each in junk) + "</urlset>",
            ),
        )

    monkeypatch.setattr(Press, "answer", answer)
    run_source(store, source, settings)
    assert len(press.articles()) == PAGES
    assert_whole(store, settings)
