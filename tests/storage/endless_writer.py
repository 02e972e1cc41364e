"""A child process that spools, archives and commits until it is killed. Arguments: folder, run id."""

import sys
from pathlib import Path

from made import NOW, make_record

from harvester.model.page import Page, VisitOutcome
from harvester.model.run import Visit
from storage.archive import ArchiveWriter
from storage.archive_index import ArchiveEntry
from storage.runs import Owner
from storage.spool import SpoolWriter
from storage.store import Store


def work(folder: Path, run_id: str) -> None:
    """Batches of five pages, each committed with record, Change and pointer."""
    with Store.open(f"sqlite:///{folder}/harvester.sqlite", migrate=True) as store:
        with store.begin() as unit:
            store.runs.open(unit, "alpha", run_id, Owner("here", 1, run_id), NOW, 60, lambda _: False)
        spool = SpoolWriter(folder / "spool", run_id)
        archive = ArchiveWriter(folder / "archive", "alpha", run_id, max_bytes=20_000)
        n = 1000 * int(run_id.removeprefix("run-"))
        while True:
            print("at work", flush=True)
            batch(store, spool, archive, range(n, n + 5))
            n += 5


def batch(store: Store, spool: SpoolWriter, archive: ArchiveWriter, numbers: range) -> None:
    """Spool, archive, commit."""
    pages = [page_of(make_record(n).url) for n in numbers]
    for page in pages:
        spool.append(Visit(run_id="run", url=page.url, outcome=VisitOutcome.OK, page=page, at=NOW))
    pointers = [archive.write_response(page, page.body, cut=False) for page in pages]
    archive.sync()
    with store.begin() as unit:
        saved = store.records.save(unit, [make_record(n) for n in numbers], run_id=None, now=NOW)
        entries = zip(pages, pointers, saved, strict=True)
        store.archive_index.add(
            unit, [ArchiveEntry("alpha", page.url, place, NOW, one.record_id) for page, place, one in entries]
        )


def page_of(url: str) -> Page:
    """A page whose body can be told from its URL."""
    return Page(url=url, final_url=url, body=f"{url} ".encode() * 200, fetched_at=NOW)


work(Path(sys.argv[1]), sys.argv[2])
