"""A site whose markup changes between two Runs: the second says what fell, and what was good is kept."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from press import PAGES, Press

from harvester.model.record import Record
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Expectations, ReadRules, SelectorRule, Source
from harvester.run import run_source
from harvester.run.importing import Import
from harvester.run.replay import replay_source
from harvester.run.run import _Work
from harvester.settings import Settings
from storage.archive import read
from storage.store import Store

WORDS = '<meta name="citation_keywords" content="fog lore; valley {0}; barometer">'
CHANGED = frozenset(range(PAGES))


class Weekly:
    """The press with keywords; from `changed` on its articles show them, and the DOI, in a way no rule reads."""

    def __init__(self, press: Press) -> None:
        self.press, self.plain, self.changed = press, press.article, frozenset[int]()
        press.article = self.article  # type: ignore[method-assign]

    def article(self, number: int) -> str:
        text = self.plain(number).replace("</head>", WORDS.format(number) + "</head>")
        if number not in self.changed:
            return text
        doi = f'<meta name="citation_doi" content="10.5555/valley.{number}">'
        assert doi in text
        text = text.replace(WORDS.format(number), "").replace(doi, "")
        words = f"<li>fog lore</li><li>valley {number}</li><li>barometer</li>"
        return text.replace("<h2>", f'<ul class="topics" data-cite="10.5555/valley.{number}">{words}</ul><h2>')


@pytest.fixture
def weekly(press: Press) -> Weekly:
    return Weekly(press)


def records(store: Store) -> dict[str, Record]:
    return {record.url: record for record in store.records.iter()}


def again(store: Store, source: Source, settings: Settings) -> Run:
    return run_source(store, source, settings, full=True)


def replayed(store: Store, source: Source, settings: Settings, *, accept: bool = False) -> Counter[str]:
    return replay_source(store, source, settings, lambda page: None, dry_run=False, accept=accept)


MENDED = ReadRules(keywords=(SelectorRule(css="ul.topics li"),), doi=(SelectorRule(css="ul.topics", attr="data-cite"),))


@pytest.mark.fault(150)
def test_the_second_run_is_degraded_names_the_fields_and_keeps_the_good_data(
    store: Store, source: Source, settings: Settings, weekly: Weekly
) -> None:
    first = run_source(store, source, settings)
    assert (first.outcome, first.notes) == (RunOutcome.SUCCEEDED, ())
    assert (first.seen["records"], first.seen["keywords"], first.seen["doi"]) == (PAGES, PAGES, PAGES)
    before, head = records(store), store.changes.head()
    weekly.changed = CHANGED
    for _ in range(2):  # it is told, and held, again
        run = again(store, source, settings)
        said = " ".join(run.notes)
        assert run.outcome is RunOutcome.DEGRADED
        assert f"DOI ({PAGES} of {PAGES}), keywords ({PAGES} of {PAGES}); their records were kept" in said
        assert f"keywords: from 100% to 0% of {PAGES} records read" in said
        assert run.counts == {"ok": PAGES, "kept_old": PAGES}
        assert records(store) == before
        assert store.changes.head() == head
    assert "since 20" in said
    weekly.changed = frozenset()
    assert again(store, source, settings).outcome is RunOutcome.SUCCEEDED
    assert records(store) == before


def test_what_one_article_loses_is_news(store: Store, source: Source, settings: Settings, weekly: Weekly) -> None:
    run_source(store, source, settings)
    weekly.changed = frozenset((7,))
    run = again(store, source, settings)
    assert (run.outcome, run.counts) == (RunOutcome.SUCCEEDED, {"ok": 1, "updated": 1, "not_modified": PAGES - 1})
    record = records(store)[f"{weekly.press.origin}/article/7"]
    assert record.keywords == {}
    pointer = store.archive_index.pointer(record.id)
    assert pointer and read(settings.data_dir / "archive", pointer).fetched_at == record.provenance.fetched_at
    assert again(store, source, settings).counts == {"not_modified": PAGES}


def test_losses_that_come_a_page_at_a_time_add_up(
    store: Store, source: Source, settings: Settings, weekly: Weekly
) -> None:
    run_source(store, source, settings)
    outcomes = []
    for number in range(3):
        weekly.changed = frozenset(range(number + 1))
        outcomes.append(again(store, source, settings).outcome)
    good = RunOutcome.SUCCEEDED
    assert outcomes == [good, good, RunOutcome.DEGRADED]
    assert records(store)[f"{weekly.press.origin}/article/2"].keywords


def test_replay_takes_in_what_was_held_back_once_the_rules_are_mended(
    store: Store, source: Source, settings: Settings, weekly: Weekly
) -> None:
    run_source(store, source, settings)
    before = records(store)
    weekly.changed = CHANGED
    again(store, source, settings)
    assert replayed(store, source, settings)["kept_old"] == PAGES
    half = source.model_copy(update={"read": ReadRules(keywords=MENDED.keywords), "digest": "half"})
    assert replayed(store, half, settings)["kept_old"] == PAGES  # the DOI is still not found
    assert {url: record.identifier("doi") for url, record in records(store).items()} == {
        url: record.identifier("doi") for url, record in before.items()
    }
    weekly.press.asked.clear()
    mended = source.model_copy(update={"read": MENDED, "digest": "mended"})
    assert replayed(store, mended, settings)["kept_old"] == 0
    after = records(store)
    for url, record in after.items():
        assert record.keywords["en"].items == before[url].keywords["en"].items
        assert record.identifier("doi") == before[url].identifier("doi")
    assert weekly.press.asked == []
    assert again(store, mended, settings).outcome is RunOutcome.SUCCEEDED


def test_rules_that_read_only_the_new_pages_take_nothing_from_the_records_in_between(
    store: Store, source: Source, settings: Settings, weekly: Weekly
) -> None:
    weekly.press.article = lambda number: weekly.article(number).replace("citation_", "cited_")  # type: ignore[method-assign]
    old = ReadRules(
        title=(SelectorRule(css="h1"),),
        keywords=(SelectorRule(css="meta[name=cited_keywords]", attr="content", split=";"),),
    )
    source = source.model_copy(update={"read": old, "digest": "old"})
    run_source(store, source, settings)
    before, head = records(store), store.changes.head()
    assert all(record.keywords for record in before.values())
    weekly.changed = CHANGED
    assert again(store, source, settings).outcome is RunOutcome.DEGRADED
    new = ReadRules(title=old.title, keywords=(SelectorRule(css="ul.topics li"),))
    mended = source.model_copy(update={"read": new, "digest": "new"})
    assert replayed(store, mended, settings)["kept_old"] == 0
    assert {url: record.keywords["en"].items for url, record in records(store).items()} == {
        url: record.keywords["en"].items for url, record in before.items()
    }
    assert store.changes.head() == head
    assert again(store, mended, settings).outcome is RunOutcome.SUCCEEDED


def test_what_the_operator_accepts_is_expected_from_then_on(
    store: Store, source: Source, settings: Settings, weekly: Weekly
) -> None:
    run_source(store, source, settings)
    weekly.changed = CHANGED
    assert again(store, source, settings).outcome is RunOutcome.DEGRADED
    replayed(store, source, settings, accept=True)
    run = run_source(store, source, settings, refetch=True)
    assert (run.outcome, run.notes) == (RunOutcome.SUCCEEDED, ())


def test_pages_that_come_due_after_the_word_was_given_are_meant_by_it_too(
    store: Store, source: Source, settings: Settings, weekly: Weekly
) -> None:
    run_source(store, source, settings)
    before = records(store)
    weekly.changed = CHANGED
    assert run_source(store, source, settings, full=True, limit=PAGES // 2).outcome is RunOutcome.DEGRADED
    replayed(store, source, settings, accept=True)
    run = run_source(store, source, settings)  # the other half
    assert (run.outcome, run.notes) == (RunOutcome.SUCCEEDED, ())
    assert run.counts == {"ok": PAGES - PAGES // 2, "updated": PAGES - PAGES // 2}
    assert not any(record.keywords for record in records(store).values())
    weekly.changed = frozenset()
    assert again(store, source, settings).outcome is RunOutcome.SUCCEEDED  # and they are back
    assert {url: record.keywords for url, record in records(store).items()} == {
        url: record.keywords for url, record in before.items()
    }
    weekly.changed = CHANGED
    assert again(store, source, settings).outcome is RunOutcome.DEGRADED  # which ends what was accepted
    assert all(record.keywords for record in records(store).values())


def test_what_is_learnt_can_be_switched_off(store: Store, source: Source, settings: Settings, weekly: Weekly) -> None:
    plain = source.model_copy(update={"expect": Expectations(learned=False)})
    run_source(store, plain, settings)
    weekly.changed = CHANGED
    run = again(store, plain, settings)
    assert run.outcome is RunOutcome.DEGRADED  # what was good is kept all the same, and that is told
    assert not any(note.startswith("keywords: from") for note in run.notes)


def test_a_run_that_is_stopped_leaves_what_it_held_to_the_next(
    store: Store, source: Source, settings: Settings, weekly: Weekly, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_source(store, source, settings)
    before = records(store)
    weekly.changed = CHANGED
    honest = _Work._follow

    def follow(self: _Work, child: object) -> None:
        honest(self, child)  # type: ignore[arg-type]
        self.stop.set()

    with monkeypatch.context() as patch:
        patch.setattr(_Work, "_follow", follow)
        assert again(store, source, settings).outcome is RunOutcome.INTERRUPTED
    assert records(store) == before
    assert store.pages.due_count(source.id, datetime.now(UTC)) == PAGES
    run = run_source(store, source, settings)
    assert (run.outcome, run.counts["kept_old"]) == (RunOutcome.DEGRADED, PAGES)


def test_pages_saved_elsewhere_are_the_operators_own_word(
    store: Store, source: Source, settings: Settings, weekly: Weekly
) -> None:
    run_source(store, source, settings)
    weekly.changed = CHANGED
    pointers = [store.archive_index.pointer(record.id) for record in records(store).values()]
    pages = [read(settings.data_dir / "archive", pointer) for pointer in pointers if pointer]
    with Import(store, source, settings) as taken:
        for page in pages:
            body = weekly.article(int(page.url.rpartition("/")[2])).encode()
            taken.add(page.model_copy(update={"body": body, "fetched_at": datetime.now(UTC)}))
    assert taken.counts["updated"] == PAGES
