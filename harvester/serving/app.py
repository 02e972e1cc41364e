"""The web application. So far it says whether the service lives and can do its work."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from harvester.errors import HarvesterError
from storage.store import Store

State = Callable[[], Mapping[str, object]]


def make_app(store: Store, data_dir: Path, state: State) -> FastAPI:
    """Routes over an open store; `state` says what the rest of the process does (leader or standby, Runs)."""
    app = FastAPI(title="Harvester", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        """The process lives and its database answers: 200, else 503 with the reason."""
        return _answer({"database": _problem_of_the_database(store)}, {})

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """It can do its work: the schema is this program's, the data folder can be written; and who leads."""
        found = {"database": _problem_of_the_database(store)}
        found["schema"] = "unknown" if found["database"] else _problem_of_the_schema(store)
        found["data folder"] = _problem_of_the_folder(data_dir)
        return _answer(found, state())

    return app


def _answer(found: Mapping[str, str], more: Mapping[str, object]) -> JSONResponse:
    """200 where nothing is wrong, else 503."""
    good = not any(found.values())
    body = {"status": "good" if good else "bad", **{name: said or "good" for name, said in found.items()}, **more}
    return JSONResponse(body, 200 if good else 503, headers={"Cache-Control": "no-store"})


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
