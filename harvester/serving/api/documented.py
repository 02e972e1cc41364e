"""What routes say of their answers in the OpenAPI document: the model, an example, and every problem there may be."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from harvester.model.base import Value
from harvester.serving.api.desk import PREFIX
from harvester.serving.problems import KINDS, MEDIA_TYPE, TYPES

COMMON = (400, 401, 408, 413, 414, 422, 429, 431, 500, 503)  # of every route


class ProblemBody(BaseModel):
    """An error (RFC 9457); some kinds have members of their own."""

    type: str = Field(description="Where this kind of problem is explained.")
    title: str
    status: int
    detail: str


def part(name: str) -> APIRouter:
    """A router for one part of the API: its routes are whole, and stand in the application beside all others.

    Routers within routers cost each request more than its answer: FastAPI looks through all of them once per level.
    """
    return APIRouter(prefix=PREFIX, tags=[name], responses=problems(*COMMON))


def example(kind: str) -> dict[str, Any]:
    """A problem as it may be."""
    found = KINDS[kind]
    return {"type": TYPES + kind, "title": found.title, "status": found.status, "detail": found.remedy}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses as `responses` of a route."""
    return {status: _problem(status) for status in sorted(statuses)}


def answers(
    model: type[Value] | None, *statuses: int, example: Any = None, more: dict[str, Any] | None = None
) -> dict[int | str, dict[str, Any]]:
    """200 with a model (and `more` media types), 304, and problems with these statuses."""
    content = {"application/json": {"example": example} if example is not None else {}, **(more or {})}
    good: dict[str, Any] = {"description": "As asked for.", "content": content, "headers": _HEADERS}
    if model is not None:
        good["model"] = model
    return {200: good, 304: {"description": "The client has it."}, **problems(*statuses)}


def _problem(status: int) -> dict[str, Any]:
    kinds = {name: kind for name, kind in KINDS.items() if kind.status == status}
    shown = {name: {"value": example(name)} for name in kinds}
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    told = " / ".join(kind.title for kind in kinds.values())
    return {"description": f"{told}.", "content": {MEDIA_TYPE: {"schema": schema, "examples": shown}}}


_HEADERS = {
    "ETag": {"description": "Changes whenever a byte of the answer does.", "schema": {"type": "string"}},
    "Link": {"description": "Where to go on (RFC 8288).", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left of the ration.", "schema": {"type": "string"}},
}
