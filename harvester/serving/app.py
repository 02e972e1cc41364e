"""The web application: health, readiness and metrics, and the rooms that answer programs and people."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Event

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from harvester.errors import HarvesterError
from harvester.model.source import Source
from harvester.serving import readers
from harvester.serving.api import api
from harvester.serving.api.desk import Desk
from harvester.serving.api.following import Following
from harvester.serving.api.gate import Gate
from harvester.serving.console import reading
from harvester.serving.console.desk import guard
from harvester.serving.console.desk.office import Office
from harvester.serving.limits import Limits
from harvester.serving.metrics import Metrics
from harvester.serving.oai.door import make_router
from harvester.serving.oai.face import Face
from harvester.serving.oai.repository import Repository
from harvester.serving.problems import add_handlers
from harvester.serving.work import Trying, Work
from harvester.settings import Settings, load
from storage.store import Store

_FRESH = {"Cache-Control": "no-store"}


def make_app(
    store: Store,
    data_dir: Path,
    work: Work,
    settings: Settings | None = None,
    sources: Callable[[], Mapping[str, Source]] = dict,
    trying: Trying | None = None,
) -> FastAPI:
    """Routes over an open store; `work` is what the rest of the process does.

    `settings` are those of the environment where none are given; `sources` are read from the seed files; `trying`
    looks at a page for a new one.
    """
    settings = settings or load()
    app = FastAPI(title="Harvester", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.closing = Event()  # set by who ends the server: streams without end end too
    add_handlers(app)
    app.add_middleware(Gate, store=store, settings=settings)
    app.add_middleware(Limits, at_once=settings.api_at_once)
    app.router.routes += api.make_routes(Desk(store, settings, work, sources, Following(store, app.state.closing)))
    app.include_router(make_router(Repository(store, Face.of(settings))))
    app.include_router(readers.router(store, settings))
    office = Office(store, settings, work, sources, data_dir, app.state.closing, trying)
    signed_in = partial(guard.is_signed_in, office)
    app.include_router(reading.router(store, takes_sign_ups=settings.takes_sign_ups, is_signed_in=signed_in))
    app.include_router(guard.router(office))
    app.include_router(reading.nowhere())
    metrics = Metrics(store, data_dir, work)

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        """The process lives, its database answers and its scheduler comes round: 200, else 503 with the reason."""
        return _answer({"database": _problem_of_the_database(store), "loop": work.trouble()}, {})

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """It can do its work: the schema is this program's, the data folder can be written; and who leads."""
        found = {"database": _problem_of_the_database(store)}
        found["schema"] = "unknown" if found["database"] else _problem_of_the_schema(store)
        found |= {"data folder": _problem_of_the_folder(data_dir), "loop": work.trouble()}
        return _answer(found, work.state())

    @app.get("/metrics")
    def tell_metrics(request: Request) -> Response:
        """Figures for Prometheus, also while the database is away (`harvester_up` 0)."""
        text, kind = metrics.exposition(request.headers.get("accept", ""))
        return Response(text, headers=_FRESH | {"Content-Type": kind})

    return app


def _answer(found: Mapping[str, str], more: Mapping[str, object]) -> JSONResponse:
    """200 where nothing is wrong, else 503."""
    good = not any(found.values())
    body = {"status": "good" if good else "bad", **{name: said or "good" for name, said in found.items()}, **more}
    return JSONResponse(body, 200 if good else 503, headers=_FRESH)


def _problem_of_the_database(store: Store) -> str:
    try:
        store.ping()
    except HarvesterError as error:
        return error.message
    return ""


def _problem_of_the_schema(store: Store) -> str:
    try:
        return store.schema_problem()
    except HarvesterError as error:
        return error.message


def _problem_of_the_folder(folder: Path) -> str:
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"{folder} cannot be written"
