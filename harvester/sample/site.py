"""The sample publisher's site without a socket: a path and request headers in, an answer out.

Nobody may fetch the PDF, print, export and login addresses: they answer 403 and are written down in `Site.trapped`.
Tests change the site while it runs: `revise`, `fail`, `heal`, `restyle`.
"""

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from harvester.sample import directories, glued, marked
from harvester.sample.article import Article, Journal, access_of, load_articles, load_house
from harvester.sample.expected import Expected, expected_of

_HTML = "text/html; charset=utf-8"
_SHAPES = {"glued": glued.article_page, "marked": marked.article_page}


class Answer(NamedTuple):
    """One HTTP answer; header names as printed."""

    status: int
    headers: dict[str, str]
    body: bytes


class Site:
    """Two journals of one invented publisher. `origin` is scheme, host and port, without a trailing slash."""

    def __init__(
        self, origin: str = "http://127.0.0.1", clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.origin = origin
        self.house, self.journals = load_house()
        self.articles = load_articles(self.journals)
        self.trapped: list[str] = []
        self._clock = clock
        self._failures: dict[str, Answer] = {}

    def respond(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to a GET of `target` (path and query). Header names of the request in any case."""
        asked = {name.lower(): value for name, value in (headers or {}).items()}
        if target in self._failures:
            return self._failures[target]
        parts = urlsplit(target)
        if self._is_trap(unquote(parts.path), parts.query):
            self.trapped.append(target)
            return self._plain(403, "Accès refusé")
        return _fit(self._find(unquote(parts.path), parts.query), asked)

    def revise(self, article_id: str, **changes: Any) -> Article:
        """Change an article and its `lastmod`. `access` is a status or fields of Access; `state="gone"` answers 410.

        Raises KeyError for an unknown id and pydantic's ValidationError for fields no article has.
        """
        old = self.articles[article_id]
        if "access" in changes:
            changes["access"] = access_of(self.journals[old.journal], changes["access"])
        new = Article.model_validate({**dict(old), "modified": self._clock(), **changes})
        self.articles[article_id] = new
        return new

    def fail(self, target: str, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """From now on `target` (path and query) answers this, until `heal`."""
        self._failures[target] = Answer(status, {"Content-Type": _HTML, **(headers or {})}, body)

    def heal(self, target: str) -> None:
        """Undo `fail`."""
        self._failures.pop(target, None)

    def restyle(self, trailer: str) -> None:
        """Change the footer of every page, and so its digest, but nothing an article says."""
        self.house = self.house.model_copy(update={"trailer": trailer})

    def path(self, article_id: str) -> str:
        """The path of an article's landing page."""
        return self._journal(article_id).article + article_id

    def expected(self, article_id: str) -> Expected:
        """What a Record made from this article's page must contain."""
        return expected_of(self.articles[article_id], self._journal(article_id), self.house)

    def listed(self, journal: str) -> list[Article]:
        """Articles of a journal that its listing shows."""
        return [
            article for article in self.articles.values() if (article.journal, article.state) == (journal, "listed")
        ]

    def _journal(self, article_id: str) -> Journal:
        return self.journals[self.articles[article_id].journal]

    def _is_trap(self, path: str, query: str) -> bool:
        return path.startswith(self.house.traps) or any(name in parse_qs(query) for name in self.house.trap_params)

    def _find(self, path: str, query: str) -> Answer:
        if path == "/robots.txt":
            return _answer(directories.robots(self.house, self.origin), "text/plain; charset=utf-8")
        if path.startswith("/sitemap"):
            return self._sitemap(path)
        if path == "/" or path.startswith("/page/"):
            return self._page(path.removeprefix("/page/").strip("/"))
        for journal in self.journals.values():
            if path.startswith(journal.article):
                return self._article(journal, path.removeprefix(journal.article).split("/")[0])
            if path.startswith(journal.listing):
                return self._listing(journal, path.removeprefix(journal.listing) + ("?" + query if query else ""))
        return self._plain(404, "Page introuvable")

    def _article(self, journal: Journal, article_id: str) -> Answer:
        article = self.articles.get(article_id)
        if article_id in journal.withdrawn or (article and article.state == "gone"):
            return self._plain(410, "Article retiré")
        if not article or article.journal != journal.code or article.state == "hidden":
            return self._plain(404, "Page introuvable")
        page = _SHAPES[journal.shape](article, journal, self.house, self.origin, self._related(article))
        return _answer(page, _HTML, self._directives(article), directories.last_modified(article))

    def _related(self, article: Article) -> list[Article]:
        """Three neighbours whose access words differ from the article's own."""
        others = [other for other in self.listed(article.journal) if other.access.status != article.access.status]
        start = sum(map(ord, article.id)) % max(1, len(others))
        return (others[start:] + others[:start])[:3]

    def _directives(self, article: Article) -> dict[str, str]:
        headers = {}
        if article.robots and article.robots_by == "header":
            headers["X-Robots-Tag"] = ", ".join(article.robots)
        if article.tdm == "header":
            headers |= {"TDM-Reservation": "1", "TDM-Policy": f"{self.origin}{self.house.tdm_policy}"}
        return headers

    def _listing(self, journal: Journal, rest: str) -> Answer:
        pattern = re.escape(journal.pagination).replace(re.escape("{page}"), r"(\d{1,4})")
        turned = re.fullmatch(pattern, rest)
        if rest and not turned:
            return self._plain(404, "Page introuvable")
        number = int(turned[1]) if turned else 1
        page = directories.listing_page(journal, self.house, self.origin, self.listed(journal.code), number)
        return _answer(page, _HTML) if page else self._plain(404, "Page introuvable")

    def _sitemap(self, path: str) -> Answer:
        if path == "/sitemap.xml":
            return _answer(directories.sitemap_index(list(self.journals.values()), self.origin), "application/xml")
        for journal in self.journals.values():
            if path == journal.sitemap:
                shown = [a for a in self.articles.values() if a.journal == journal.code and a.state != "hidden"]
                return _answer(directories.sitemap(journal, self.origin, shown), "application/xml")
        return self._plain(404, "Page introuvable")

    def _page(self, name: str) -> Answer:
        if name and name not in self.house.pages:
            return self._plain(404, "Page introuvable")
        if name:
            return self._plain(200, name, f"<p>{escape(self.house.pages[name])}</p>")
        links = "".join(f'<li><a href="{j.listing}">{escape(j.name)}</a></li>' for j in self.journals.values())
        return self._plain(200, self.house.site, f"<ul>{links}</ul>")

    def _plain(self, status: int, title: str, text: str = "") -> Answer:
        page = directories.plain_page(title, text, self.house).encode()
        return Answer(status, {"Content-Type": _HTML}, page)


def _answer(text: str, kind: str, headers: Mapping[str, str] | None = None, modified: datetime | None = None) -> Answer:
    body = text.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    stamp = {"Last-Modified": format_datetime(modified, usegmt=True)} if modified else {}
    return Answer(200, {"Content-Type": kind, "ETag": etag, **stamp, **(headers or {})}, body)


def _fit(answer: Answer, asked: Mapping[str, str]) -> Answer:
    """The answer as this client wants it: 304 when it has the page already, else gzip when it takes it."""
    if answer.status != 200:
        return answer
    headers = {**answer.headers, "Vary": "Accept-Encoding"}
    if _is_known(headers, asked):
        kept = {name: value for name, value in headers.items() if name != "Content-Type"}
        return Answer(304, kept, b"")
    if "gzip" not in asked.get("accept-encoding", ""):
        return Answer(200, headers, answer.body)
    if "ETag" in headers:
        headers["ETag"] = f"W/{headers['ETag']}"
    return Answer(200, {**headers, "Content-Encoding": "gzip"}, gzip.compress(answer.body, mtime=0))


def _is_known(headers: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    """RFC 9110, 13.1: If-None-Match (weak comparison) beats If-Modified-Since."""
    if "if-none-match" in asked:
        tags = {tag.strip().removeprefix("W/") for tag in asked["if-none-match"].split(",")}
        return headers.get("ETag") in tags
    if "if-modified-since" in asked and "Last-Modified" in headers:
        return _moment(headers["Last-Modified"]) <= _moment(asked["if-modified-since"])
    return False


def _moment(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
