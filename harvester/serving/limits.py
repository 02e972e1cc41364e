"""What a request may cost: length of its address, its headers, its body, its time, and how many there are at once.

ASGI middleware outside of everything else; it also turns what nobody foresaw into a problem with an id for the log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from harvester.serving.problems import Problem, unexpected

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ADDRESS = 8_000  # bytes of path and query
HEADERS, HEADER_BYTES = 100, 16_000
BODY = 64_000
BODY_S = 15.0  # for a body to arrive
_DRAINED_BYTES, _DRAINED_S = 4_000_000, 2.0  # read of a body that is refused, so that its sender hears why
_PLACE = "harvester.place"


class Place:
    """One of the requests at work; whoever only waits gives it back."""

    def __init__(self, given_back: Callable[[], None]) -> None:
        self._given_back: Callable[[], None] | None = given_back

    def give_back(self) -> None:
        """Let another one in; again is nothing."""
        if self._given_back is not None:
            self._given_back()
            self._given_back = None


def place_of(scope: Scope) -> Place:
    """The place of a request."""
    found: Place = scope[_PLACE]
    return found


class Limits:
    """The middleware. `at_once`: how many requests are worked on at a time."""

    def __init__(self, app: App, at_once: int) -> None:
        self._app = app
        self._at_once = at_once
        self._at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            await _refuse(refusal, receive, send)
            return
        if self._at_work >= self._at_once:
            busy = Problem("busy", f"{self._at_once} requests are at work.", headers={"Retry-After": "1"})
            await busy.response()(scope, receive, send)
            return
        with self._place() as place:
            await self._answer({**scope, _PLACE: place}, receive, send)

    @contextmanager
    def _place(self) -> Iterator[Place]:
        self._at_work += 1
        place = Place(self._leave)
        try:
            yield place
        finally:
            place.give_back()

    def _leave(self) -> None:
        self._at_work -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, _Body(receive), noting)
        except Problem as problem:
            if started:
                raise
            await _refuse(problem, receive, send)
        except Exception as error:
            internal = unexpected(error, scope["method"], scope["path"])
            if started:
                raise  # what was begun cannot be an answer any more: the connection ends
            await internal.response()(scope, receive, send)


class _Body:
    """The body as it arrives, in time and within its size."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._whole = False
        self._size = 0

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(BODY_S):
                message = await self._receive()
        except TimeoutError:
            raise Problem("too-slow", f"The body was not there after {BODY_S:.0f} seconds.", headers=_CLOSE) from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > BODY:
            raise _too_large()
        return message


_CLOSE = {"Connection": "close"}


def _too_large() -> Problem:
    return Problem("too-large", f"At most {BODY} bytes are read.", headers=_CLOSE)


def _refusal(scope: Scope) -> Problem | None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > ADDRESS:
        return Problem("address-too-long", f"At most {ADDRESS} bytes are read.")
    if "\x00" in scope["path"]:  # of which no database takes one
        return Problem("not-found", "Nothing has NUL in its address.")
    headers = scope["headers"]
    if len(headers) > HEADERS or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES:
        return Problem("headers-too-large", f"At most {HEADERS} headers of together {HEADER_BYTES} bytes are read.")
    lengths = [value for name, value in headers if name == b"content-length"]
    return _too_large() if any(not one.isdigit() or int(one[:20]) > BODY for one in lengths) else None


async def _refuse(problem: Problem, receive: Receive, send: Send) -> None:
    """Answer at once; then read on for a moment, for who still sends does not listen."""
    response = problem.response()
    response.headers.update(_CLOSE)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    drained = 0
    try:
        async with asyncio.timeout(_DRAINED_S):
            while drained < _DRAINED_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})
