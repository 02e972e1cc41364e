"""Progress of Runs: a moving line on a terminal, plain lines now and then anywhere else."""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harvester.run import Progress

Watch = Callable[[str, "Progress"], None]
_EVERY_S = 2.0
_WHILE_S = 30.0
TROUBLES = (  # outcomes that are told while a Run is at work
    "not_article", "gone", "disallowed", "forbidden", "challenged", "login", "rate_limited", "server_error",
    "network_error", "tls_error", "blocked_address", "wrong_content", "truncated", "too_large",
)  # fmt: skip


@contextmanager
def progress() -> Iterator[Watch]:
    """Gives a function that is told a source and where its Run stands. Nothing goes to standard output."""
    if sys.stderr.isatty():
        with _bars() as watch:
            yield watch
    else:
        yield _lines()


def _lines() -> Watch:
    told: dict[str, float] = {}
    rates = _Rates()

    def watch(source: str, seen: "Progress") -> None:
        rate = rates.note(source, seen.visits)
        if time.monotonic() - told.get(source, 0.0) >= _EVERY_S:
            told[source] = time.monotonic()
            print(f"{source}: {_words(seen, rate)}", file=sys.stderr, flush=True)

    return watch


@contextmanager
def _bars() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[words]}", markup=False),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {}
        rates = _Rates()

        def watch(source: str, seen: "Progress") -> None:
            if source not in tasks:
                tasks[source] = bars.add_task(source, words="")
            total = max(1, seen.visits + seen.queued, seen.due)
            words = _words(seen, rates.note(source, seen.visits))
            bars.update(tasks[source], completed=seen.visits, total=total, words=words)

        yield watch


class _Rates:
    """Pages a second of each source, over the last while."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[float, int]]] = {}

    def note(self, source: str, visits: int) -> float:
        """Count; returns the rate."""
        now = time.monotonic()
        seen = self._seen.setdefault(source, deque())
        seen.append((now, visits))
        while now - seen[0][0] > _WHILE_S:
            seen.popleft()
        first, before = seen[0]
        return (visits - before) / (now - first) if now > first else 0.0


def _words(seen: "Progress", rate: float) -> str:
    counts = seen.counts
    stored = sum(counts.get(name, 0) for name in ("created", "updated", "unchanged"))
    left = max(seen.queued, seen.due - seen.visits)
    parts = [f"{seen.visits} pages visited ({rate:.1f}/s)", f"{left} waiting", f"{stored} records"]
    parts += [f"{name} {counts[name]}" for name in TROUBLES if counts.get(name)]
    parts += [f"{host} again in {seconds:.0f} s" for host, seconds in sorted(seen.waits.items())[:2]]
    return ", ".join(parts)
