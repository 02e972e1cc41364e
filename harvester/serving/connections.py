"""Connections as the server keeps them: none waits for ever, and when there are too many the silent ones make room."""

import asyncio
import resource
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from harvester.serving.problems import MEDIA_TYPE, Problem

REQUEST_S = 10.0  # for a request line and its headers to arrive
LARGEST_HEAD = 131_072  # bytes of them that are read at all: more than `limits` lets pass, so that it can say so
_SPARED = 256  # open files that are no connections


def most_connections() -> int:
    """How many connections this process can hold, by its limit of open files, which is raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(soft - _SPARED, 64)


class Waiting:
    """Connections whose next request is not there yet, longest first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting: dict[Connection, None] = {}

    def add(self, one: "Connection", open_now: int) -> None:
        """One more waits; where too many are open, the one that has waited longest goes."""
        self._waiting[one] = None
        if open_now > self.most:
            next(iter(self._waiting)).abandon()

    def remove(self, one: "Connection") -> None:
        """Its request is there, or it has gone."""
        self._waiting.pop(one, None)


class Connection(H11Protocol):
    """A connection that must send its request in time; `waiting` is set by whoever makes the class."""

    waiting: Waiting
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It is open."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._request_is_there()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Something came, or the next request of the same connection may begin."""
        super().handle_events()
        if self.conn.their_state is not h11.IDLE:
            self._request_is_there()

    def data_received(self, data: bytes) -> None:
        """Bytes: on a connection that was kept, a request that did not come whole has a deadline from its first."""
        super().data_received(data)
        if self._deadline is None and self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._await_request()

    def on_response_complete(self) -> None:
        """It is kept for another request."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self.waiting.add(self, len(self.connections))

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP, or has too long a head, is a problem too."""
        self._say(Problem("bad-request", f"{msg} A request line and its headers are {LARGEST_HEAD} bytes at most."))

    def abandon(self) -> None:
        """Make room for another."""
        self._request_is_there()
        self.transport.abort()

    def _await_request(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_S, self._too_slow)
        self.waiting.add(self, len(self.connections))

    def _request_is_there(self) -> None:
        self.waiting.remove(self)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.waiting.remove(self)
        if not self.transport.is_closing() and self.conn.our_state is h11.IDLE:
            self._say(Problem("too-slow", f"The request was not there after {REQUEST_S:.0f} seconds."))

    def _say(self, problem: Problem) -> None:
        body = problem.body()
        headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body))), ("connection", "close")]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            parts: list[Any] = [h11.Response(status_code=problem.status, headers=headers), h11.Data(data=body)]
            for part in (*parts, h11.EndOfMessage()):
                self.transport.write(self.conn.send(part) or b"")
        self.transport.close()


def connections() -> type[Connection]:
    """The class of one server's connections."""
    return type("Connection", (Connection,), {"waiting": Waiting(most_connections())})
