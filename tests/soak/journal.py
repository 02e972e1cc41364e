"""A made-up journal on loopback that can change and can lie: `python journal.py ARTICLES KILOBYTES` prints its port.

`/sitemap.xml` (with lastmod), `/list/N` (100 links each), `/article/N` (with an ETag, 304 on a match). A POST to
`/change` sets which articles read differently from now on, and what lastmod says: `honest`, `today` (of every article)
or `never`. `/tally` tells what was asked for since the last POST.
"""

import asyncio
import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from site_pages import page

_LONG_AGO = datetime.now(UTC) - timedelta(days=40)
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
Answer = tuple[str, str, bytes, str]  # status, content type, body, further header lines


class Journal:
    """What stands on the site, and what was asked of it."""

    def __init__(self, articles: int, kilobytes: int) -> None:
        self.articles, self.size = articles, kilobytes * 1024
        self.origin = ""
        self.changed: dict[int, datetime] = {}
        self.lastmod = "honest"
        self.asked: dict[str, Any] = {}
        self.forget()

    def forget(self) -> None:
        """Begin the tally anew."""
        self.asked = {"requests": 0, "articles": 0, "unchanged": 0, "bytes": 0}

    def change(self, wanted: dict[str, Any]) -> None:
        """Let articles read differently, and lastmod tell the truth or not."""
        self.changed.update(dict.fromkeys(wanted.get("articles", ()), datetime.now(UTC)))
        self.lastmod = wanted.get("lastmod", self.lastmod)
        self.forget()

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        """One answer, counted."""
        found = self._answer(path, headers)
        self.asked["requests"] += 1
        self.asked["bytes"] += len(found[2])
        return found

    def _answer(self, path: str, headers: dict[str, str]) -> Answer:
        kind, _, number = path.strip("/").partition("/")
        if kind == "robots.txt":
            return "200 OK", "text/plain", b"User-agent: *\nAllow: /\n", ""
        if kind == "sitemap.xml":
            return "200 OK", "application/xml", self._sitemap().encode(), ""
        if kind == "list" and number.isdigit():
            return "200 OK", "text/html; charset=utf-8", self._listing(int(number)).encode(), ""
        if kind == "article" and number.isdigit() and int(number) < self.articles:
            return self._article(int(number), headers.get("if-none-match", ""))
        return "404 Not Found", "text/plain", b"nothing here", ""

    def _article(self, number: int, known: str) -> Answer:
        body = page(number, self.origin, self.size)
        if number in self.changed:
            body = body.replace(b"requires a subscription.", b"is free for all readers.")
        tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        self.asked["articles"] += 1
        if known == tag:
            self.asked["unchanged"] += 1
            return "304 Not Modified", "", b"", f"ETag: {tag}\r\n"
        return "200 OK", "text/html; charset=utf-8", body, f"ETag: {tag}\r\n"

    def _sitemap(self) -> str:
        now = datetime.now(UTC)
        told = {"today": now, "never": _LONG_AGO}.get(self.lastmod)
        places = "".join(
            f"<url><loc>{self.origin}/article/{number}</loc>"
            f"<lastmod>{(told or self.changed.get(number, _LONG_AGO)).isoformat()}</lastmod></url>"
            for number in range(self.articles)
        )
        return f'<?xml version="1.0"?><urlset xmlns="{_SCHEMA}">{places}</urlset>'

    def _listing(self, number: int) -> str:
        start, end = number * 100, min(number * 100 + 100, self.articles)
        links = "".join(f'<a href="/article/{n}">Article {n}</a>' for n in range(start, end))
        more = f'<a class="next" href="/list/{number + 1}">next</a>' if end < self.articles else ""
        return f"<html><body>{links}{more}</body></html>"


class _Connection(asyncio.Protocol):
    journal: Journal

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, rest = self.waiting.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self.waiting = rest[length:]
            self.transport.write(_reply(self.journal, first.split(" ")[1], headers, rest[:length]))


def _reply(journal: Journal, path: str, headers: dict[str, str], sent: bytes) -> bytes:
    if path == "/change":
        journal.change(json.loads(sent))
        found: Answer = ("200 OK", "application/json", b"{}", "")
    elif path == "/tally":
        found = ("200 OK", "application/json", json.dumps(journal.asked).encode(), "")
    else:
        found = journal.answer(path, headers)
    status, kind, body, more = found
    typed = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n" if kind else ""
    return f"HTTP/1.1 {status}\r\n{typed}{more}\r\n".encode() + body


async def _serve(journal: Journal) -> None:
    _Connection.journal = journal
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    journal.origin = f"http://127.0.0.1:{port}"
    print(port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Journal(int(sys.argv[1]), int(sys.argv[2]))))
