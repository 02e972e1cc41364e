"""The change feed: pages after a number, waited for where asked (`wait`), or as Server-Sent Events without end."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import Field

from harvester.errors import StorageError
from harvester.model.run import ChangeKind
from harvester.serving.api.answers import VARY, address, paged
from harvester.serving.api.desk import Desk
from harvester.serving.api.documented import answers, part
from harvester.serving.api.gate import reader_of
from harvester.serving.api.negotiation import accepts
from harvester.serving.api.readers import Reader
from harvester.serving.api.words import ChangePage, Parameters, ToldChange, WorksMoved
from harvester.serving.limits import place_of
from harvester.serving.problems import Problem
from storage.changes import Told

EVENTS = "text/event-stream"
HEARTBEAT_S = 15.0
_RETRY_MS = 2000
_PORTION = 200  # Changes that a stream reads at a time
_LAST = 2**63 - 1


class After(Parameters):
    """Where to go on, how far, and for how long to wait when there is nothing yet."""

    after: Annotated[
        int, Field(ge=0, le=_LAST, description="The number of the last Change that is known; 0 at first.")
    ] = 0
    limit: Annotated[int, Field(ge=1, le=1000, description="How many.")] = 200
    wait: Annotated[int, Field(ge=0, le=60, description="Seconds to wait for one.")] = 0


def make_router(desk: Desk) -> APIRouter:
    """The route."""
    router = part("changes")
    stream = {EVENTS: {"schema": {"type": "string"}, "example": 'id: 7\nevent: change\ndata: {"seq":7}\n\n'}}

    @router.get("/changes", summary="What changed", responses=answers(ChangePage, 409, more=stream))
    async def list_changes(request: Request, asked: Annotated[After, Query()]) -> Response:
        """Changes after a number, in order, none missing. `Accept: text/event-stream` streams them as they come.

        A stream goes on after its Last-Event-ID. To keep a copy, apply each Change: where `reason` is not null drop
        the record, else fetch it; whoever does this ends with what the server has.
        """
        feed = _Feed(desk, reader_of(request.scope), request)
        if accepts(request.headers.get("accept", ""), EVENTS):
            return await feed.stream(_last_event(request, asked.after))
        return await feed.page(asked)

    return router


def change_told(told: Told, reader: Reader) -> ToldChange:
    """A Change as a reader may see it. What is not listed any more was deleted, for who may not see it."""
    change, hidden = told.change, not (told.is_listed or reader.operates)
    reason = told.deletion_reason or ("not_listed" if hidden else None)
    moved = change.work_id is not None and change.old_work_id is not None and not hidden
    return ToldChange(
        seq=change.seq,
        kind=ChangeKind.DELETED if hidden else change.kind,
        at=change.at,
        record_id=change.record_id,
        revision=change.revision,
        work_id=None if hidden else told.work_id,
        works=WorksMoved(to=str(change.work_id), origin=str(change.old_work_id)) if moved else None,
        reason=reason,
    )


class _Feed:
    """The change log for one request."""

    def __init__(self, desk: Desk, reader: Reader, request: Request) -> None:
        self._desk = desk
        self._reader = reader
        self._request = request

    async def page(self, asked: After) -> Response:
        head, told = await self._read(asked.after, asked.limit)
        if not told and asked.wait:
            self._wait_elsewhere()
            if await self._desk.following.beyond(asked.after, asked.wait):
                head, told = await self._read(asked.after, asked.limit)
        last = told[-1].seq if told else asked.after
        following = address(self._desk.base(self._request), "/changes", after=last, limit=asked.limit)
        page = ChangePage(items=tuple(told), next=following, head=head, more=last < head)
        return paged(self._request, page, following)

    async def stream(self, after: int) -> Response:
        await self._read(after, 1)  # so that a number there is not is told as a problem
        self._wait_elsewhere()
        headers = {"Cache-Control": "no-store", "Vary": VARY, "X-Accel-Buffering": "no"}
        body = _nothing() if self._request.scope.get("harvester.head") else self._events(after)
        return StreamingResponse(body, media_type=EVENTS, headers=headers)

    async def _events(self, after: int) -> AsyncIterator[bytes]:
        yield f"retry: {_RETRY_MS}\n\n".encode()
        while not self._desk.following.closing.is_set():
            try:
                _, told = await self._read(after, _PORTION)
            except StorageError:
                return  # the client comes again, with the number of the last event
            for one in told:
                yield f"id: {one.seq}\nevent: change\ndata: {one.model_dump_json(by_alias=True)}\n\n".encode()
                after = one.seq
            if not told and not await self._desk.following.beyond(after, HEARTBEAT_S):
                yield b": alive\n\n"

    async def _read(self, after: int, limit: int) -> tuple[int, list[ToldChange]]:
        head, told = await run_in_threadpool(self._desk.store.changes.told, after, limit)
        if after > head:
            raise Problem("ahead", f"The change log ends at {head}, before {after}.", head=head)
        return head, [change_told(one, self._reader) for one in told]

    def _wait_elsewhere(self) -> None:
        if self._desk.following.is_full:
            raise Problem("busy", "Too many wait for Changes.", headers={"Retry-After": "10"})
        place_of(self._request.scope).give_back()


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _last_event(request: Request, otherwise: int) -> int:
    said = request.headers.get("last-event-id", "")
    return int(said) if said.isascii() and said.isdigit() and int(said[:20]) <= _LAST else otherwise
