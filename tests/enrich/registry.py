"""Crossref and Unpaywall on loopback, as their documentation describes them; and, where a test says so, otherwise."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CC_BY = "https://creativecommons.org/licenses/by/4.0/"
HAL = "https://hal.example/hal-01234567"


def location(**more: Any) -> dict[str, Any]:
    """An OA location of Unpaywall."""
    return {
        "endpoint_id": "ca8f8d56758a80a4f86", "evidence": "oa repository (via OAI-PMH doi match)",
        "host_type": "repository", "is_best": True, "license": "cc-by", "oa_date": "2025-06-01",
        "pmh_id": "oai:hal.example:hal-01234567", "repository_institution": "HAL",
        "updated": "2026-02-12T00:28:39.645349", "url": f"{HAL}/document", "url_for_landing_page": HAL,
        "url_for_pdf": f"{HAL}/document", "version": "acceptedVersion",
    } | more  # fmt: skip


def unpaywall(doi: str, *locations: dict[str, Any]) -> dict[str, Any]:
    """A DOI object of Unpaywall."""
    return {
        "best_oa_location": locations[0] if locations else None, "data_standard": 2, "doi": doi,
        "doi_url": f"https://doi.org/{doi}", "genre": "journal-article", "is_oa": bool(locations), "is_paratext": False,
        "journal_is_oa": False, "journal_name": "Revue des Exemples", "oa_locations": list(locations),
        "oa_status": "green" if locations else "closed", "published_date": "2025-02-01", "title": "Étude",
        "updated": "2026-02-13T01:00:00.000001", "year": 2025, "z_authors": [{"family": "Example", "given": "Ann"}],
    }  # fmt: skip


def crossref(doi: str, **more: Any) -> dict[str, Any]:
    """A work of Crossref."""
    work = {
        "DOI": doi, "URL": f"https://doi.org/{doi}", "type": "journal-article", "title": ["Étude"],
        "container-title": ["Revue des Exemples"], "ISSN": ["1234-5679"], "is-referenced-by-count": 3,
        "issued": {"date-parts": [[2025, 2]]}, "author": [{"given": "Ann", "family": "Example", "sequence": "first"}],
    } | more  # fmt: skip
    return {"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": work}


def licence(url: str = CC_BY, start: tuple[int, ...] = (2025, 2, 1), version: str = "vor") -> dict[str, Any]:
    """A licence of Crossref."""
    stamp = {"date-parts": [list(start)], "date-time": "2025-02-01T00:00:00Z", "timestamp": 1738368000000}
    return {"URL": url, "start": stamp, "delay-in-days": 0, "content-version": version}


def notice(kind: str, doi: str) -> dict[str, Any]:
    """An update of Crossref."""
    updated = {"date-parts": [[2026, 1, 15]], "date-time": "2026-01-15T00:00:00Z", "timestamp": 1768435200000}
    return {"updated": updated, "DOI": doi, "type": kind, "source": "publisher", "label": kind.title()}


class Desk:
    """What is answered by DOI: JSON, bytes, a status, or a function that writes to the handler by itself."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.always: Any = None
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        self.paths: list[str] = []
        self.agents: list[str] = []
        self.mails: list[str] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        doi = unquote(parts.path.rpartition("/")[2])
        with self.lock:
            self.asked.append(doi)
            self.paths.append(parts.path)
            self.agents.append(handler.headers["User-Agent"])
            self.mails += [one for given in parse_qs(parts.query).values() for one in given]
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self._write(handler, self.answers.get(doi, 404) if self.always is None else self.always)
        finally:
            with self.lock:
                self.at_once -= 1

    def _write(self, handler: BaseHTTPRequestHandler, found: Any) -> None:
        if isinstance(found, list):  # one after another, the last for ever
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Callable):  # type: ignore[arg-type]
            found(handler)
            return
        status, body = (found, b"Resource not found.") if isinstance(found, int) else (200, found)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **self.headers,
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def registry(context: ssl.SSLContext | None = None) -> Iterator[Desk]:
    """A registry that runs, with TLS where a context is given."""
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            desk.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are what tests are about
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    desk.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
