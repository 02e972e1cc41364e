"""Several Sources at once."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from press import PAGES, ROOT, Press, wait_for_pages

from harvester.errors import BusyError
from harvester.model.run import Run, RunOutcome
from harvester.model.source import PolitenessRules, Source
from harvester.run import Progress, run_sources
from harvester.run.lease import this_process
from harvester.settings import Settings
from storage.spool import spooled_runs
from storage.store import Store

SIDE_BY_SIDE = """
import sys
from harvester.model.source import Source
from harvester.run import run_sources
from harvester.settings import Settings
from storage.store import Store

settings = Settings.model_validate_json(sys.argv[1])
sources = [Source.model_validate_json(one) for one in sys.argv[2:]]
with Store.open(settings.database_url) as store:
    for ended in run_sources(store, sources, settings, at_once=2):
        print(ended.run.model_dump_json(), flush=True)
"""


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
    polite = source.model_copy(update={"politeness": PolitenessRules(delay=0.4, timeout=10)})
    both = [polite, polite.model_copy(update={"id": "hills"})]
    assert all(one.run for one in run_sources(store, both, settings, at_once=2, limit=4))
    starts = sorted(press.times)
    assert len(press.articles()) == 8
    assert all(later - earlier >= 0.4 for earlier, later in pairwise(starts))


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


def test_one_that_fails_unexpectedly_does_not_keep_the_others(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    def watch(source_id: str, seen: Progress) -> None:
        if source_id == source.id:
            raise RuntimeError("boom")

    both = [source, source.model_copy(update={"id": "hills"})]
    ended = {one.source_id: one for one in run_sources(store, both, settings, at_once=2, on_progress=watch)}
    assert "RuntimeError boom" in str(ended[source.id].error)
    hills = ended["hills"].run
    assert hills is not None
    assert hills.outcome is RunOutcome.SUCCEEDED


@pytest.mark.fault(2)
def test_a_signal_ends_all_runs_in_good_order(store: Store, source: Source, settings: Settings, press: Press) -> None:
    press.delay = 0.1
    both = [source.model_copy(update={"id": name}) for name in ("valley", "hills", "never-begun")]
    words = [settings.model_dump_json(), *(one.model_dump_json() for one in both)]
    running = subprocess.Popen(
        [sys.executable, "-c", SIDE_BY_SIDE, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_pages(press, 40)
    began = time.monotonic()
    running.send_signal(signal.SIGTERM)
    out, said = running.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert running.returncode == 0, said
    runs = [Run.model_validate_json(line) for line in out.splitlines()]
    assert {(run.source_id, run.outcome) for run in runs} == {
        ("valley", RunOutcome.INTERRUPTED),
        ("hills", RunOutcome.INTERRUPTED),
    }
    kept = len(list(store.records.iter()))
    assert 0 < kept == sum(run.counts.get("created", 0) for run in runs)
    assert spooled_runs(settings.data_dir / "spool") == []
    assert store.check() == []
