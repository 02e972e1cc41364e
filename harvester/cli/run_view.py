"""Runs for a reader: how each ended, what was counted, what was noted."""

from collections.abc import Sequence

from rich.table import Table

from harvester.cli.show import facts, table
from harvester.model.run import Run


def listing(runs: Sequence[Run]) -> Table:
    """One run a row, newest first."""
    columns = ("id", "source", "outcome", "started", "#seconds", "#pages", "#created", "#updated")
    return table("", columns, map(_row, runs))


def _row(run: Run) -> tuple[object, ...]:
    counts = run.counts
    started = f"{run.started_at:%Y-%m-%d %H:%M:%S}"
    seconds = f"{_seconds(run):.1f}" if run.ended_at else ""
    effects = (counts.get(name, 0) for name in ("ok", "created", "updated"))
    return run.id, run.source_id, run.outcome.value, started, seconds, *effects


def _seconds(run: Run) -> float:
    return ((run.ended_at or run.started_at) - run.started_at).total_seconds()


def full(run: Run) -> Table:
    """Every fact of one run, one a row."""
    return facts(
        [
            ("run", run.id),
            ("source", run.source_id),
            ("outcome", run.outcome.value),
            ("started", f"{run.started_at:%Y-%m-%dT%H:%M:%SZ}"),
            ("took", f"{_seconds(run):.1f} s" if run.ended_at else ""),
            ("resumed from", run.resumed_from),
            *((name, str(count)) for name, count in sorted(run.counts.items())),
            *(("note", note) for note in run.notes),
        ]
    )
