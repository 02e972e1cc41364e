"""Stops, kill -9, and what the next Run makes of them."""

import random
import signal
import threading
import time

import pytest
from press import PAGES, PATIENCE_S, Press, assert_archived, assert_whole, start, wait_for_pages
from sqlalchemy import select

from harvester.errors import HarvesterError
from harvester.model.run import Run, RunOutcome
from harvester.model.source import PolitenessRules, Source
from harvester.run import run_source
from harvester.settings import Settings
from storage.spool import spooled_runs
from storage.store import Store
from storage.tables import spool_segments

POLITE = PolitenessRules(delay=0.04, timeout=120)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.fault(2)
def test_a_stopped_run_keeps_what_it_fetched_and_the_next_goes_on(
    store: Store, source: Source, settings: Settings, press: Press, number: signal.Signals
) -> None:
    press.at_once, press.hold_s = 30, 1.0
    running = start(settings, source.model_copy(update={"politeness": POLITE}), press)
    wait_for_pages(press, 31)
    running.send_signal(number)
    out, said = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said
    stopped = Run.model_validate_json(out)
    assert stopped.outcome is RunOutcome.INTERRUPTED
    kept = len(list(store.records.iter()))
    assert 0 < kept == stopped.counts["created"] < PAGES
    press.let_through()
    press.asked.clear()
    run = run_source(store, source, settings)
    assert run.resumed_from == stopped.id
    assert len(press.articles()) == PAGES - kept
    assert_whole(store, settings)


def test_stop_may_be_asked_from_another_thread(store: Store, source: Source, settings: Settings, press: Press) -> None:
    press.at_once, press.hold_s = 3, 1.0
    stop = threading.Event()

    def ask() -> None:
        wait_for_pages(press, 4)
        stop.set()

    threading.Thread(target=ask, daemon=True).start()
    polite = source.model_copy(update={"politeness": POLITE})
    assert run_source(store, polite, settings, stop=stop).outcome is RunOutcome.INTERRUPTED


def test_an_operator_may_ask_it_to_stop_through_the_database(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.at_once, press.hold_s = 3, 1.0

    def ask() -> None:
        wait_for_pages(press, 4)
        assert store.transact(lambda unit: store.runs.ask_to_stop(unit, "a-run", "maud"))

    threading.Thread(target=ask, daemon=True).start()
    polite = source.model_copy(update={"politeness": POLITE})
    run = run_source(store, polite, settings, run_id="a-run")
    assert run.outcome is RunOutcome.INTERRUPTED
    assert "stopped by maud" in run.notes
    assert not store.transact(lambda unit: store.runs.ask_to_stop(unit, "a-run", "maud"))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.fault(1, 4, 9)
def test_kill_9_loses_nothing_and_doubles_nothing(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    chance = random.Random(20261122)
    polite = source.model_copy(update={"politeness": POLITE})
    for _ in range(5):
        press.let_through(press.count + 10)
        running = start(settings, polite, press)
        wait_for_pages(press, 1)
        time.sleep(chance.random() * 0.5)  # any moment of fetching, spooling, archiving and committing
        running.kill()
        running.communicate()
        assert store.check() == []
        latest = store.runs.list()[0]
        assert latest.counts.get("created", 0) == created_by(store, latest.id)
        for record in store.records.iter():
            assert_archived(store, settings, record)
    press.let_through()
    run = run_source(store, source, settings)
    assert run.outcome is RunOutcome.SUCCEEDED, run.notes
    assert run.resumed_from is not None
    assert_whole(store, settings)
    assert [one.outcome for one in store.runs.list()][1:] == [RunOutcome.INTERRUPTED] * 5
    assert len(press.articles()) <= PAGES + 5  # one in flight at each kill
    assert spooled_runs(settings.data_dir / "spool") == []
    with store.begin() as unit:
        assert len(unit.connection.execute(select(spool_segments.c.name)).all()) <= PAGES, "only of the last run"
    names = [one.id for one in store.runs.list()[1:]]
    assert not any(store.runs.is_segment_done(f"{name}-000001.seg") for name in names)


def created_by(store: Store, run_id: str) -> int:
    return sum(record.provenance.run_id == run_id for record in store.records.iter())


@pytest.mark.fault(1)
def test_what_a_dead_run_spooled_is_taken_in_without_asking_again(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.at_once, in_flight = 30, 16
    running = start(settings, source, press)
    wait_for_pages(press, 30 + in_flight)
    with store.begin():  # nothing can be taken in while another writes
        press.let_through(40)
        wait_for_pages(press, 10)  # a page is asked for when the one before lies in the spool
        running.kill()
        running.communicate()
    press.asked.clear()
    press.let_through()
    run = run_source(store, source, settings)
    assert len(press.articles()) <= PAGES - 40
    assert any("interrupted run" in note for note in run.notes)
    assert_whole(store, settings)


@pytest.mark.fault(14)
def test_a_broken_archive_folder_stops_the_run_with_its_name(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    settings.data_dir.mkdir(exist_ok=True)
    (settings.data_dir / "archive").write_text("in the way")
    with pytest.raises(HarvesterError, match="archive"):
        run_source(store, source, settings)
    (run,) = store.runs.list()
    assert run.outcome is RunOutcome.FAILED
    assert list(store.records.iter()) == []
    (settings.data_dir / "archive").unlink()
    assert run_source(store, source, settings).outcome is RunOutcome.SUCCEEDED
    assert_whole(store, settings)
