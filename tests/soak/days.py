"""A service that runs for days over a journal that keeps changing: memory, files and threads stay flat.

`python tests/soak/days.py --hours 48 --every 600`, or shrunk: `--minutes 10 --every 30` (every 30 seconds a change, and
a run that finds it).
What the database grows by is told table by table: a run, a fire and what has changed, and nothing else.
"""

import argparse
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from harvest import HERE, ROOT, Harvest, harvest

ARTICLES, KILOBYTES, AT_A_TIME = 800, 8, 5
RSS_GOAL, MORE_FILES, MORE_THREADS = 1.15, 4, 2


class Sample(NamedTuple):
    """The service as seen once."""

    seconds: float
    rss_mb: float
    files: int
    threads: int
    database_mb: float


def main(seconds: float, every: float) -> bool:
    """Print what was seen; True if it is all as it must be."""
    with harvest(ARTICLES, KILOBYTES) as work:
        _schedule(work.folder / "seeds" / "sources" / "soak.toml")
        work("run", "soak")
        before = _rows(work)
        command = work.command("serve", "--port", "0")
        service = subprocess.Popen(command, env=work.environment, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            samples = [*_watched(work, service, seconds, every)]
        finally:
            service.terminate()
            code = service.wait(60)
        after = _rows(work)
        sound = "no problem" in work("db", "check")
    return _told(samples, before, after) and code == 0 and sound


def _schedule(path: Path) -> None:
    path.write_text("enabled = true\n" + path.read_text("utf-8") + '[schedule]\nevery = "1w"\n', "utf-8")


def _watched(work: Harvest, service: "subprocess.Popen[bytes]", seconds: float, every: float) -> Iterator[Sample]:
    began, changed, mutations = time.monotonic(), 0.0, 0
    while (passed := time.monotonic() - began) < seconds:
        if passed - changed >= every:
            first = mutations * AT_A_TIME % ARTICLES
            work.change(articles=[*range(first, first + AT_A_TIME)])
            work("schedule", "run", "soak")
            changed, mutations = passed, mutations + 1
        time.sleep(min(5.0, every / 3))
        yield _sample(work, service.pid, passed)


def _sample(work: Harvest, pid: int, passed: float) -> Sample:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    size = (work.folder / "data" / "harvester.db").stat().st_size
    return Sample(passed, int(status["VmRSS"].split()[0]) / 1024, files, int(status["Threads"]), size / 1e6)


def _rows(work: Harvest) -> dict[str, int]:
    """Rows of every table that may grow."""
    with sqlite3.connect(f"file:{work.folder / 'data' / 'harvester.db'}?mode=ro", uri=True) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(names)}


def _told(samples: list[Sample], before: dict[str, int], after: dict[str, int]) -> bool:
    third = max(1, len(samples) // 3)
    early, late = samples[third : 2 * third], samples[-third:]
    print(f"\nA service over {samples[-1].seconds / 60:.0f} minutes: its middle third, its last")
    kept = True
    for name, most in (("rss_mb", RSS_GOAL), ("files", MORE_FILES), ("threads", MORE_THREADS)):
        first, last = (median(getattr(sample, name) for sample in part) for part in (early, late))
        flat = last <= first * most if name == "rss_mb" else last <= first + most
        kept = kept and flat
        print(f"  {name:12} {first:8.1f} {last:8.1f}  {'flat' if flat else 'GROWS'}")
    print(f"  database_mb  {samples[0].database_mb:8.1f} {samples[-1].database_mb:8.1f}  which is, in rows:")
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    print("  " + ", ".join(f"{name} {count:+}" for name, count in grown.items()))
    return kept and grown.get("records", 0) == 0


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=0)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=30, help="seconds between two changes of the journal")
    given = parser.parse_args()
    sys.exit(not main(given.hours * 3600 or given.minutes * 60, given.every))
