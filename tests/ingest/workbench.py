"""A store, an archive and the sample site's pages, without a network between them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harvester.ingest import Ingest, Looked
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record
from harvester.model.run import ChangeKind, Visit
from harvester.model.source import Source
from harvester.sample import Site, seeds
from harvester.sources import load
from storage.archive import ArchiveWriter
from storage.pages import PageState
from storage.runs import Owner
from storage.store import Store

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
ADDRESS = "http://127.0.0.1:8901"
RUN = "20261101T080000-aaaaaa"
LEASE_S = 60.0


class Publisher:
    url = ADDRESS
    host = "127.0.0.1:8901"


class Bench:
    """A store, an archive and the sample site's pages, without a network between them."""

    def __init__(self, folder: Path, store: Store, basis: str = "none", **changes: Any) -> None:
        seeds(folder / "seeds", Publisher())
        self.site = Site(ADDRESS)
        self.source: Source = load(folder / "seeds").sources["halvern-review"].model_copy(update=changes)
        self.store = store
        self.folder = folder / "archive"
        self.now = START
        self.taken = 0
        self.due: list[Looked] = []
        with store.begin() as unit:
            store.runs.open(unit, self.source.id, RUN, Owner("here", 1, "x"), START, LEASE_S, lambda owner: False)
        self.archive = ArchiveWriter(self.folder, self.source.id, RUN)
        self.ingest = self.another(basis)

    def another(self, basis: str = "none") -> Ingest:
        self.ingest = Ingest(
            self.store,
            self.archive,
            self.folder,
            self.source,
            run_id=RUN,
            default_basis=basis,
            revisit=self._revisit,
            lease_s=LEASE_S,
            clock=lambda: self.now,
        )
        return self.ingest

    def _revisit(self, looked: Looked) -> datetime:
        self.due.append(looked)
        return looked.at + timedelta(days=1)

    @property
    def ids(self) -> list[str]:
        return [a.id for a in self.site.listed("hrsh") if not a.tdm and "noarchive" not in a.robots]

    def url(self, article_id: str) -> str:
        return ADDRESS + self.site.path(article_id)

    def visit(self, article_id: str, **changes: Any) -> Visit:
        answer = self.site.respond(self.site.path(article_id))
        values = {
            "url": self.url(article_id),
            "final_url": self.url(article_id),
            "status": answer.status,
            "headers": tuple((name.lower(), value) for name, value in answer.headers.items()),
            "body": answer.body,
            "fetched_at": self.now,
        }
        page = Page.model_validate(values | changes)
        return Visit(run_id=RUN, url=page.url, outcome=VisitOutcome.OK, page=page, at=self.now)

    def failed(self, article_id: str, outcome: VisitOutcome, detail: str = "") -> Visit:
        return Visit(run_id=RUN, url=self.url(article_id), outcome=outcome, detail=detail, at=self.now)

    def take(self, *visits: Visit) -> dict[str, int]:
        """Take the visits in as one segment; returns what was counted for it."""
        before = self.ingest.tally.counts.copy()
        self.taken += 1
        self.now += timedelta(minutes=1)
        self.ingest.take(f"{RUN}-{self.taken:06d}.seg", visits)
        return dict(self.ingest.tally.counts - before)

    def record(self, article_id: str) -> Record:
        (found,) = self.store.records.find(url=self.url(article_id))
        return found

    def state(self, article_id: str) -> PageState:
        found = self.store.pages.get(self.source.id, self.url(article_id))
        assert found is not None
        return found

    def kinds(self) -> list[ChangeKind]:
        return [change.kind for change in self.store.changes.since(0)]
