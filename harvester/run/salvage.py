"""What a Run that died left behind: its crawl, its spool segments, tails of archive files."""

import contextlib
import json
import os
import signal
import time
from functools import partial
from pathlib import Path

from harvester.run.lease import is_alive, process
from storage.archive import Recovery, recover
from storage.runs import Owner
from storage.spool import leftovers, spooled_runs
from storage.store import Store

_NOTE = ".crawl"
_PATIENCE_S = 3.0


def note_crawl(spool: Path, run_id: str, pid: int) -> None:
    """Remember which process crawls for a Run, for whoever has to clean up after it."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = process(pid)
    text = json.dumps({"host": owner.host, "pid": owner.pid, "started": owner.started})
    (spool / f"{run_id}{_NOTE}").write_text(text, encoding="utf-8")


def forget_crawl(spool: Path, run_id: str) -> None:
    """The crawl has ended."""
    (spool / f"{run_id}{_NOTE}").unlink(missing_ok=True)


def left_behind(store: Store, spool: Path, source_id: str, run_id: str) -> list[Path]:
    """Spool segments of this Source's earlier Runs, oldest first; crawls of theirs that still work are ended."""
    earlier = [one for one in _noted(spool) | {*spooled_runs(spool)} if one != run_id and _is_of(store, one, source_id)]
    for dead in earlier:
        _end_crawl(spool, dead)
        store.transact(partial(store.hosts.end_turns_of, owner=dead))
    return leftovers(spool, sorted(earlier))


def tidy_spool(spool: Path, source_id: str, run_id: str, store: Store) -> None:
    """Remove marks of earlier Runs whose segments have all been taken in, and the notes that they have."""
    waiting = {*spooled_runs(spool)}
    store.transact(lambda unit: store.runs.forget_segments(unit, waiting | {run_id, *store.runs.at_work(unit)}))
    for mark in spool.glob("*.done"):
        if mark.stem not in waiting and mark.stem != run_id and _is_of(store, mark.stem, source_id):
            mark.unlink(missing_ok=True)


def cut_archive_tails(store: Store, archive: Path, source_id: str) -> Recovery:
    """Cut off what was archived but never committed."""
    return recover(archive, source_id, store.archive_index.committed_lengths(source_id))


def _noted(spool: Path) -> set[str]:
    return {path.stem for path in spool.glob(f"*{_NOTE}")}


def _is_of(store: Store, run_id: str, source_id: str) -> bool:
    run = store.runs.get(run_id)
    return run is not None and run.source_id == source_id


def _end_crawl(spool: Path, run_id: str) -> None:
    """An orphaned crawl stops by itself; one that is slow about it would still write to the spool we take over."""
    try:
        owner = Owner(**json.loads((spool / f"{run_id}{_NOTE}").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _PATIENCE_S
        if owner != process(owner.pid) or not is_alive(owner):
            break
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(owner.pid, number)
        while is_alive(owner) and time.monotonic() < deadline:
            time.sleep(0.02)
    forget_crawl(spool, run_id)
