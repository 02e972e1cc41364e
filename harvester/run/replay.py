"""A replay is a Run of its own under its Source's lease, so that no harvest works beside it; it fetches nothing."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple

from harvester.errors import HarvesterError
from harvester.ingest import LeaseLostError, Quarantine
from harvester.ingest.replay import Replay, Reread
from harvester.ingest.withholding import Withholding
from harvester.model.run import REPLAY_NOTE, RunOutcome
from harvester.model.source import Source
from harvester.run.baseline import ACCEPTED
from harvester.run.lease import is_alive, this_process
from harvester.run.run import LEASE_S, new_run_id
from harvester.run.salvage import cut_archive_tails
from harvester.settings import Settings
from storage.archive import ArchiveWriter
from storage.saving import Saved
from storage.store import Store

REST = ""  # what no WARC file is needed for: records without a page, older revisions, tombstones
BATCH = 64  # records in one transaction
_BATCH_S = 10.0  # however few there are by then: the lease lasts longer


class Replayed(NamedTuple):
    """One page read again, and what storage made of it (None in a dry run and where nothing was to be stored)."""

    page: Reread
    saved: Saved | None


OnPage = Callable[[Replayed], None]


def replay_source(
    store: Store,
    source: Source,
    settings: Settings,
    on_page: OnPage,
    *,
    dry_run: bool,
    accept: bool = False,
    file: str | None = None,
    run_id: str | None = None,
) -> Counter[str]:
    """Read all archived pages of a Source again and store what differs; returns counts by effect and kind of Change.

    A dry run writes nothing and takes no lease. Raises BusyError while a Run of the Source is at work, StorageError,
    and LeaseLostError when this process slept so long that another Run took its place. A process that is killed leaves
    whole batches behind; another replay goes on. `accept` takes in pages that were held back, whatever they have lost,
    and what the last Run found becomes what is expected of the next. `file` is one part of the work: the pages of a
    WARC file, named as in the archive's index, or with REST what is left when all files have been read. `run_id` names
    the Run.
    """
    if dry_run:
        return _foreseen(store, source, settings, on_page, accept=accept)
    run_id = run_id or new_run_id()
    outcome, notes = RunOutcome.SUCCEEDED, [REPLAY_NOTE]
    me = this_process()
    store.transact(lambda unit: store.runs.open(unit, source.id, run_id, me, _now(), LEASE_S, is_alive, notes))
    work = _Work(store, source, settings, run_id, on_page, accept=accept)
    try:
        work.replay(file)
    except LeaseLostError:
        raise
    except BaseException as error:
        outcome = RunOutcome.INTERRUPTED if isinstance(error, KeyboardInterrupt) else RunOutcome.FAILED
        notes.append(str(error) or type(error).__name__)
        with suppress(HarvesterError):  # what stopped it may also stop this; the next Run then calls it interrupted
            work.close(outcome, notes)
        raise
    finally:
        work.archive.close()
    work.close(outcome, notes)
    return work.counts


def _foreseen(store: Store, source: Source, settings: Settings, on_page: OnPage, *, accept: bool) -> Counter[str]:
    folder = settings.data_dir / "archive"
    replay = Replay(store, folder, None, source, default_basis=settings.tdm_basis, clock=_now, accept=accept)
    counts: Counter[str] = Counter()
    read: set[str] = set()
    for entry in replay.entries():
        if page := replay.reread(entry):
            counts.update(_counted(page))
            on_page(Replayed(page, None))
            read |= {page.record_id} if page.record else set()
    withholding = Withholding(store, source, default_basis=settings.tdm_basis, clock=_now)
    for record in withholding.records():
        if record.id not in read and (page := withholding.bare(record)):
            counts.update(_counted(page))
            on_page(Replayed(page, None))
    return counts


def _counted(page: Reread) -> Iterator[str]:
    yield page.effect
    yield from page.kinds
    if page.body:
        yield "archive_cut" if page.body.page else "archive_removed"


class _Work:
    """One replay at work."""

    def __init__(
        self, store: Store, source: Source, settings: Settings, run_id: str, on_page: OnPage, *, accept: bool
    ) -> None:
        self._store = store
        self._source = source
        self._settings = settings
        self._run_id = run_id
        self._on_page = on_page
        self._folder = settings.data_dir / "archive"
        self.archive = ArchiveWriter(self._folder, source.id, run_id)
        self._replay = Replay(
            store,
            self._folder,
            self.archive,
            source,
            default_basis=settings.tdm_basis,
            clock=_now,
            run_id=run_id,
            accept=accept,
        )
        self._accept = accept
        self._withheld = False  # whether texts of records had to go
        self.counts: Counter[str] = Counter()

    def replay(self, file: str | None) -> None:
        """Do all, or the one part."""
        if file != REST:
            self._read(file)
        if file is None or file == REST:
            self._withhold()

    def _read(self, file: str | None) -> None:
        """Read page by page, store batch by batch."""
        cut_archive_tails(self._store, self._folder, self._source.id)
        quarantine = Quarantine(self._folder / self._source.id / "replay")
        batch: list[Reread] = []
        began = time.monotonic()
        for entry in self._replay.entries(file):
            if page := self._replay.reread(entry, quarantine):
                if page.record and any(page.record_id == other.record_id for other in batch):
                    self._save(batch)  # a page that was held back comes after the one its record was read from
                    batch = []
                batch.append(page)
            if len(batch) >= BATCH or time.monotonic() - began > _BATCH_S:
                self._save(batch)
                batch, began = [], time.monotonic()
        self._save(batch)
        quarantine.close()

    def _withhold(self) -> None:
        withholding = Withholding(self._store, self._source, default_basis=self._settings.tdm_basis, clock=_now)
        withheld = withholding.records()
        while some := [*islice(withheld, BATCH)]:
            self._save([page for record in some if (page := withholding.bare(record))])
            cut = withholding.cut_history([record.id for record in some], self._run_id, LEASE_S)
            self.counts += Counter(history_cut=cut)
            self._withheld = self._withheld or cut > 0

    def _save(self, batch: list[Reread]) -> None:
        saved = self._replay.save(batch, LEASE_S)
        for page in batch:
            done = saved.get(page.record_id) if page.record else None
            self.counts.update(_counted(page) if done is None else _stored(page, done))
            self._on_page(Replayed(page, done))

    def close(self, outcome: RunOutcome, notes: list[str]) -> None:
        """End the Run and give the lease back."""
        seen = {ACCEPTED: 1} if self._accept and outcome is RunOutcome.SUCCEEDED else {}
        self._store.transact(
            lambda unit: self._store.runs.close(unit, self._run_id, outcome, self.counts, notes, _now(), seen)
        )
        self._store.search.catch_up()
        if self._withheld:
            self._store.scrub()


def _stored(page: Reread, done: Saved) -> Iterator[str]:
    if done.skipped or done.error:
        yield "not_stored"
        return
    yield page.effect
    yield from (kind.value for kind in (done.kind, *done.extra) if kind)
    if page.body:
        yield "archive_cut" if page.body.page else "archive_removed"


def _now() -> datetime:
    return datetime.now(UTC)
