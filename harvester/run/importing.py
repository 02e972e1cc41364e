"""Pages saved elsewhere go through the same ingest, as a Run of their Source; nobody is asked for anything."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event

from harvester.errors import HarvesterError
from harvester.ingest import Ingest, LeaseLostError
from harvester.model.page import Page, VisitOutcome
from harvester.model.run import IMPORT_NOTE, RunOutcome, Visit
from harvester.model.source import Source
from harvester.run.lease import is_alive, this_process
from harvester.run.run import LEASE_S, new_run_id, revisit
from harvester.run.salvage import cut_archive_tails
from harvester.settings import Settings
from harvester.urls import canonical_url, in_bounds, is_article, refused
from storage.archive import ArchiveWriter
from storage.store import Store

BATCH = 64
BATCH_BYTES = 16 * 1024 * 1024
STOPPED = "stopped on request; the same import goes on, passing over what was taken in"


class Import:
    """An import into one Source, under its lease from the first page on. Use as a context manager.

    When `stop` is set by its end, the Run counts as interrupted; what was added by then is taken in.
    Raises BusyError while a Run of the Source is at work, StorageError, LeaseLostError.
    """

    def __init__(self, store: Store, source: Source, settings: Settings, stop: Event | None = None) -> None:
        self._store = store
        self._source = source
        self._settings = settings
        self._run_id = new_run_id()
        self._stop = stop or Event()
        self._waiting: dict[str, Visit] = {}
        self._bytes = 0  # of the bodies that wait
        self._segments = 0
        self._passed: Counter[str] = Counter()
        self.strangers: Counter[str] = Counter()  # pages passed over, by the host that is none of the Source's

    def __enter__(self) -> "Import":
        me, source_id = this_process(), self._source.id
        runs, notes = self._store.runs, [IMPORT_NOTE]
        self._store.transact(
            lambda unit: runs.open(unit, source_id, self._run_id, me, _now(), LEASE_S, is_alive, notes)
        )
        folder = self._settings.data_dir / "archive"
        cut_archive_tails(self._store, folder, self._source.id)
        self._archive = ArchiveWriter(folder, self._source.id, self._run_id)
        self._ingest = Ingest(
            self._store,
            self._archive,
            folder,
            self._source,
            run_id=self._run_id,
            default_basis=self._settings.tdm_basis,
            revisit=revisit,
            lease_s=LEASE_S,
            clock=_now,
            saved=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._take()
                if self._stop.is_set():
                    self._close(RunOutcome.INTERRUPTED, [IMPORT_NOTE, STOPPED])
                else:
                    self._close(RunOutcome.SUCCEEDED, [IMPORT_NOTE])
            elif not isinstance(error, LeaseLostError):
                outcome = RunOutcome.INTERRUPTED if isinstance(error, KeyboardInterrupt) else RunOutcome.FAILED
                with suppress(HarvesterError):
                    self._close(outcome, [IMPORT_NOTE, str(error) or type(error).__name__])
        finally:
            self._archive.close()

    @property
    def counts(self) -> Counter[str]:
        """By VisitOutcome and effect, and for pages passed over.

        These are `other_host`, `no_article_address`, `refused_address` and `older`.
        """
        return self._ingest.tally.counts + self._passed + Counter(other_host=self.strangers.total())

    def add(self, page: Page) -> None:
        """Take one page in. Of several at one address the latest counts; one older than the last visit does not."""
        rules = self._source.urls
        url = canonical_url(page.url, rules)
        if stranger := next((u for u in (page.final_url, url) if not in_bounds(u, self._source.hosts)), None):
            self.strangers[stranger.split("/")[2]] += 1
            return
        if refused(page.final_url, rules):
            self._passed["refused_address"] += 1
            return
        if not is_article(page.final_url, rules) and not is_article(page.url, rules):
            self._passed["no_article_address"] += 1
            return
        at = min(page.fetched_at, _now())  # a date to come would put the next visit off until then
        other = self._waiting.get(url)
        if other and other.at >= at:
            self._passed["older"] += 1
            return
        named = page.model_copy(update={"url": url, "fetched_at": at})
        self._waiting[url] = Visit(run_id=self._run_id, url=url, outcome=VisitOutcome.OK, page=named, at=at)
        self._bytes += len(named.body)
        if len(self._waiting) >= BATCH or self._bytes >= BATCH_BYTES:
            self._take()

    def _take(self) -> None:
        states = self._store.pages.states(self._source.id, [*self._waiting])
        seen = {url: state.visited_at for url, state in states.items() if state.visited_at}
        new = [visit for url, visit in self._waiting.items() if url not in seen or visit.at > seen[url]]
        self._passed["older"] += len(self._waiting) - len(new)
        self._waiting.clear()
        self._bytes = 0
        if new:
            self._segments += 1
            self._ingest.take(f"{self._run_id}-{self._segments:06d}.seg", new)

    def _close(self, outcome: RunOutcome, notes: list[str]) -> None:
        self._store.transact(
            lambda unit: self._store.runs.close(unit, self._run_id, outcome, self.counts, notes, _now())
        )
        self._store.search.catch_up()
        self._ingest.scrub()


def _now() -> datetime:
    return datetime.now(UTC)
