"""A publisher on loopback, Runs in processes of their own, and what must hold after any of them."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from harvester.model.record import Record
from harvester.model.source import Source
from harvester.settings import Settings
from storage.archive import read
from storage.store import Store

PAGES = 60
PATIENCE_S = 200  # with what must come some time
ROOT = Path(__file__).resolve().parents[2]
HERE = """
import sys
from pathlib import Path
from harvester.model.source import Source
from harvester.run import run_source
from harvester.settings import Settings
from storage.store import Store

settings = Settings.model_validate_json(sys.argv[1])
with Store.open(settings.database_url) as store:
    run = run_source(store, Source.model_validate_json(sys.argv[2]), settings)
    print(run.model_dump_json())
"""


@dataclass
class Press:
    """A publisher of PAGES articles, each of which takes `delay` seconds.

    `at_once` requests for articles are answered; those that come later wait until more are let through, or for `hold_s`
    seconds: so the middle of a Run lasts until a test has seen it, on the slowest machine too.
    """

    delay: float = 0.0
    at_once: int = sys.maxsize
    hold_s: float = 100.0
    robots: str = "User-agent: *\nAllow: /\n"
    robots_status: int = 200
    edition: dict[int, str] = field(default_factory=dict)
    lastmod: dict[int, str] = field(default_factory=dict)
    etag: str = ""  # of every article, where it is to tell nothing
    instead: str = ""  # of every article
    down: bool = False
    faults: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)  # answers given first, by path
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seen: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    origin: str = ""
    count: int = 0  # requests for articles so far
    _more: threading.Condition = field(default_factory=threading.Condition)

    def let_through(self, count: int = sys.maxsize) -> None:
        """Answer so many requests for articles, counted from the first."""
        with self._more:
            self.at_once = count
            self._more.notify_all()

    def keep_waiting(self) -> None:
        """Let a request for an article wait as long as it must."""
        with self._more:
            self.count += 1
            number = self.count
            self.seen.release()
            self._more.wait_for(lambda: number <= self.at_once, self.hold_s)
        time.sleep(self.delay)

    @property
    def host(self) -> str:
        return self.origin.removeprefix("http://")

    def articles(self) -> list[dict[str, str]]:
        """Headers of every request for an article."""
        return [headers for path, headers in self.asked if path.startswith("/article/")]

    def answer(self, path: str) -> tuple[int, str, str]:
        """Status, content type and text."""
        if path == "/robots.txt":
            return self.robots_status, "text/plain", self.robots
        if path == "/sitemap.xml":
            urls = "".join(
                f"<url><loc>{self.origin}/article/{n}</loc><lastmod>{self.lastmod.get(n, '2026-01-01')}</lastmod></url>"
                for n in range(PAGES)
            )
            return (
                200,
                "application/xml",
                f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>',
            )
        if path.startswith("/article/"):
            return 200, "text/html; charset=utf-8", self.instead or self.article(int(path.rpartition("/")[2]))
        return 404, "text/html", "nothing here"

    def article(self, number: int) -> str:
        title = f"Weather lore of valley number {number}"
        return f"""<!DOCTYPE html><html lang="en"><head><title>{title}</title>
            <meta name="citation_title" content="{title}">
            <meta name="citation_author" content="Merriweather, Ilse">
            <meta name="citation_journal_title" content="Annals of Valley Weather">
            <meta name="citation_doi" content="10.5555/valley.{number}">
            <meta name="citation_publication_date" content="2026/03/0{number % 9 + 1}"></head><body>
            <h1>{title}</h1><p class="access">{self.edition.get(number, "Open access")}</p>
            <h2>Abstract</h2><p>In valley number {number} the old sayings about fog were written down by the miller's
            daughter, and each was held against the readings of the weather station for eleven years in a row.</p>
            </body></html>"""


def start(settings: Settings, source: Source, press: Press) -> "subprocess.Popen[str]":
    """A Run in a process of its own; what was asked for before it no longer counts for `wait_for_pages`."""
    while press.seen.acquire(blocking=False):
        continue
    command = [sys.executable, "-c", HERE, settings.model_dump_json(), source.model_dump_json()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_pages(press: Press, count: int) -> None:
    """Return when so many more articles have been asked for."""
    for _ in range(count):
        assert press.seen.acquire(timeout=PATIENCE_S)


def assert_whole(store: Store, settings: Settings, records: int = PAGES) -> None:
    """Nothing lost, nothing twice, every pointer readable, the log strictly increasing, the file sound."""
    found = list(store.records.iter())
    assert len(found) == len({record.url for record in found}) == records
    for record in found:
        assert_archived(store, settings, record)
    numbers = [change.seq for change in store.changes.since(0)]
    assert numbers == sorted(set(numbers))
    created = [change.record_id for change in store.changes.since(0)]
    assert sorted(created) == sorted(record.id for record in found)
    assert store.check() == []


def assert_archived(store: Store, settings: Settings, record: Record) -> None:
    pointer = store.archive_index.pointer(record.id)
    assert pointer is not None
    page = read(settings.data_dir / "archive", pointer)
    assert page.url == record.url
    assert record.titles["en"].value.encode() in page.body
