"""Serves the sample site on loopback and writes down every request."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from harvester.sample.site import Answer, Site

_ADDRESS = "127.0.0.1"


class Request(NamedTuple):
    """One request as it arrived; header names lower-case, `path` with its query, `at` in UTC."""

    method: str
    path: str
    headers: dict[str, str]
    at: datetime


class Publisher:
    """A running sample site. `log` grows in the order of arrival."""

    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        self.port = port
        self.host = f"{_ADDRESS}:{port}"
        self.url = f"http://{self.host}"
        self.log: list[Request] = []

    def requests(self, path: str) -> list[Request]:
        """Requests whose path starts with `path`."""
        return [request for request in self.log if request.path.startswith(path)]


@contextmanager
def serve(site: Site | None = None, port: int = 0) -> Iterator[Publisher]:
    """Serve `site` (a fresh one when None) on 127.0.0.1; port 0 takes a free one. OSError if the port is taken."""
    server = _Server((_ADDRESS, port), _Handler)
    server.publisher = Publisher(site or Site(), server.server_address[1])
    server.publisher.site.origin = server.publisher.url
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    publisher: Publisher

    def server_bind(self) -> None:
        # The standard one asks a name server for the address's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _ADDRESS, self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        self._reply(self._ask(), with_body=True)

    def do_HEAD(self) -> None:
        self._reply(self._ask(), with_body=False)

    def do_POST(self) -> None:
        self._note()
        self.close_connection = True
        self._reply(Answer(405, {"Allow": "GET, HEAD", "Connection": "close"}, b""), with_body=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal: the log is `Publisher.log`."""

    def _note(self) -> dict[str, str]:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.publisher.log.append(Request(self.command, self.path, headers, datetime.now(UTC)))
        return headers

    def _ask(self) -> Answer:
        return self.server.publisher.site.respond(self.path, self._note())

    def _reply(self, answer: Answer, *, with_body: bool) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if with_body and answer.status != 304:
            self.wfile.write(answer.body)
