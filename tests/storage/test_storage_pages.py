"""The frontier: what is due, who takes it, what a visit leaves."""

from datetime import datetime, timedelta

from harvester.model.page import VisitOutcome
from storage.pages import PageVisit
from storage.store import Store

URLS = [f"https://publisher.test/article/{n}" for n in range(5)]
DAY = timedelta(days=1)


def discover(store: Store, now: datetime, *found: tuple[str, datetime | None]) -> int:
    with store.begin() as unit:
        return store.pages.discover(unit, "alpha", found, now)


def claim(store: Store, now: datetime, run_id: str = "run-1", limit: int = 10) -> list[str]:
    with store.begin() as unit:
        return [item.url for item in store.pages.claim(unit, "alpha", run_id, now, limit)]


def visit(store: Store, url: str, now: datetime, outcome: VisitOutcome = VisitOutcome.OK, **more: object) -> None:
    with store.begin() as unit:
        values = {"next_due": now + 7 * DAY} | more
        store.pages.record_visits(unit, [PageVisit("alpha", url, outcome, now, **values)])  # type: ignore[arg-type]


def test_new_urls_are_counted_once_and_due_at_once(store: Store, now: datetime) -> None:
    assert discover(store, now, *((url, None) for url in [*URLS, URLS[0]])) == 5
    assert discover(store, now, (URLS[0], None), ("https://publisher.test/article/9", None)) == 1
    assert store.pages.due_count("alpha", now) == 6
    assert store.pages.due_count("beta", now) == 0


def test_a_run_takes_each_url_once_and_its_successor_takes_what_it_left(store: Store, now: datetime) -> None:
    discover(store, now, *((url, None) for url in URLS))
    assert claim(store, now, "run-1", 3) == URLS[:3]
    assert claim(store, now, "run-1", 3) == URLS[3:]
    assert claim(store, now, "run-1") == []
    visit(store, URLS[0], now)
    assert claim(store, now, "run-2") == URLS[1:]


def test_the_earliest_due_comes_first(store: Store, now: datetime) -> None:
    discover(store, now, (URLS[0], None))
    discover(store, now - DAY, (URLS[1], None))
    assert claim(store, now) == [URLS[1], URLS[0]]


def test_a_visited_page_waits_until_due_or_until_a_newer_lastmod(store: Store, now: datetime) -> None:
    discover(store, now, (URLS[0], now - DAY), (URLS[1], None), (URLS[2], None))
    for url in URLS[:3]:
        visit(store, url, now)
    discover(store, now, (URLS[0], now - DAY), (URLS[1], now - DAY), (URLS[2], None))
    assert store.pages.due_count("alpha", now) == 0
    later = now + DAY
    discover(store, later, (URLS[0], now - DAY / 2), (URLS[1], now + DAY / 2))
    assert claim(store, later, "run-2") == URLS[:2]
    assert claim(store, now + 8 * DAY, "run-3") == [*URLS[:2], URLS[2]]


def test_a_lastmod_from_the_future_is_not_believed(store: Store, now: datetime) -> None:
    discover(store, now, (URLS[0], None))
    visit(store, URLS[0], now)
    discover(store, now, (URLS[0], now + 400 * DAY))
    assert store.pages.due_count("alpha", now) == 0


def test_validators_come_with_a_body_and_survive_a_failure(store: Store, now: datetime) -> None:
    discover(store, now, (URLS[0], None))
    visit(store, URLS[0], now, etag='"1"', last_modified="then", digest="sha256:1", record_id="r1")
    visit(store, URLS[0], now, VisitOutcome.SERVER_ERROR, detail="503", failures=2)
    state = store.pages.get("alpha", URLS[0])
    assert state is not None
    assert (state.etag, state.digest, state.record_id, state.failures) == ('"1"', "sha256:1", "r1", 2)
    assert (state.outcome, state.detail, state.visited_at) == (VisitOutcome.SERVER_ERROR, "503", now)
    visit(store, URLS[0], now, VisitOutcome.NOT_MODIFIED, etag='"2"')
    visit(store, URLS[0], now, digest="sha256:2")
    state = store.pages.get("alpha", URLS[0])
    assert state is not None and (state.etag, state.last_modified, state.digest) == (None, None, "sha256:2")


def test_a_full_run_makes_all_due_and_forgets_validators_when_asked(store: Store, now: datetime) -> None:
    discover(store, now, *((url, None) for url in URLS))
    for url in URLS:
        visit(store, url, now, etag='"1"', digest="sha256:1")
    with store.begin() as unit:
        store.pages.make_all_due(unit, "alpha", now)
        items = store.pages.claim(unit, "alpha", "run-2", now, 10)
        assert [item.etag for item in items] == ['"1"'] * len(URLS)
        store.pages.make_all_due(unit, "alpha", now, afresh=True)
        items = store.pages.claim(unit, "alpha", "run-3", now, 10)
    assert [(item.url, item.etag) for item in items] == [(url, None) for url in URLS]


def test_outcomes_are_counted_and_states_read_in_one_go(store: Store, now: datetime) -> None:
    discover(store, now, *((url, None) for url in URLS))
    visit(store, URLS[0], now)
    visit(store, URLS[1], now, VisitOutcome.GONE, next_due=None)
    visit(store, "https://publisher.test/imported", now)
    assert store.pages.counts("alpha") == {VisitOutcome.OK: 2, VisitOutcome.GONE: 1}
    states = store.pages.states("alpha", [*URLS, "https://publisher.test/unknown"])
    assert set(states) == set(URLS)
    assert states[URLS[1]].due is None


def test_news_that_were_none_are_taken_up_within_a_week_only(store: Store, now: datetime) -> None:
    liar, honest, quiet = URLS[:3]
    discover(store, now, *((url, now - DAY) for url in URLS[:3]))
    for url in URLS[:3]:
        visit(store, url, now, digest="sha256:1", etag="1", next_due=now + 30 * DAY)
    first = now + DAY
    discover(store, first, (liar, first), (honest, first))
    assert claim(store, first, "run-2") == [liar, honest]
    visit(store, liar, first, VisitOutcome.NOT_MODIFIED, digest="sha256:1", etag="1", next_due=first + 30 * DAY)
    visit(store, honest, first, digest="sha256:2", etag="2", next_due=first + 30 * DAY)
    visit(store, quiet, first, VisitOutcome.NOT_MODIFIED, next_due=first + 30 * DAY)
    later = now + 2 * DAY
    for hours in range(2):
        moment = later + hours * DAY / 24
        discover(store, moment, *((url, moment) for url in URLS[:3]))
    assert claim(store, later + DAY, "run-3") == [honest, quiet]
    with store.begin() as unit:
        tags = {item.url: item.etag for item in store.pages.claim(unit, "alpha", "run-4", later + 7 * DAY, 9)}
    assert tags == {liar: "1", honest: None, quiet: None}
