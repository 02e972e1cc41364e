"""Runs for a reader: how each ended, what was counted, what was noted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from harvester.cli.show import facts, table
from harvester.ingest.measures import FIELDS, in_words
from harvester.model.run import Run

if TYPE_CHECKING:
    from harvester.run.agenda import Agenda
    from harvester.run.robots import RobotsAnswer


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
            *_seen(run.seen),
            *(("note", note) for note in run.notes),
        ]
    )


def _seen(seen: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """What the records read whole were like: shares of the fields, and plain counts of the rest."""
    records = seen.get("records", 0)
    if records:
        yield "records read whole", str(records)
        yield from ((f"... with {in_words(name)}", f"{seen.get(name, 0) / records:.0%}") for name in FIELDS)
        more = ("status:", "same:", "duplicate_abstracts")
        yield from ((in_words(name), str(seen[name])) for name in sorted(seen) if name.startswith(more))


def planned(source_id: str, plan: "Agenda") -> Iterator[Table]:
    """How many pages are due, and the first of them with the reason."""
    yield facts([("source", source_id), ("pages known", str(plan.known)), ("due now", str(plan.due_now))])
    rows = [(f"{page.due:%Y-%m-%d %H:%M}", page.url, page.last_outcome or "", page.reason) for page in plan.pages]
    yield table("", ("due", "page", "last visit", "why then"), rows)


def robots_view(answer: "RobotsAnswer") -> Table:
    """The decision, one fact a row."""
    return facts(
        [
            ("page", answer.url),
            ("may be fetched", "yes" if answer.allowed else "no"),
            ("because", answer.rule),
            ("line", answer.line),
            ("crawl delay", f"{answer.crawl_delay:g} s" if answer.crawl_delay else None),
            ("robots.txt", answer.robots_url),
            ("answered", f"HTTP {answer.status}" if answer.status else None),
            ("read", f"{answer.read_at:%Y-%m-%dT%H:%M:%SZ}" if answer.read_at else None),
            ("note", answer.warning),
        ]
    )
