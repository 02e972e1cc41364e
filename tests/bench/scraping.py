"""What a scrape of /metrics costs, beside the Prometheus client that only writes the same samples out.

`python tests/bench/scraping.py 200000 500 60`: so many records, Sources, and Runs of each.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from measure import ROOT, at_most, cpu_seconds, in_turn, show

sys.path.insert(0, str(ROOT))
sys.path.insert(1, str(ROOT / "tests"))
from postgres import running
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from harvester.model.source import ScheduleRules, Source
from harvester.scheduling.plan import Starts, plans, standing
from harvester.serving.metrics import Metrics
from storage import tables
from storage.store import Store

NOW = datetime.now(UTC)
ROUNDS = 9
TEXT = "A document of the size that records have. " * 70
_COUNTS = '{"ok":180,"not_modified":20,"gone":1,"server_error":2,"created":20,"updated":5,"unchanged":155}'
_SEEN = '{"records":180,"status:open":100,"status:subscription":70,"status:unknown":10}'


def main(records: int, sources: int, runs: int) -> None:
    """Print a table per engine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running())
        for engine, url in {"SQLite": f"sqlite:///{folder}/harvester.db", "PostgreSQL": server.database()}.items():
            store = stack.enter_context(Store.open(url, migrate=True))
            _fill(store, records, sources, runs)
            _measure(engine, store, folder, sources)


def _measure(engine: str, store: Store, folder: Path, sources: int) -> None:
    work = _Work(store, sources)
    metrics = Metrics(store, folder, work)
    first = cpu_seconds(lambda: metrics.exposition(""))
    text = metrics.exposition("")[0].decode()
    fixed = _Fixed([*metrics._registry.collect()])
    figures = store.figures
    parts: dict[str, Callable[[], object]] = {
        "everything read": lambda: [*metrics._registry.collect()],
        "client": fixed.written,
        "runs": figures.runs,
        "due pages": lambda: figures.due_pages(NOW),
        "schedules": work.standings,
        "records, every 30 s": lambda: type(figures)(store.snapshot).records(),
    }
    cost = in_turn({name: lambda part=part: cpu_seconds(part) for name, part in parts.items()}, ROUNDS)  # type: ignore[misc]
    began = time.perf_counter()
    metrics.exposition("")
    wall = time.perf_counter() - began
    samples = sum(not line.startswith("#") for line in text.splitlines())
    show(
        f"A scrape, {engine}: {sources} sources, {samples} samples, {len(text) / 1024:.0f} KB",
        [
            at_most(
                name,
                "client writing the same samples",
                cost[name] / cost["client"],
                2 if name == "everything read" else 1,
            )
            for name in cost
            if name != "client"
        ],
        f"CPU of this process: first scrape {first:.3f} s, then {cost['client'] + cost['everything read']:.3f} s,"
        f" of it {cost['client']:.3f} s the client's; {wall:.3f} s by the clock with the server's part",
    )


class _Work:
    """A scheduler's view of so many Sources."""

    leads = True

    def __init__(self, store: Store, sources: int) -> None:
        rules = ScheduleRules(cron="30 2 * * *", zone="Europe/Paris")
        self._sources = {f"s{n}": Source(id=f"s{n}", name=f"s{n}", schedule=rules) for n in range(sources)}
        self._store = store
        self._starts = Starts()

    def state(self) -> dict[str, object]:
        return {}

    def trouble(self) -> str:
        return ""

    def look_age_s(self) -> float:
        return 0.0

    def standings(self) -> Sequence[Any]:
        found = plans(self._sources, self._store.schedules.all(), NOW)
        return [standing(plan, None, self._starts, NOW) for plan in found.values()]


class _Fixed(Collector):
    """Samples that are there already."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def collect(self) -> Iterable[Metric]:
        return self._found

    def written(self) -> bytes:
        return generate_latest(self._registry)


def _fill(store: Store, records: int, sources: int, runs: int) -> None:
    """Rows as a harvest leaves them, written past the Store for speed."""
    access = ("open", "subscription", "unknown", "free")
    for start in range(0, records, 5000):
        numbers = range(start, min(start + 5000, records))
        with store.begin() as unit:
            _put(unit.connection, tables.records, [_record(n, f"s{n % sources}", access[n % 4]) for n in numbers])
            _put(unit.connection, tables.search_entries, [_entry(n, f"s{n % sources}", access[n % 4]) for n in numbers])
            _put(unit.connection, tables.pages, [_page(n, f"s{n % sources}") for n in numbers])
    with store.begin() as unit:
        for number in range(runs):
            _put(unit.connection, tables.runs, [_run(f"s{n}", number) for n in range(sources)])
        _put(unit.connection, tables.schedules, [{"source_id": f"s{n}", "since": NOW} for n in range(sources)])
        _put(unit.connection, tables.hosts, [{"host": f"h{n}.example", "next_at": NOW} for n in range(sources)])


def _put(connection: Any, table: Any, rows: list[dict[str, object]]) -> None:
    connection.execute(table.insert(), rows)


def _record(number: int, source: str, access: str) -> dict[str, object]:
    same = dict.fromkeys(("content_hash", "verdict_hash", "integrity", "languages", "aliases"), "x")
    times = {"created_at": NOW, "updated_at": NOW, "revision": 1, "document": TEXT, "access": access}
    return same | times | {"id": f"r{number}", "work_id": f"r{number}", "source_id": source, "url": f"u{number}"}


def _entry(number: int, source: str, access: str) -> dict[str, object]:
    marks = {"languages": "en fr", "journal": "Annals of Valley Weather", "year": 2026, "access": access}
    return marks | {"place": number, "record_id": f"r{number}", "source_id": source}


def _page(number: int, source: str) -> dict[str, object]:
    due = NOW + timedelta(hours=number % 100 - 5)
    url = f"https://journal.example.org/articles/{number}"
    return {"source_id": source, "url": url, "kind": "article", "first_seen": NOW, "failures": 0, "due": due}


def _run(source: str, number: int) -> dict[str, object]:
    at = NOW - timedelta(days=number + 1)
    made = {"counts": _COUNTS, "notes": "[]", "seen": _SEEN, "outcome": "succeeded"}
    return made | {"id": f"{source}-{number}", "source_id": source, "started_at": at, "ended_at": at}


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:4] or (200_000, 500, 60)))
