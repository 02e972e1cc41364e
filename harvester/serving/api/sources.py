"""Sources as their seed files say and as they stand, and Runs."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from harvester.model.run import Run
from harvester.model.schedule import Standing
from harvester.model.source import Source
from harvester.serving.api.answers import Page, address, paged, told
from harvester.serving.api.desk import Desk
from harvester.serving.api.documented import answers, part
from harvester.serving.api.gate import reader_of
from harvester.serving.api.readers import Reader
from harvester.serving.api.records import is_id
from harvester.serving.api.words import Id, Parameters, Plain, ToldRun, ToldSource
from harvester.serving.problems import Problem


class Listed(Parameters):
    """Which Runs, and how many of them at a time."""

    source: Annotated[Plain | None, Field(max_length=128, description="Only of this source.")] = None
    before: Annotated[Plain | None, Field(max_length=64, description="The Run before which to go on.")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many.")] = 50


def make_router(desk: Desk) -> APIRouter:
    """The routes."""
    router = part("sources and runs")

    @router.get("/sources", summary="Every source", responses=answers(Page[ToldSource]))
    def list_sources(request: Request) -> Response:
        """Sources that have a seed file, and those that only have records."""
        board = _Board(desk, reader_of(request.scope))
        return paged(request, Page[ToldSource](items=tuple(map(board.source, board.names))))

    @router.get("/sources/{id}", summary="A source", responses=answers(ToldSource, 404))
    def get_source(request: Request, id: Id) -> Response:
        """What its seed file says, how many records it has, its last Run, and when it is due."""
        board = _Board(desk, reader_of(request.scope))
        if id not in board.names:
            raise Problem("not-found", f"There is no source {id[:64]}.")
        return told(request, board.source(id))

    @router.get("/runs", summary="Runs, newest first", responses=answers(Page[ToldRun]))
    def list_runs(request: Request, listed: Annotated[Listed, Query()]) -> Response:
        """Harvests, imports and replays."""
        reader = reader_of(request.scope)
        runs = desk.store.runs.list(listed.source, listed.limit, before=listed.before)
        said = {"source": listed.source, "limit": listed.limit}
        is_full = len(runs) == listed.limit
        following = address(desk.base(request), "/runs", **said, before=runs[-1].id) if is_full else None
        return paged(
            request, Page[ToldRun](items=tuple(run_told(run, reader) for run in runs), next=following), following
        )

    @router.get("/runs/{id}", summary="A Run", responses=answers(ToldRun, 404))
    def get_run(request: Request, id: Id) -> Response:
        """Its counts and outcome; with the scope `operate` its notes too."""
        run = desk.store.runs.get(id) if is_id(id) else None
        if run is None:
            raise Problem("not-found", f"There is no run {id[:64]}.")
        return told(request, run_told(run, reader_of(request.scope)))

    return router


def run_told(run: Run, reader: Reader) -> ToldRun:
    """A Run as a reader may see it."""
    more = {"notes": run.notes, "seen": run.seen} if reader.operates else {}
    plain = {name: getattr(run, name) for name in ToldRun.model_fields if name not in ("kind", "notes", "seen")}
    return ToldRun(**plain | {"kind": run.kind.value, "outcome": run.outcome.value} | more)


class _Board:
    """All Sources as they stand at this moment."""

    def __init__(self, desk: Desk, reader: Reader) -> None:
        self._desk = desk
        self._reader = reader
        self._known = desk.sources()
        self._standings = {one.source_id: one for one in desk.work.standings()}
        self._counts: dict[str, dict[str, int]] = {}
        for (source_id, access), count in desk.store.figures.records().items():
            self._counts.setdefault(source_id, {})[access] = count
        self.names = sorted({*self._known, *self._counts})

    def source(self, name: str) -> ToldSource:
        last = self._desk.store.runs.list(name, 1)
        return ToldSource(
            **_from_seed(name, self._known.get(name)),
            **_standing(self._standings.get(name)),
            records=self._counts.get(name, {}),
            last_run=run_told(last[0], self._reader) if last else None,
        )


def _from_seed(name: str, source: Source | None) -> dict[str, object]:
    if source is None:
        return {"id": name, "known": False, "name": name}
    return {
        "id": name,
        "known": True,
        "name": source.name,
        "homepage": source.homepage,
        "hosts": source.hosts,
        "languages": source.languages,
        "journals": tuple(journal.title for journal in source.journals),
        "enabled": source.enabled,
        "basis": source.rights.basis,
        "basis_until": source.rights.until,
    }


def _standing(standing: Standing | None) -> dict[str, object]:
    return {"rests": standing.rests, "next_due": standing.next_due} if standing else {}
