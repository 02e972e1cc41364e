"""The HTTP server of the application, in a thread beside the work."""

import socket
import threading
import time
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from harvester.errors import UsageError
from harvester.serving.connections import LARGEST_HEAD, connections

_START_S = 10.0
_BACKLOG = 2048  # connections that wait to be taken
_STOP_S = 5.0
_IDLE_S = 75  # a harvester that takes long over a page must find its connection open when it asks for the next


class Server:
    """Answers on one address. Use as a context manager; `url` is where it listens.

    Entering it raises UsageError when the server does not start.
    """

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        """Take the address. Port 0 takes any that is free. Raises UsageError when it cannot be had."""
        self._socket = _listening(host, port)
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            http=connections(),
            ws="none",
            h11_max_incomplete_event_size=LARGEST_HEAD,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=int(_STOP_S),
            timeout_keep_alive=_IDLE_S,
        )
        self._app = app
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    def __enter__(self) -> "Server":
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._end()
                raise UsageError(
                    f"nothing answers on {self.url}: the HTTP server did not start",
                    remedy="the log says why; perhaps another --host or --port helps",
                )
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _serve(self) -> None:
        with suppress(SystemExit):  # its way of saying that it could not start
            self._server.run([self._socket])

    def _end(self) -> None:
        if closing := getattr(self._app.state, "closing", None):
            closing.set()
        self._server.should_exit = True
        self._thread.join(_STOP_S * 2)
        self._socket.close()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        # Every connection taken inherits it. asyncio sets it only where the socket names its protocol, and without it
        # an answer on a kept connection waits 40 ms between its head and its body for the client to acknowledge.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or error
        raise UsageError(
            f"cannot listen on {host} port {port}: {words}", remedy="name another --host or --port"
        ) from None
