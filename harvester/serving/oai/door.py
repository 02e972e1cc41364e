"""The door of the provider: routes, the bound on requests at a time, compression, and what goes on beside them."""

import asyncio
import gzip
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from harvester.errors import HarvesterError
from harvester.serving.oai.arguments import Pairs
from harvester.serving.oai.face import PATH
from harvester.serving.oai.repository import Answer, BehindError, Repository, UnsettledError

AT_ONCE = 16  # requests in work; each holds a page of records
_LONGEST = 16_384  # octets of a request by POST
_FORM = "application/x-www-form-urlencoded"
_RETRY_S = 5
_LOOK_S = 2.0
_BREATH_S = 0.05
_log = logging.getLogger(__name__)


def make_router(repository: Repository, at_once: int = AT_ONCE) -> APIRouter:
    """GET and POST of the protocol, and while the application runs, a reader of the change log."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_keep_up(repository))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    router = APIRouter(lifespan=lifespan)
    free = asyncio.Semaphore(at_once)

    @router.api_route(PATH, methods=["GET", "POST"], include_in_schema=False)
    async def oai(request: Request) -> Response:
        """A request of OAI-PMH 2.0."""
        if free.locked():
            return _later("too many requests at a time")
        async with free:
            form = await _form(request)
            if form is None:
                return Response(f"send at most {_LONGEST} octets of {_FORM}\n", 413, media_type="text/plain")
            host, port = request.scope["server"] or ("localhost", 80)
            address = f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"
            zipped = _takes_gzip(request.headers.get("accept-encoding", ""))
            return await _answered(repository, form, address, zipped)

    return router


async def _answered(repository: Repository, form: bytes, address: str, zipped: bool) -> Response:
    try:
        pairs = _pairs(form)
        try:
            answer = await run_in_threadpool(_made, repository, pairs, address, zipped)
        except UnsettledError:
            await asyncio.sleep(1.001 - time.time() % 1)  # the second that is not over
            answer = await run_in_threadpool(_made, repository, pairs, address, zipped, settled=True)
    except BehindError:
        return _later("the records are being read; the list is complete in a while")
    except HarvesterError as error:
        _log.warning("OAI-PMH: %s", error.message)
        return _later("the database does not answer")
    headers = {"Vary": "Accept-Encoding", "Cache-Control": "no-store"} | (
        {"Content-Encoding": "gzip"} if zipped else {}
    )
    task = BackgroundTask(repository.keep, answer.rendered) if answer.rendered else None
    return Response(answer.body, headers=headers, media_type="text/xml", background=task)


def _made(repository: Repository, pairs: Pairs, address: str, zipped: bool, settled: bool = False) -> Answer:
    answer = repository.answer(pairs, address, settled=settled)
    return answer._replace(body=gzip.compress(answer.body, 1)) if zipped else answer


def _pairs(form: bytes) -> Pairs:
    """Names and values, in their order. What is no UTF-8 becomes a character that no argument may have."""
    text = form.decode("ascii", "replace")
    return parse_qsl(text, keep_blank_values=True, errors="surrogateescape")


async def _form(request: Request) -> bytes | None:
    """Arguments as they were sent; None for what is too long or of another type."""
    query: bytes = request.scope["query_string"]
    if request.method != "POST":
        return query
    if request.headers.get("content-type", _FORM).partition(";")[0].strip().lower() != _FORM:
        return None
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST:
            return None
    return b"&".join(filter(None, (query, body.strip())))


def _takes_gzip(accepted: str) -> bool:
    """Whether Accept-Encoding names gzip (RFC 9110, section 12.5.3) without forbidding it."""
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        if name.strip() in {"gzip", "*"}:
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _later(why: str) -> Response:
    return Response(f"{why}\n", 503, headers={"Retry-After": str(_RETRY_S)}, media_type="text/plain")


async def _keep_up(repository: Repository) -> None:
    """Follow the change log as long as the application runs. Trouble is said once, and tried again."""
    said = ""
    while True:
        more, trouble = await run_in_threadpool(_one_round, repository)
        if trouble and trouble != said:
            _log.warning("OAI-PMH: the change log is read again later: %s", trouble)
        said = trouble
        await asyncio.sleep(_BREATH_S if more else _LOOK_S)


def _one_round(repository: Repository) -> tuple[bool, str]:
    try:
        return repository.keep_up(), ""
    except HarvesterError as error:
        return False, error.message
    except Exception as error:  # a mistake of ours must not end the reading
        return False, f"{type(error).__name__}: {error}"
