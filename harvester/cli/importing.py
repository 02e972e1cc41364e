"""The verb import: saved pages instead of a crawl."""

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Json, verb
from harvester.cli.wiring import Wiring
from harvester.errors import BusyError, UsageError

if TYPE_CHECKING:
    from harvester.model.page import Page
    from harvester.model.source import Source

_WARC = (".warc", ".warc.gz")
_HTML = (".html", ".htm", ".xhtml")


def import_pages(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Saved HTML, WARC files, or folders of them.")],
    source: Annotated[str | None, typer.Option(metavar="ID", help="The source they belong to, else by host.")] = None,
    url: Annotated[str | None, typer.Option(help="Where a single saved page was; else its canonical link.")] = None,
    as_json: Json = False,
) -> None:
    """Take in pages that were saved elsewhere, through the same reading and the same rules as a harvest; ask nobody.

    A page older than the last visit of its address is passed over. A reservation that only the publisher's TDMRep file
    states holds if a run has met it before, and else is not known here: state the basis in the source's [rights].
    Ctrl-C or SIGTERM ends it in order; the same command then goes on, passing over what was taken in.

    Exit code 1 when no page was taken in or it was stopped, 4 when a run of the source is at work and none was.
    """
    from harvester.run.importing import Import
    from harvester.run.run import stopping_signals
    from storage.store import Store

    wiring: Wiring = context.obj
    paths = [path for given in files for path in _files(given)]
    if url and len(paths) > 1:
        raise UsageError("--url belongs to one page", remedy="give one page, or pages that state their address")
    passed: Counter[str] = Counter()
    stop = threading.Event()
    imports: dict[str, Import] = {}
    busy: dict[str, BusyError] = {}
    with (
        stopping_signals(stop),
        Store.open(wiring.settings.database_url, migrate=True) as store,
        ExitStack() as stack,
    ):
        for page in _all_pages(paths, url, passed, stop):
            reader = _reader(wiring, page, source)
            if isinstance(reader, str):
                passed[reader] += 1
                continue
            if reader.id not in imports and reader.id not in busy:
                try:
                    imports[reader.id] = stack.enter_context(Import(store, reader, wiring.settings, stop))
                except BusyError as error:  # the pages of the other sources are not lost for it
                    busy[reader.id] = error
            if reader.id in busy:
                passed[f"pages of {reader.id}, which is busy: import them again later"] += 1
            else:
                imports[reader.id].add(page)
        stack.close()
    counts = {name: dict(one.counts) for name, one in imports.items()}
    for name, one in imports.items():
        passed.update({f"pages of {host}, no host of {name}": n for host, n in one.strangers.items()})
    _tell(counts, passed, as_json=as_json)
    if stop.is_set():
        print("harvester: stopped on request; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(1)
    if not any(each.get("ok") or each.get("not_modified") for each in counts.values()):
        raise next(iter(busy.values()), typer.Exit(1))


def _files(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    found = sorted(path for path in given.rglob("*") if path.name.lower().endswith(_WARC + _HTML))
    if not found:
        raise UsageError(f"{given} holds no page", remedy=f"files ending in {', '.join(_HTML + _WARC)} are read")
    return found


def _all_pages(paths: list[Path], url: str | None, passed: Counter[str], stop: threading.Event) -> "Iterator[Page]":
    for path in paths:
        for page in _pages(path, url, passed):
            if stop.is_set():
                return
            yield page


def _pages(path: Path, url: str | None, passed: Counter[str]) -> "Iterator[Page]":
    from harvester.saved import read_page
    from storage.warc_files import responses

    if not path.name.lower().endswith(_WARC):
        yield read_page(path, url)
        return
    held = None
    for held in responses(path):
        if held.page:
            yield held.page
        else:
            passed[held.reason if held.whole else f"{path.name}: {held.reason}"] += 1
    if held is None:
        passed[f"file without any response, {path.name}"] += 1


def _reader(wiring: Wiring, page: "Page", source: str | None) -> "Source | str":
    """The source a page belongs to: the one named, else the one of its host and address; or why there is none."""
    from harvester.saved import NO_HOST
    from harvester.urls import in_bounds, is_article

    if source is not None:
        return wiring.catalogue.get(source)
    of_host = [one for one in wiring.catalogue.sources.values() if in_bounds(page.final_url, one.hosts)]
    fitting = [one for one in of_host if is_article(page.final_url, one.urls)]
    if len(fitting) == 1:
        return fitting[0]
    host = page.final_url.split("/")[2]
    if host == NO_HOST:
        return "pages that state no address: give them one by one with --url, or name the source with --source"
    if fitting:
        return f"pages of {host}, which several sources share: name one with --source"
    return f"pages of {host} that are no article's" if of_host else f"pages of {host}, which no source has"


def _tell(counts: dict[str, dict[str, int]], passed: Counter[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"sources": counts, "passed_over": dict(passed)}, ensure_ascii=False, indent=2))
        return
    from harvester.cli.show import console, facts

    for source_id, found in counts.items():
        console().print(facts([("source", source_id), *((name, str(n)) for name, n in sorted(found.items()) if n)]))
    for reason, number in passed.most_common(20):
        print(f"passed over: {number} {reason}")


import_verb = verb(
    import_pages,
    "harvester import page.html --url https://journal.example.org/article/1",
    "harvester import crawl.warc.gz --source my-journal",
)
