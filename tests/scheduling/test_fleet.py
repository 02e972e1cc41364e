"""A scheduler and workers in processes of their own: hosts in turn, and a worker that is killed is missed by nobody."""

import subprocess
import sys
from pathlib import Path

import postgres
import pytest
from serving import ROOT, environment, until
from yard import kill_in_the_middle, yard

from harvester.model.run import RunOutcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
DELAY_S = 0.3


@pytest.mark.fault(7, 9)
def test_hosts_are_asked_in_turn_and_a_killed_worker_is_missed_by_nobody(
    postgresql: postgres.Postgres, tmp_path: Path
) -> None:
    with yard(tmp_path, postgresql.database(), hosts=2, articles=8, delay=DELAY_S) as place:
        place.ask_for_all()
        with place.scheduler() as scheduler:
            seen = kill_in_the_middle(place, share=1)
            assert seen.most_at_once == 1
            assert seen.least_gap_s >= DELAY_S
            assert seen.records == seen.articles == 32
            assert seen.asked_twice <= seen.hosts_held
            for name in place.sources:
                assert len(place.store.schedules.fires(name)) == 1
                assert place.store.runs.list(name)[0].outcome is RunOutcome.SUCCEEDED
            until(lambda: scheduler.get("/readyz")[1]["runs"] == {"at_work": 0, "waiting": 0})
            assert scheduler.stop() <= 30
        assert place.store.check() == []


@pytest.mark.parametrize("verb", ["scheduler", "worker"])
def test_a_database_that_is_a_file_is_refused_with_the_way_out(verb: str, tmp_path: Path) -> None:
    told = environment(tmp_path, f"sqlite:///{tmp_path}/harvester.db", tmp_path / "seeds", "")
    command = [sys.executable, "-m", "harvester.cli", verb]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "PostgreSQL" in done.stderr
    assert "harvester serve" in done.stderr
    assert not (tmp_path / "harvester.db").exists()
