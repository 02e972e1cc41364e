"""A publisher on loopback and a real crawl child to send there."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fresh import store_at

from harvester.crawl.crawl import CrawlChild, CrawlConfig
from harvester.model.run import Visit
from harvester.model.source import Source
from storage.spool import SpoolReader
from storage.store import Store

Headers = Mapping[str, str]
Route = tuple[int, Headers, bytes] | Callable[["Handler"], None]
HTML = {"Content-Type": "text/html; charset=utf-8"}
STOPS_S = 90  # a crawl that has ended or was told to is gone by then, on any machine
POLITE = {"timeout": 60}  # so that no slow machine passes for a slow publisher


@dataclass
class Request:
    """One request the server saw, and when (monotonic seconds)."""

    path: str
    headers: dict[str, str]
    at: float


@dataclass
class Publisher:
    """A server on its own address. `routes` maps paths to answers or to functions that write them."""

    server: ThreadingHTTPServer
    routes: dict[str, Route] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"{self.server.server_address[0]!s}:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def page(self, path: str, body: str = "<html><body>Article</body></html>", status: int = 200, **more: str) -> str:
        headers = HTML | {name.replace("_", "-"): value for name, value in more.items()}
        self.routes[path] = (status, headers, body.encode())
        return self.url + path

    def pages(self, count: int) -> list[str]:
        return [self.page(f"/article/{n}", f"<html><body>Article {n}</body></html>") for n in range(count)]

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def articles(self) -> list[str]:
        return [path for path in self.paths() if path.startswith("/article/")]


class Handler(BaseHTTPRequestHandler):
    """Answers from the routes of its publisher; 404 for the rest."""

    protocol_version = "HTTP/1.1"
    publisher: Publisher

    def do_GET(self) -> None:
        self.publisher.requests.append(Request(self.path, dict(self.headers), time.monotonic()))
        self.publisher.came.set()
        route = self.publisher.routes.get(self.path, (404, HTML, b"<html>not here</html>"))
        if callable(route):
            route(self)
        else:
            self.answer(*route)

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Says nothing when a client hangs up."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


def start_publisher(address: str) -> Publisher:
    handler = type("Bound", (Handler,), {})
    publisher = Publisher(Server((address, 0), handler))
    handler.publisher = publisher
    threading.Thread(target=publisher.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return publisher


@dataclass
class Crawled:
    """What one crawl left behind."""

    visits: dict[str, Visit]
    report: dict[str, Any]
    code: int

    def outcomes(self) -> dict[str, str]:
        return {url: str(visit.outcome) for url, visit in self.visits.items()}


class Crawler:
    """Starts crawl children over one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database_url = f"sqlite:///{folder / 'harvester.db'}"
        self.spool = folder / "spool"
        self._runs = 0
        store_at(self.database_url).close()

    def store(self) -> Store:
        return Store.open(self.database_url)

    def config(self, source: Source, **more: Any) -> CrawlConfig:
        self._runs += 1
        fixed: dict[str, Any] = {
            "source": source,
            "run_id": f"run{self._runs}",
            "database_url": self.database_url,
            "spool_dir": self.spool,
            "contact": "mailto:operator@example.org",
            "user_agent": "Harvester/0.1.0 (+mailto:operator@example.org)",
            "private_allow": source.hosts,
        }
        return CrawlConfig.model_validate(fixed | more)

    def start(self, source: Source, **more: Any) -> tuple[CrawlChild, CrawlConfig]:
        config = self.config(source, **more)
        return CrawlChild(config), config

    def crawl(self, source: Source, **more: Any) -> Crawled:
        child, config = self.start(source, **more)
        for _ in child.progress():
            continue
        code = child.wait(STOPS_S)
        return Crawled(self.visits(config.run_id), child.report, code)

    def visits(self, run_id: str) -> dict[str, Visit]:
        reader = SpoolReader(self.spool, run_id)
        found = [visit for segment in reader.segments() for visit in reader.read(segment)]
        assert len({visit.url for visit in found}) == len(found), "a URL was visited twice"
        return {visit.url: visit for visit in found}

    def due(self, source_id: str = "test") -> int:
        with self.store() as store:
            return store.pages.due_count(source_id, datetime.now(UTC))


def make_source(publisher: Publisher, *urls: str, **more: Any) -> Source:
    """A Source on the publisher without any gap; `urls` are its articles unless `discovery` is given."""
    fixed: dict[str, Any] = {
        "id": "test",
        "name": "Test",
        "hosts": (publisher.host,),
        "discovery": ({"kind": "urls", "urls": urls},) if urls else (),
        "politeness": POLITE | {"delay": 0},
    }
    return Source.model_validate(fixed | more)
