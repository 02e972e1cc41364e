"""The whole pipeline (fetch, archive, read, compare, store) beside bare Scrapy and beside the usual CrawlSpider.

BENCH_PAGES=15:1500,130:400 sets how many pages of how many KB are harvested.
"""

import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.request import urlopen

from measure import HARVESTER, ROOT, at_least, at_most, cpu_seconds, show, watched
from site_pages import page

sys.path.insert(0, str(ROOT))

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.source import GENERIC
from storage.archive import GZIP_LEVEL

HERE = Path(__file__).parent
SIZES = os.environ.get("BENCH_PAGES", "15:1500,130:400")
FEW, ROUNDS = 200, 3  # pages of a crawl that is start-up; of those that count
SAMPLE = 20
PROCESSES = ("the run", "its crawl", "reading ahead")
GOALS = {15: 0.6, 130: 0.33}  # of bare Scrapy's pages a second, by KB


class Cost(NamedTuple):
    """One crawl: pages a second from the first page to the end, CPU seconds in all; by process peak MB and seconds."""

    rate: float
    cpu: float
    peaks_mb: list[float]
    cpus: list[float]


Contender = Callable[[str, int], list[str]]


def main() -> None:
    """One table per page size."""
    for size in SIZES.split(","):
        kilobytes, pages = map(int, size.split(":"))
        _bench(kilobytes, pages)


def _bench(kilobytes: int, pages: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        contenders = _contenders(Path(name))
        with _site(FEW, kilobytes) as origin:
            few = {who: _crawl(origin, FEW, make) for who, make in contenders.items()}
        with _site(pages, kilobytes) as origin:
            rounds = [{who: _crawl(origin, pages, make) for who, make in contenders.items()} for _ in range(ROUNDS)]
    rate = {who: median(one[who].rate for one in rounds) for who in contenders}
    bare_mb = median(one["bare"].peaks_mb[0] for one in rounds)
    cpu = {who: (median(one[who].cpu for one in rounds) - few[who].cpu) / (pages - FEW) for who in contenders}
    ours = [one["ours"] for one in rounds]
    parts = cpu["bare"] + _extraction(kilobytes) + _gzip(kilobytes)
    show(
        f"Whole pipeline, {pages} pages of {kilobytes} KB on loopback",
        [
            at_least("pages a second", "bare Scrapy", rate["ours"] / rate["bare"], GOALS.get(kilobytes, 0.33)),
            at_least("pages a second", "CrawlSpider, parsel, commit per item", rate["ours"] / rate["usual"], 2),
            at_most("CPU a page", "bare Scrapy + extraction + gzip, alone", cpu["ours"] / parts, 1.25),
            *(
                at_most(
                    f"peak memory, {name}", "bare Scrapy", median(one.peaks_mb[place] for one in ours) / bare_mb, 1.6
                )
                for place, name in enumerate(PROCESSES)
            ),
        ],
        f"gzip level {GZIP_LEVEL}; CPU without start-up; we ask up to 16 pages at once, bare Scrapy eight",
        "CPU a page in ms: "
        + ", ".join(
            f"{name} {1e3 * _a_page(ours, few['ours'], place, pages):.2f}" for place, name in enumerate(PROCESSES)
        )
        + f"; alone: bare Scrapy {1e3 * cpu['bare']:.2f}, extraction {1e3 * _extraction(kilobytes):.2f},"
        f" gzip {1e3 * _gzip(kilobytes):.2f}",
    )


def _a_page(ours: list[Cost], few: Cost, place: int, pages: int) -> float:
    """CPU seconds a page of one of our processes, without start-up."""
    return (median(one.cpus[place] for one in ours) - few.cpus[place]) / (pages - FEW)


def _contenders(folder: Path) -> dict[str, Contender]:
    fresh = (folder / f"crawl-{number}" for number in count())
    peers = [sys.executable, str(HERE / "peers.py")]
    return {
        "bare": lambda origin, pages: [*peers, "bare", origin, str(pages)],
        "ours": lambda origin, _: [*HARVESTER, "--data", str(_with_seed(next(fresh), origin)), "run", "bench"],
        "usual": lambda origin, _: [*peers, "usual", origin, f"{next(fresh)}.db"],
    }


def _with_seed(folder: Path, origin: str) -> Path:
    """A data folder whose seeds declare the site."""
    (folder / "seeds" / "platforms").mkdir(parents=True)
    (folder / "seeds" / "sources").mkdir()
    host = origin.removeprefix("http://")
    (folder / "seeds" / "sources" / "bench.toml").write_text(
        f"""name = "Bench"
hosts = ["{host}"]
languages = ["en", "fr"]
[[discovery]]
kind = "sitemap"
url = "{origin}/sitemap.xml"
[urls]
article = ['^http://[^/]+/article/(?P<id>\\d+)$']
[politeness]
delay = 0
jitter = 0
"""
    )
    return folder


def _crawl(origin: str, pages: int, make: Contender) -> Cost:
    command = make(origin, pages)
    data = command[command.index("--data") + 1] if "--data" in command else ""
    done = watched(command, HARVESTER_SEEDS_DIR=f"{data}/seeds", HARVESTER_PRIVATE_ALLOW=origin.removeprefix("http://"))
    with urlopen(f"{origin}/times") as answer:
        first, _, seen = json.load(answer)
    if seen != pages:
        raise RuntimeError(f"{command[:6]} asked for {seen} of {pages} pages")
    peaks, cpus = _by_process(done.peaks_mb, max), _by_process(done.cpus, sum)
    return Cost(pages / (done.ended_at - first), done.cpu, peaks, cpus)


def _by_process(values: list[float], join: Callable[[list[float]], float]) -> list[float]:
    """One figure for all that read ahead, where any do."""
    return [*values[:2], join(values[2:])] if values[2:] else values


@contextmanager
def _site(pages: int, kilobytes: int) -> Iterator[str]:
    command = [sys.executable, str(HERE / "site_pages.py"), str(pages), str(kilobytes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def _pages(kilobytes: int) -> list[Page]:
    origin = "http://127.0.0.1:8080"
    moment = datetime.now(UTC)
    addresses = [f"{origin}/article/{number}" for number in range(SAMPLE)]
    bodies = [page(number, origin, kilobytes * 1024) for number in range(SAMPLE)]
    return [
        Page(url=url, final_url=url, headers=(("content-type", "text/html"),), body=body, fetched_at=moment)
        for url, body in zip(addresses, bodies, strict=True)
    ]


def _extraction(kilobytes: int) -> float:
    pages = _pages(kilobytes)
    return median(cpu_seconds(lambda one=one: extract(one, GENERIC)) for one in pages)  # type: ignore[misc]


def _gzip(kilobytes: int) -> float:
    return median(cpu_seconds(lambda one=one: zlib.compress(one.body, GZIP_LEVEL)) for one in _pages(kilobytes))  # type: ignore[misc]


if __name__ == "__main__":
    main()
