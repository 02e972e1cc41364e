"""Progress of Runs: a moving line on a terminal, plain lines now and then anywhere else."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harvester.run import Progress

Watch = Callable[[str, "Progress"], None]
_EVERY_S = 2.0


@contextmanager
def progress() -> Iterator[Watch]:
    """Gives a function that is told a source and where its Run stands. Nothing goes to standard output."""
    if sys.stderr.isatty():
        with _bars() as watch:
            yield watch
    else:
        yield _lines()


def _lines() -> Watch:
    told = 0.0

    def watch(source: str, seen: "Progress") -> None:
        nonlocal told
        if time.monotonic() - told >= _EVERY_S:
            told = time.monotonic()
            print(f"{source}: {_words(seen)}", file=sys.stderr, flush=True)

    return watch


@contextmanager
def _bars() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[words]}", markup=False),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def watch(source: str, seen: "Progress") -> None:
            if source not in tasks:
                tasks[source] = bars.add_task(source, words="")
            total = max(1, seen.visits + seen.queued)
            bars.update(tasks[source], completed=seen.visits, total=total, words=_words(seen))

        yield watch


def _words(seen: "Progress") -> str:
    stored = seen.counts.get("created", 0) + seen.counts.get("updated", 0) + seen.counts.get("unchanged", 0)
    return f"{seen.visits} pages visited, {seen.queued} waiting, {stored} records"
