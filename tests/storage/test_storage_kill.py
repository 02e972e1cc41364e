"""kill -9 at random moments: whatever was committed is whole, whatever was spooled is readable."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from test_storage_archive import sound

from storage.archive import read, recover
from storage.spool import SpoolReader, leftovers, spooled_runs
from storage.store import Store

ROUNDS = 8
_CHILD = Path(__file__).parent / "endless_writer.py"
_ROOT = Path(__file__).parents[2]


def _die_at_work(folder: Path, run_id: str, batches: int, seconds: float) -> None:
    child = subprocess.Popen(
        [sys.executable, str(_CHILD), str(folder), run_id],
        cwd=_ROOT,
        env={"PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for _ in range(1 + batches):
        assert child.stdout.readline() == "at work\n"
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(seconds)
    child.kill()
    child.wait()
    child.stdout.close()


@pytest.mark.fault(3, 4, 21)
def test_nothing_committed_is_lost_and_nothing_torn_stays(tmp_path: Path) -> None:
    random.seed(20260301)
    committed = 0
    for n in range(ROUNDS):
        _die_at_work(tmp_path, f"run-{n:03d}", n % 3, random.uniform(0.02, 0.4))
        with Store.open(f"sqlite:///{tmp_path}/harvester.sqlite") as store:
            assert store.check() == []
            found = recover(tmp_path / "archive", "alpha", store.archive_index.committed_lengths("alpha"))
            assert found.missing == ()
            entries = list(store.archive_index.iterate("alpha"))
            for entry in entries:
                page = read(tmp_path / "archive", entry.pointer)
                assert (page.url, page.body) == (entry.url, f"{entry.url} ".encode() * 200)
            for path in (tmp_path / "archive" / "alpha").glob("*"):
                sound(path)
            records = {record.url: record.id for record in store.records.iter()}
            assert records == {entry.url: entry.record_id for entry in entries}
            assert [c.record_id for c in store.changes.since(0, 10**6)] == [e.record_id for e in _by_time(entries)]
            _spool_is_whole(tmp_path / "spool", set(records))
            assert len(records) >= committed
            committed = len(records)
    assert committed > 0


def _by_time(entries: list) -> list:  # type: ignore[type-arg]
    return sorted(entries, key=lambda entry: (entry.pointer.file, entry.pointer.offset))


def _spool_is_whole(spool: Path, recorded: set[str]) -> None:
    """Every page was spooled before it was recorded, and all but the frame in the making can be read."""
    segments = leftovers(spool, spooled_runs(spool))
    visits = [visit for path in segments for visit in SpoolReader.read(path)]
    assert all(visit.page and visit.page.body == f"{visit.url} ".encode() * 200 for visit in visits)
    assert recorded <= {visit.url for visit in visits}
