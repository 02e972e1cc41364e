"""All routes of the API, and its OpenAPI document."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from harvester.serving.api import changes, explained, history, records, search, sources, works
from harvester.serving.api.answers import answer
from harvester.serving.api.desk import PREFIX, Desk
from harvester.serving.api.documented import ProblemBody

_ABOUT = """\
Bilingual article records with access verdicts that can say why, their past, and one ordered change log.

Everything is read only, and open to everybody as far as it may be passed on. A key (`Authorization: Bearer KEY`)
allows more requests, and with the scope `abstracts` shows abstracts that may not be passed on, with `operate` what
is not listed and what Runs noted. Errors are problems (RFC 9457).
"""
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, as `harvester keys add` told it."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def make_routes(desk: Desk) -> list[APIRoute]:
    """Every route below `/api/v1`."""
    parts = [one.make_router(desk) for one in (records, search, works, history, sources, changes)]
    routes = _routes(*parts, explained.make_router())

    @cache
    def document() -> bytes:
        return orjson.dumps(_document(routes))

    itself = APIRouter(prefix=PREFIX, include_in_schema=False)

    @itself.get("/openapi.json")
    def openapi(request: Request) -> Response:
        return answer(request, document())

    return [*routes, *_routes(itself)]


def _routes(*routers: APIRouter) -> list[APIRoute]:
    return [route for one in routers for route in one.routes if isinstance(route, APIRoute)]


def _document(routes: Sequence[APIRoute]) -> dict[str, Any]:
    found = get_openapi(title="Harvester", version="1", openapi_version="3.1.0", description=_ABOUT, routes=routes)
    parts = found.setdefault("components", {})
    parts.setdefault("schemas", {})["ProblemBody"] = ProblemBody.model_json_schema()
    parts["securitySchemes"] = _KEYS
    found["security"] = [{}, *({name: []} for name in _KEYS)]
    return found
