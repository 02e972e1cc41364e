"""Fixtures of the run tests."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fresh import store_at
from press import Press

from harvester.model.source import Discovery, PolitenessRules, Source, UrlRules
from harvester.settings import Settings
from storage.store import Store


@pytest.fixture
def press() -> Iterator[Press]:
    found = Press()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.times.append(time.monotonic())
            found.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            if self.path.startswith("/article/"):
                found.keep_waiting()
            status, kind, text = found.answer(self.path)
            more: dict[str, str] = {}
            if found.down:
                status = 503
            elif found.faults.get(self.path):
                status, more = found.faults[self.path].pop(0)
            tag = found.etag or f'"{hash(text)}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, text = 304, ""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.origin = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield found
    found.let_through()
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, press: Press) -> Settings:
    return Settings(data_dir=tmp_path / "data", private_allow=(press.host,), contact="desk@harvest.example")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with store_at(settings.database_url) as opened:
        yield opened


@pytest.fixture
def source(press: Press) -> Source:
    return Source(
        id="valley",
        name="Annals of Valley Weather",
        hosts=(press.host,),
        languages=("en",),
        discovery=(Discovery(kind="sitemap", url=f"{press.origin}/sitemap.xml"),),
        urls=UrlRules(article=(r"/article/(?P<id>\d+)$",)),
        politeness=PolitenessRules(delay=0, timeout=120),
    )
