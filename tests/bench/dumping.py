"""The dump of every record as JSON Lines beside driver rows pasted into lines, each in a process of its own.

Seconds and first byte count from the open database on; memory is what the dump adds to the idle process.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from statistics import median
from subprocess import PIPE, run

from measure import ROOT, Row, at_least, show

ROUNDS = 3
FIRST_BYTE_MS, MEMORY_MB = 50, 40
PAGE = 500


def dumped(urls: Mapping[str, str], number: int) -> None:
    """Print the table for databases that hold so many records."""
    rows: list[Row] = []
    for engine, url in urls.items():
        figures: dict[str, list[tuple[float, ...]]] = {"ours": [], "floor": []}
        for _ in range(ROUNDS):
            for name, found in figures.items():
                found.append(_measured(name, url, number))
        seconds, first, memory = map(median, zip(*figures["ours"], strict=True))
        floor = median(one[0] for one in figures["floor"])
        rows += [
            at_least(f"{engine}: records a second", "driver rows pasted (orjson.Fragment)", floor / seconds, 0.6),
            _below(f"{engine}: first byte, ms", first * 1000, FIRST_BYTE_MS),
            _below(f"{engine}: memory over idle, MB", memory, MEMORY_MB),
        ]
    show(f"Dump of {number} records as JSON Lines", rows)


def _below(what: str, figure: float, goal: float) -> Row:
    return Row(what, "(absolute)", figure, f"<= {goal:g}", figure <= goal)


def _measured(name: str, url: str, number: int) -> tuple[float, ...]:
    done = run([sys.executable, __file__, name, url], stdout=PIPE, text=True, check=True, cwd=ROOT)
    count, *figures = map(float, done.stdout.split())
    assert count == number, f"{name} wrote {count:.0f} records"
    return tuple(figures)


def _child(name: str, url: str) -> None:
    """Print records, seconds, seconds until the first byte and megabytes over idle."""
    lines = {"ours": _ours, "floor": _sqlite if url.startswith("sqlite") else _postgresql}[name](url)
    next(lines)
    idle, begun, first, count = _memory("VmRSS"), time.perf_counter(), 0.0, 0
    with Path("/dev/null").open("wb") as file:
        for line in lines:
            file.write(line)
            count += 1
            first = first or time.perf_counter() - begun
    print(count, time.perf_counter() - begun, first, _memory("VmHWM") - idle)


def _memory(what: str) -> float:
    """Megabytes (proc_pid_status(5))."""
    return next(
        int(line.split()[1]) / 1024 for line in Path("/proc/self/status").read_text().splitlines() if what in line
    )


def _ours(url: str) -> Iterator[bytes]:
    sys.path.insert(0, str(ROOT))
    from harvester.formats.jsonl import pasted
    from storage.store import Store

    with Store.open(url) as store:
        yield b""
        with store.records.dump() as dump:
            yield from map(pasted, dump.documents)


def _sqlite(url: str) -> Iterator[bytes]:
    import sqlite3

    from orjson import OPT_APPEND_NEWLINE, Fragment, dumps

    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        database.execute("SELECT 1")
        yield b""
        for (document,) in database.execute("SELECT document FROM records ORDER BY id"):
            yield dumps(Fragment(document), option=OPT_APPEND_NEWLINE)


def _postgresql(url: str) -> Iterator[bytes]:
    import psycopg
    from orjson import OPT_APPEND_NEWLINE, Fragment, dumps

    with psycopg.connect(url) as database:
        yield b""
        page: list[tuple[str, str]] = [("", "")]
        query = b"SELECT id, document FROM records WHERE id > %s ORDER BY id LIMIT %s"
        while page := database.execute(query, (page[-1][0], PAGE)).fetchall():
            for _, document in page:
                yield dumps(Fragment(document), option=OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    _child(*sys.argv[1:])
