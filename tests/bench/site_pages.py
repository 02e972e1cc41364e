"""A made-up journal on loopback, as light as a server can be: `python site_pages.py PAGES KILOBYTES` prints its port.

`/sitemap.xml`, `/list/N` (100 links each), `/article/N`; `/times` answers when the first and the last article page was
asked for since it was last asked itself.
"""

import asyncio
import json
import sys
import time

_WORDS = "The measurements of patient {n} were repeated in winter and in summer on both banks of the river. "
_MOTS = "Les mesures du patient {n} ont été répétées en hiver et en été sur les deux rives de la rivière. "
_HEAD = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Knees of patient {n}</title>
<link rel="canonical" href="{origin}/article/{n}">
<meta name="citation_title" lang="en" content="Knees of patient {n}">
<meta name="citation_title" lang="fr" content="Les genoux du patient {n}">
<meta name="citation_author" content="Dupont, Anne"><meta name="citation_author" content="Smith, John">
<meta name="citation_journal_title" content="Journal of Knees"><meta name="citation_issn" content="9999-0008">
<meta name="citation_volume" content="12"><meta name="citation_issue" content="3">
<meta name="citation_firstpage" content="{n}"><meta name="citation_publication_date" content="2024/03/05">
<meta name="citation_doi" content="10.5555/knees.{n}"><meta name="citation_keywords" content="knee; winter; river">
</head><body><header><a href="/">Journal of Knees</a></header><main><h1>Knees of patient {n}</h1>
<p class="authors">Anne Dupont, John Smith</p>
<section class="abstract" lang="en"><h2>Abstract</h2><p>{abstract}</p></section>
<section class="abstract" lang="fr"><h2>Résumé</h2><p>{resume}</p></section>
<div class="access">The full text of this article requires a subscription.</div></main><aside>"""
_FILLER = (
    '<div class="item"><a href="/about/{i}">Notice {i}</a>'
    "<p>A line of the margin that says nothing of the article.</p></div>\n"
)
_TAIL = "</aside><footer>Journal of Knees</footer></body></html>"


def page(number: int, origin: str, size: int) -> bytes:
    """The landing page of article `number`, `size` bytes or a little more."""
    abstract, resume = _WORDS.format(n=number) * 10, _MOTS.format(n=number) * 10
    parts = [_HEAD.format(n=number, origin=origin, abstract=abstract, resume=resume)]
    missing, count = size - len(parts[0]) - len(_TAIL), 0
    while missing > 0:
        parts.append(_FILLER.format(i=count))
        missing -= len(parts[-1])
        count += 1
    return "".join([*parts, _TAIL]).encode()


class _Connection(asyncio.Protocol):
    pages: dict[bytes, bytes]
    times: list[float]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        *requests, self.waiting = (self.waiting + data).split(b"\r\n\r\n")
        for request in requests:
            self.transport.write(self._answer(request.split(b" ", 2)[1]))

    def _answer(self, path: bytes) -> bytes:
        if path.startswith(b"/article/"):
            self.times.append(time.monotonic())
        if path == b"/times":
            body = json.dumps([min(self.times), max(self.times), len(self.times)]).encode() if self.times else b"[]"
            self.times.clear()
        else:
            body = self.pages.get(path, b"")
        kind = b"text/html; charset=utf-8" if body[:1] == b"<" and body[:5] != b"<?xml" else b"application/xml"
        status = b"200 OK" if body else b"404 Not Found"
        return b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (status, kind, len(body), body)


def _contents(pages: int, size: int, origin: str) -> dict[bytes, bytes]:
    found = {f"/article/{n}".encode(): page(n, origin, size) for n in range(pages)}
    places = "".join(f"<url><loc>{origin}/article/{n}</loc></url>" for n in range(pages))
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    found[b"/sitemap.xml"] = f'<?xml version="1.0"?><urlset xmlns="{schema}">{places}</urlset>'.encode()
    for start in range(0, pages, 100):
        links = "".join(f'<a href="/article/{n}">{n}</a>' for n in range(start, min(start + 100, pages)))
        more = f'<a class="next" href="/list/{start // 100 + 1}">next</a>' if start + 100 < pages else ""
        found[f"/list/{start // 100}".encode()] = f"<html><body>{links}{more}</body></html>".encode()
    return found


async def _serve(pages: int, kilobytes: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _Connection.pages = _contents(pages, kilobytes * 1024, f"http://127.0.0.1:{port}")
    _Connection.times = []
    print(port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
