"""Several Sources at once."""

from datetime import UTC, datetime
from itertools import pairwise

from press import PAGES, Press

from harvester.errors import BusyError
from harvester.model.run import RunOutcome
from harvester.model.source import PolitenessRules, Source
from harvester.run import Progress, run_sources
from harvester.run.lease import this_process
from harvester.settings import Settings
from storage.store import Store


def test_two_sources_run_side_by_side_and_are_both_whole(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    both = [source, source.model_copy(update={"id": "hills"})]
    open_at_once: set[frozenset[str]] = set()
    working: set[str] = set()

    def watch(source_id: str, seen: Progress) -> None:
        working.add(source_id)
        open_at_once.add(frozenset(working))

    ended = {one.source_id: one.run for one in run_sources(store, both, settings, at_once=2, on_progress=watch)}
    assert {run and run.outcome for run in ended.values()} == {RunOutcome.SUCCEEDED}
    assert frozenset(ended) in open_at_once
    for source_id in ended:
        assert len(list(store.records.iter(source_id=source_id))) == PAGES
    assert store.check() == []


def test_a_host_that_sources_share_is_asked_in_turn(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    polite = source.model_copy(update={"politeness": PolitenessRules(delay=0.2, timeout=10)})
    both = [polite, polite.model_copy(update={"id": "hills"})]
    assert all(one.run for one in run_sources(store, both, settings, at_once=2, limit=4))
    starts = sorted(press.times)
    assert len(press.articles()) == 8
    assert all(later - earlier >= 0.18 for earlier, later in pairwise(starts))


def test_one_that_is_busy_does_not_keep_the_others(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    with store.begin() as unit:
        store.runs.open(unit, source.id, "first", this_process(), datetime.now(UTC), 60, lambda owner: True)
    both = [source, source.model_copy(update={"id": "hills"})]
    ended = {one.source_id: one for one in run_sources(store, both, settings, at_once=1)}
    assert isinstance(ended[source.id].error, BusyError)
    hills = ended["hills"].run
    assert hills is not None
    assert hills.outcome is RunOutcome.SUCCEEDED
