"""Bytes -> full Record, CPU per page, beside the bare lxml parse, BeautifulSoup on the whole page, and trafilatura."""

import os
import re
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from types import SimpleNamespace

import lxml.html
from bs4 import BeautifulSoup
from measure import ROOT, Row, at_least, at_most, cpu_seconds, in_turn, show
from trafilatura import bare_extraction

sys.path.insert(0, str(ROOT))

from harvester.evaluate import labels
from harvester.extraction.extract import extract
from harvester.garbage import search_rarely
from harvester.model.page import Page
from harvester.model.source import Detect, Platform, Source
from harvester.sample import Site, seeds
from harvester.saved import read_page, reader_of
from harvester.settings import installed_seeds
from harvester.sources import load

CORPUS = Path(os.environ.get("HARVESTER_CORPUS", ROOT.parent / "shared" / "corpus")) / "dev"
ROUNDS = 5
Tried = list[tuple[Detect, Platform]]


def main() -> None:
    """Print the table, over the labelled pages where they are, else over the sample publisher's."""
    search_rarely()  # as in every process that reads pages; the contenders have it too
    corpus = (CORPUS / "labels.jsonl").is_file()
    pages, tried = _labelled() if corpus else _sample()
    figures = [_per_page(page, source, tried) for page, source in pages]
    ours = [one["ours"] / one["parse"] for one in figures]
    over = [one for one in figures if one["ours"] > max(4 * one["parse"], one["parse"] + 0.002)]
    rows = [
        at_most("median page", "lxml.html parse of the same page", median(ours), 3),
        Row(
            "95th percentile", "parse", quantiles(ours, n=20)[-1], "4 x or parse + 2 ms", len(over) <= len(figures) / 20
        ),
        at_least("BeautifulSoup, whole page", "ours", median(one["soup"] / one["ours"] for one in figures), 1),
        at_least("trafilatura with metadata", "ours", median(one["trafilatura"] / one["ours"] for one in figures), 8),
    ]
    size = median(len(page.body) for page, _ in pages) / 1024
    where = "labelled pages" if corpus else "pages of the sample publisher"
    show(
        "Extraction, CPU a page",
        rows,
        f"{len(pages)} {where}, median {size:.0f} KB; {len(over)} pages over their p95 goal",
    )


def _per_page(page: Page, source: Source, tried: Tried) -> dict[str, float]:
    contenders: dict[str, Callable[[], float]] = {
        "parse": lambda: cpu_seconds(lambda: lxml.html.document_fromstring(page.body)),
        "ours": lambda: cpu_seconds(lambda: extract(page, source, fingerprints=tried)),
        "soup": lambda: cpu_seconds(lambda: BeautifulSoup(page.body, "lxml")),
        "trafilatura": lambda: cpu_seconds(lambda: _trafilatura(page.body, page.url)),
    }
    for contender in contenders.values():  # the first call pays for imports and caches
        contender()
    return in_turn(contenders, ROUNDS)


def _trafilatura(body: bytes, url: str) -> object:
    return bare_extraction(body, url=url, with_metadata=True)


def _labelled() -> tuple[list[tuple[Page, Source]], Tried]:
    catalogue = load(installed_seeds())
    wanted = [label for label in labels(CORPUS) if label["kind"] == "article"]
    pages = [read_page(CORPUS / label["file"], label.get("url")) for label in wanted]
    return [(page, reader_of(page, catalogue)) for page in pages], catalogue.fingerprints


def _sample() -> tuple[list[tuple[Page, Source]], Tried]:
    site = Site("http://127.0.0.1:8080")
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder), SimpleNamespace(url=site.origin, host="127.0.0.1:8080"))
        catalogue = load(Path(folder), private_allow=("127.0.0.1:8080",))
    pages = []
    for journal in site.journals:
        for article in site.listed(journal):
            url = site.origin + site.path(article.id)
            answer = site.respond(site.path(article.id))
            headers = tuple((name.lower(), value) for name, value in answer.headers.items())
            page = Page(url=url, final_url=url, headers=headers, body=answer.body, fetched_at=datetime.now(UTC))
            owner = next(one for one in catalogue.sources.values() if re.search(one.urls.article[0], url))
            pages.append((page, owner))
    return pages, catalogue.fingerprints


if __name__ == "__main__":
    main()
