"""Small journals on loopback, two on every host, that note when each request came and when it was answered."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

_SOURCE = """enabled = true
name = "Journal {name}"
hosts = ["{host}"]
languages = ["en", "fr"]
[[discovery]]
kind = "listing"
url = "http://{host}/{letter}/list"
[urls]
article = ['^http://[^/]+/{letter}/(?P<id>\\d+)$']
[politeness]
delay = {delay}
jitter = 0
[schedule]
cron = "{cron}"
"""
_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Tides of {n}</title>
<meta name="citation_title" lang="en" content="Tides of {n}"><meta name="citation_title" lang="fr" content="Marées {n}">
<meta name="citation_journal_title" content="Journal of Tides"><meta name="citation_publication_date" content="2024">
<meta name="citation_doi" content="10.5555/tides.{n}"></head><body><h1>Tides of {n}</h1>
<p>The full text of this article requires a subscription.</p></body></html>"""


class Asked(NamedTuple):
    """One request, in seconds of one clock: no later than it was answered, it had come."""

    path: str
    came: float
    answered: float  # noted just before the answer left


class Quay:
    """One host with the journals a and b. `log` holds what was answered, in order."""

    def __init__(self, number: int, articles: int, server: "_Server") -> None:
        self.number = number
        self.articles = articles
        self.host = f"127.0.0.1:{server.server_address[1]}"
        self.log: list[Asked] = []
        self.at_work = 0
        self.most_at_once = 0
        self.lock = threading.Lock()

    def fetched(self) -> Counter[str]:
        """How often each article was asked for."""
        return Counter(one.path for one in self.log if one.path[-1].isdigit())

    def least_gap(self) -> float:
        """The shortest time from an answer to the request that came next."""
        return min(later.came - earlier.answered for earlier, later in zip(self.log, self.log[1:], strict=False))

    def answer(self, path: str) -> tuple[int, str, bytes]:
        letter, _, what = path.strip("/").partition("/")
        if what == "list":
            links = "".join(f'<a href="/{letter}/{number}">{number}</a>' for number in range(self.articles))
            return 200, "text/html", f"<html><body>{links}</body></html>".encode()
        if what.isdigit():
            number = f"{self.number}{letter}{what}"
            return 200, "text/html", _PAGE.format(n=number).encode()
        return 404, "text/plain", b"nothing here"

    def sources(self, folder: Path, delay: float, cron: str) -> list[str]:
        """Write the seed files of both journals; returns their ids."""
        (folder / "platforms").mkdir(parents=True, exist_ok=True)
        (folder / "sources").mkdir(exist_ok=True)
        names = []
        for letter in "ab":
            name = f"quay-{self.number}-{letter}"
            text = _SOURCE.format(name=name, host=self.host, letter=letter, delay=delay, cron=cron)
            (folder / "sources" / f"{name}.toml").write_text(text, "utf-8")
            names.append(name)
        return names


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    quay: Quay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        came, quay = time.monotonic(), self.server.quay
        with quay.lock:
            quay.at_work += 1
            quay.most_at_once = max(quay.most_at_once, quay.at_work)
        time.sleep(0.02)
        status, kind, body = quay.answer(self.path)
        with quay.lock:
            quay.at_work -= 1
            quay.log.append(Asked(self.path, came, time.monotonic()))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal: the log is the quay's."""


@contextmanager
def quays(count: int, articles: int) -> Iterator[list[Quay]]:
    """So many hosts that listen, with so many articles in each of their journals."""
    servers = [_Server(("127.0.0.1", 0), _Handler) for _ in range(count)]
    found = []
    for number, server in enumerate(servers):
        server.quay = Quay(number, articles, server)
        found.append(server.quay)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield found
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
