"""Every error is a problem (RFC 9457): what went wrong, with which remedy, never a stack or a statement.

`Problem` is raised anywhere below a route; `add_handlers` makes the framework's own errors problems too.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from secrets import token_hex
from typing import Any, NamedTuple

import orjson
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError

from harvester.errors import HarvesterError, StorageError, UsageError

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"  # a problem's type leads to its explanation
_log = logging.getLogger(__name__)
_RETRY = {"Retry-After": "5"}


class Kind(NamedTuple):
    """One kind of problem: its status, its title, and what to do."""

    status: int
    title: str
    remedy: str


KINDS = {
    "bad-request": Kind(400, "The request cannot be read", "Send it as HTTP/1.1 says."),
    "bad-query": Kind(
        400, "This cannot be looked for", "The detail names the place; the README has the query language."
    ),
    "bad-key": Kind(401, "The key is not valid", "Send `Authorization: Bearer KEY`, or go without; ask the operator."),
    "not-allowed": Kind(403, "The key does not open this", "Ask the operator for a key with the scope that is named."),
    "not-found": Kind(404, "There is no such thing", "Ids come from lists, searches and the change feed."),
    "method-not-allowed": Kind(405, "Only reading is possible", "Use GET, HEAD or OPTIONS."),
    "not-acceptable": Kind(406, "There is no such representation", "Ask for one of `available`, or use ?format=."),
    "too-slow": Kind(408, "The request took too long to arrive", "Send it in one go."),
    "ahead": Kind(409, "The change log ends before that number", "The database was restored: start anew, from a list."),
    "gone": Kind(410, "The record was deleted", "Drop your copy; `reason` says why, `successor` where it went."),
    "too-large": Kind(413, "The request has too large a body", "Nothing here takes one."),
    "address-too-long": Kind(414, "The address is too long", "Ask for less at a time."),
    "bad-parameters": Kind(422, "Parameters are wrong", "`errors` names each of them and what it must be."),
    "too-many-requests": Kind(429, "Too many requests", "Wait as Retry-After says; a key allows more."),
    "headers-too-large": Kind(431, "The request has too many or too large headers", "Send fewer."),
    "internal": Kind(500, "Something went wrong here", "Tell the operator the `id`: the log has more under it."),
    "busy": Kind(503, "Too much to do at the moment", "Come again as Retry-After says."),
    "unavailable": Kind(503, "The database does not answer", "Come again as Retry-After says."),
}
_BY_STATUS = {kind.status: name for name, kind in reversed(KINDS.items())}


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """An answer that is a problem; `more` are members of its own, which must be JSON."""

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status

    def body(self) -> bytes:
        """As JSON."""
        kind = KINDS[self.kind]
        said = {"type": TYPES + self.kind, "title": kind.title, "status": kind.status, "detail": self.detail}
        return orjson.dumps(said | {name: value for name, value in self.more.items() if value is not None})

    def response(self) -> Response:
        """As an answer, never to be kept by a cache."""
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(self.body(), self.status, media_type=MEDIA_TYPE, headers=headers)


def unexpected(error: BaseException, method: str, path: str) -> Problem:
    """The problem for an error nobody foresaw, which goes to the log under the problem's id."""
    if isinstance(error, StorageError):
        _log.warning("%s %s: %s", method, path, error)
        return Problem("unavailable", "Nothing can be read at the moment.", headers=_RETRY)
    number = token_hex(6)
    _log.error("error %s at %s %s", number, method, path, exc_info=error)
    return Problem("internal", f"The log has it under {number}.", id=number)


def add_handlers(app: FastAPI) -> None:
    """Let the application answer with problems only."""

    @app.exception_handler(Problem)
    def of_ours(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(UsageError)
    def of_use(_: Request, error: UsageError) -> Response:
        return Problem("bad-query", error.message, remedy=error.remedy or None).response()

    @app.exception_handler(HarvesterError)
    def of_the_house(request: Request, error: HarvesterError) -> Response:
        return unexpected(error, request.method, request.url.path).response()

    @app.exception_handler(RequestValidationError)
    def of_parameters(_: Request, error: RequestValidationError) -> Response:
        wrong = [_mistake(dict(one)) for one in error.errors()]
        return Problem("bad-parameters", "; ".join(f"{o['name']}: {o['must']}" for o in wrong), errors=wrong).response()

    @app.exception_handler(404)  # of routing, whose exception is of the framework below
    @app.exception_handler(405)
    @app.exception_handler(HTTPException)
    def of_the_framework(request: Request, error: HTTPException) -> Response:
        kind = _BY_STATUS.get(error.status_code, "bad-request")
        detail = HTTPStatus(error.status_code).phrase
        allowed = {"Allow": "GET, HEAD, OPTIONS"} if kind == "method-not-allowed" else {}
        return Problem(kind, f"{detail}: {request.url.path[:200]}", headers=allowed).response()


def _mistake(error: Mapping[str, Any]) -> dict[str, str]:
    place, *name = map(str, error["loc"])
    return {"in": place, "name": ".".join(name)[:100], "must": str(error["msg"])[:200]}
