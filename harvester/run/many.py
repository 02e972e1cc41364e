"""Several Sources at once: each is a Run with a crawl of its own; hosts they share are asked in turn all the same."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from harvester.errors import HarvesterError
from harvester.model.run import Run
from harvester.model.source import Source
from harvester.run.run import Progress, run_source, stopping_signals
from harvester.settings import Settings
from storage.store import Store

_LOOK_S = 0.5  # signals reach Python between two waits


class Ended(NamedTuple):
    """How the Run of a Source ended: closed, or with an error."""

    source_id: str
    run: Run | None = None
    error: HarvesterError | None = None


def run_sources(
    store: Store,
    sources: Sequence[Source],
    settings: Settings,
    *,
    at_once: int,
    full: bool = False,
    refetch: bool = False,
    limit: int | None = None,
    on_progress: Callable[[str, Progress], None] | None = None,
) -> Iterator[Ended]:
    """Harvest the Sources, at most `at_once` at a time, and tell of each as it ends.

    SIGTERM and SIGINT end all that are at work in good order; those that have not begun are left for the next time.
    """
    stop = threading.Event()

    def work(source: Source) -> Ended:
        if stop.is_set():
            return Ended(source.id)
        watch = None if on_progress is None else (lambda seen: on_progress(source.id, seen))
        try:
            run = run_source(
                store, source, settings, full=full, refetch=refetch, limit=limit, on_progress=watch, stop=stop
            )
        except HarvesterError as error:
            return Ended(source.id, error=error)
        except Exception as error:  # whatever one does, the others are harvested
            words = HarvesterError(f"run of {source.id}: {type(error).__name__} {error}".strip())
            words.__cause__ = error
            return Ended(source.id, error=words)
        return Ended(source.id, run)

    with stopping_signals(stop), ThreadPoolExecutor(at_once, thread_name_prefix="run") as pool:
        left = {pool.submit(work, source) for source in sources}
        try:
            while left:
                done, left = wait(left, _LOOK_S, FIRST_COMPLETED)
                yield from _results(done)
        finally:
            stop.set()


def _results(done: set["Future[Ended]"]) -> Iterator[Ended]:
    for future in done:
        ended = future.result()
        if ended.run or ended.error:
            yield ended
