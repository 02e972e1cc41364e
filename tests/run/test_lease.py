"""Who holds a Source."""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from press import PAGES, PATIENCE_S, Press, assert_whole, wait_for_pages
from sqlalchemy import select

from harvester.errors import BusyError
from harvester.ingest import LeaseLostError
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Source
from harvester.run import Progress, run, run_source
from harvester.run.lease import is_alive, process, this_process
from harvester.settings import Settings
from storage.store import Store
from storage.tables import leases


def test_a_run_that_lost_its_lease_stores_nothing_more(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.at_once = 20
    successor: list[Run] = []

    def take_over(progress: Progress) -> None:
        if progress.counts and not successor:
            with store.begin() as unit:
                now, me = datetime.now(UTC), this_process()
                successor.append(store.runs.open(unit, source.id, "successor", me, now, 60, lambda owner: False))
            press.let_through()

    with pytest.raises(LeaseLostError):
        run_source(store, source, settings, on_progress=take_over)
    latest, lost = store.runs.list()
    assert (latest.id, latest.outcome) == ("successor", RunOutcome.RUNNING)
    assert (lost.id, lost.outcome) == (latest.resumed_from, RunOutcome.INTERRUPTED)
    with store.begin() as unit:
        store.runs.close(unit, "successor", RunOutcome.INTERRUPTED, {}, [], datetime.now(UTC))
    assert run_source(store, source, settings).outcome is RunOutcome.SUCCEEDED
    assert_whole(store, settings)


def test_a_process_is_known_by_more_than_its_number() -> None:
    me = this_process()
    assert me.pid == os.getpid()
    assert is_alive(me)
    assert not is_alive(me.__class__(me.host, me.pid, "another boot"))
    assert is_alive(me.__class__("elsewhere", me.pid, ""))


def test_an_ended_process_is_dead_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = process(child.pid)
    assert is_alive(owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(owner)
    child.wait()
    assert not is_alive(owner)
    assert child.stdin
    child.stdin.close()


def lease_end(store: Store) -> datetime:
    with store.snapshot() as connection:
        return connection.execute(select(leases.c.expires_at)).scalar_one()


def test_a_run_that_waits_while_another_reads_keeps_its_lease(
    store: Store, source: Source, settings: Settings, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "LEASE_S", 1.5)
    ended: list[Run] = []
    work = threading.Thread(target=lambda: ended.append(run_source(store, source, settings)))
    with run._READING:
        work.start()
        wait_for_pages(press, PAGES)
        ends = [lease_end(store)]
        while len(ends) < 4:
            time.sleep(0.02)
            if (end := lease_end(store)) > ends[-1]:
                ends.append(end)
                with pytest.raises(BusyError), store.begin() as unit:
                    store.runs.open(unit, source.id, "next", this_process(), end - timedelta(seconds=1), 60, is_alive)
    work.join(PATIENCE_S)
    assert [one.outcome for one in ended] == [RunOutcome.SUCCEEDED]
    assert_whole(store, settings)
