"""Runs: what each did, page by page, while it does it and afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from harvester.errors import StorageError, UsageError
from harvester.model.page import VisitOutcome
from harvester.model.run import Run, RunKind, RunOutcome
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from harvester.serving.console.page import PRIVATE_HEADERS, part
from harvester.serving.limits import place_of
from storage.unit import Unit

PAGE = 50
LOOK_S = 1.0
STREAM_S = 60.0  # then the browser asks again, and is asked again who it is
_ALIVE_S = 15.0


class Figures(NamedTuple):
    """What a Run has counted: `visits` by VisitOutcome, everything else by its name; and for how long."""

    visits: Sequence[tuple[str, int]]
    effects: Sequence[tuple[str, int]]
    seconds: float


def show_all(office: Office, asked: Asked) -> Response:
    """The latest Runs, of one Source or of all, newest first."""
    source, before = asked.said("source", 128), asked.said("before", 64)
    runs = office.store.runs.list(source or None, PAGE + 1, before=before or None)
    more = runs[PAGE - 1].id if len(runs) > PAGE else ""
    return asked.page("desk/runs.html", runs=runs[:PAGE], source=source, more=more)


def show(office: Office, asked: Asked) -> Response:
    """One Run: how it went, and the pages that were visited last by it."""
    run, store = _run(office, asked), office.store
    outcome = next((one for one in VisitOutcome if one.value == asked.said("outcome")), None)
    after = asked.said("after", 4000)
    pages = store.pages.of_run(run.source_id, run.id, PAGE + 1, outcome=outcome, after=after)
    shown = pages[:PAGE]
    records = {one.id: one for one in store.records.several([page.record_id for page in shown if page.record_id])}
    return asked.page(
        "desk/run.html",
        run=run,
        figures=_figures(run, asked.now),
        pages=[(page, records.get(page.record_id or "")) for page in shown],
        outcome=outcome.value if outcome else "",
        after=after,
        more=shown[-1].url if len(pages) > PAGE else "",
        stopping=store.runs.stop_asked_by(run.id) if run.outcome is RunOutcome.RUNNING else None,
    )


def stop(office: Office, asked: Asked) -> Done:
    """Let a harvest end in good order; the next one goes on from there."""
    run = _run(office, asked)
    if run.kind is not RunKind.HARVEST:
        raise UsageError("only a harvest can be stopped from here", remedy="end the command that began it")

    def work(unit: Unit) -> None:
        if run.outcome is not RunOutcome.RUNNING or not office.store.runs.ask_to_stop(unit, run.id, asked.who):
            raise UsageError(f"run {run.id} has ended", remedy="there is nothing to stop")

    return Done(f"runs/{run.id}", f"{run.source_id}: {run.id}", work)


def follow(office: Office, asked: Asked) -> Response:
    """The figures of a Run as they change (Server-Sent Events), until it has ended."""
    run = _run(office, asked)
    headers = PRIVATE_HEADERS | {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(office, asked, run.id), media_type="text/event-stream", headers=headers)


async def _events(office: Office, asked: Asked, run_id: str) -> AsyncIterator[str]:
    place_of(asked.request.scope).give_back()
    began = said_at = time.monotonic()
    said = ""
    while not office.closing.is_set() and time.monotonic() - began < STREAM_S:
        try:
            run = await run_in_threadpool(office.store.runs.get, run_id)
        except StorageError:
            return  # the browser comes again
        if run is None or run.outcome is not RunOutcome.RUNNING:
            yield "event: end\ndata:\n\n"
            return
        text = part("desk/run_figures.html", asked.words, figures=_figures(run, datetime.now(UTC)))
        if text != said:
            yield "event: part\n" + "".join(f"data: {line}\n" for line in text.splitlines()) + "\n"
        elif time.monotonic() - said_at > _ALIVE_S:
            yield ": alive\n\n"
        else:
            await asyncio.sleep(LOOK_S)
            continue
        said, said_at = text, time.monotonic()
        await asyncio.sleep(LOOK_S)


def _run(office: Office, asked: Asked) -> Run:
    run_id = asked.place("run_id")
    run = office.store.runs.get(run_id)
    if run is None:
        raise UsageError(f"there is no run {run_id[:64]}", remedy="the list of runs has them all")
    return run


def _figures(run: Run, now: datetime) -> Figures:
    outcomes = [one.value for one in VisitOutcome if run.counts.get(one.value)]
    effects = [(name, count) for name, count in run.counts.items() if name not in outcomes and count]
    seconds = ((run.ended_at or now) - run.started_at).total_seconds()
    return Figures([(name, run.counts[name]) for name in outcomes], effects, seconds)
