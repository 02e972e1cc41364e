"""One Run: take the lease, take in what was left behind, crawl, ingest as the crawl goes, close with an outcome."""

import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from harvester.ahead.segments import warm
from harvester.crawl.crawl import CrawlConfig
from harvester.crawl.revisit import next_due
from harvester.errors import HarvesterError
from harvester.extraction.extract import Extraction
from harvester.ingest import Ingest, LeaseLostError, Looked, Quarantine
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Source
from harvester.reach import user_agent
from harvester.run.ahead import MOST, Ahead, reading_ahead
from harvester.run.baseline import lost_lately, taken_over
from harvester.run.child import Child
from harvester.run.lease import is_alive, this_process
from harvester.run.salvage import cut_archive_tails, left_behind, tidy_spool
from harvester.run.telling import tell
from harvester.run.verdict import Course, drift, judge
from harvester.settings import Settings
from storage.archive import ArchiveWriter
from storage.spool import SpoolReader, leftovers
from storage.store import Store
from storage.unit import Unit

LEASE_S = 60.0
STOP_S = 24.0  # of the 30 a stopped Run has, so that the rest is left for what was fetched
_EARLIER = 50  # Runs that are compared with
_LOOK_S = 0.05
_REPORT_S = 0.2
_HEED_S = 2.0
_MOST_CHECKS = 3  # in a row
_INDEX_S, _INDEX_MOST = 2.0, 1_000
_READING = threading.Lock()  # Runs side by side in one process read one after the other: the work is the processor's


class Progress(NamedTuple):
    """Where a Run stands: `counts` by VisitOutcome and effect, and what the crawl says of itself.

    `due` pages are left, counted now and then; `waits` are seconds until a host may be asked again.
    """

    run_id: str
    visits: int
    queued: int
    discovered: int
    counts: dict[str, int]
    due: int = 0
    waits: dict[str, float] = {}


OnProgress = Callable[[Progress], None]


def new_run_id() -> str:
    """A name for a Run: when it began, and enough chance to be its own."""
    return f"{_now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def run_source(
    store: Store,
    source: Source,
    settings: Settings,
    *,
    full: bool = False,
    refetch: bool = False,
    limit: int | None = None,
    on_progress: OnProgress | None = None,
    stop: threading.Event | None = None,
    run_id: str | None = None,
) -> Run:
    """Harvest one Source and return the closed Run. SIGTERM, SIGINT or setting `stop` ends it within 30 seconds.

    `full` visits every known page, due or not; `refetch` also asks for each whole, sending no validators; `limit`
    bounds the pages visited; `run_id` names the Run (`new_run_id`). Raises BusyError while another Run of the Source is
    at work, UsageError without a contact, StorageError, and LeaseLostError when this process slept so long that
    another Run took its place.
    """
    contact = settings.contact_for((*source.hosts, *_resolvers(source)))
    run_id = run_id or new_run_id()

    def begin(unit: Unit) -> None:
        store.runs.open(unit, source.id, run_id, this_process(), _now(), LEASE_S, is_alive)
        if full or refetch:
            store.pages.make_all_due(unit, source.id, _now(), afresh=refetch)

    store.transact(begin)
    work = _Work(store, source, settings, run_id, contact, limit, on_progress, stop or threading.Event())
    try:
        with stopping_signals(work.stop):
            work.harvest(full=full or refetch, unconditional=refetch)
    except LeaseLostError:
        raise
    except BaseException as error:
        outcome = RunOutcome.INTERRUPTED if isinstance(error, KeyboardInterrupt) else RunOutcome.FAILED
        # What stopped the Run may also stop this; the next Run then calls it interrupted.
        with suppress(HarvesterError):
            work.close(outcome, [str(error) or type(error).__name__])
            work.tell_operator()
        raise
    finally:
        work.archive.close()
    return work.tell_operator()


class _Work:
    """One Run at work."""

    def __init__(
        self,
        store: Store,
        source: Source,
        settings: Settings,
        run_id: str,
        contact: str,
        limit: int | None,
        on_progress: OnProgress | None,
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._source = source
        self._settings = settings
        self._run_id = run_id
        self._contact = contact
        self._limit = limit
        self._on_progress = on_progress
        self.stop = stop
        self._spool = settings.data_dir / "spool"
        self._reader = SpoolReader(self._spool, run_id)
        folder = settings.data_dir / "archive"
        self._earlier = [run for run in store.runs.list(source.id, _EARLIER, telling=True) if run.id != run_id]
        self.archive = ArchiveWriter(folder, source.id, run_id)
        self._ingest = Ingest(
            store,
            self.archive,
            folder,
            source,
            run_id=run_id,
            default_basis=settings.tdm_basis,
            revisit=revisit,
            lease_s=LEASE_S,
            clock=_now,
            earlier=lost_lately(self._earlier),
            accepted=taken_over(self._earlier),
        )
        self._ahead: list[Ahead] = []
        self._notes: list[str] = []
        self._left: set[str] = set()  # hosts that answer with bot checks
        self._drifts = 0
        self._told = 0.0
        self._heeded = self._indexed = time.monotonic()

    def harvest(self, *, full: bool, unconditional: bool) -> None:
        """Everything between lease and outcome."""
        self._take_over()
        child = Child(self._config(full=full, unconditional=unconditional))
        try:
            with self._reading_ahead():
                self._follow(child)
        finally:
            if not child.has_ended:
                child.kill()
            code = child.end()
        self._take(leftovers(self._spool, [self._run_id]), child)
        self._reader.close()
        if excluded := child.report.get("excluded"):
            self._ingest.tally.counts["excluded"] = excluded
        self._tell(child, last=True)
        self._ingest.name_moved()
        stopped = self.stop.is_set()
        if not stopped:
            self._notes += [*self._ingest.settle(), *self._ingest.finish()]
        course = Course(
            counts=self._ingest.tally.counts,
            seen=self._ingest.tally.seen,
            first=self._ingest.tally.first,
            report=child.report,
            exit_code=0 if stopped else code,
            last_words=child.last_words,
            stopped=stopped,
            stored=self._stored(),
            measured=self._ingest.tally.measures.seen(),
            earlier=self._earlier,
        )
        outcome, notes = judge(course, self._source.expect)
        self._drifts = len([*drift(course, self._source.expect)]) + course.seen.get("drifted_fields", 0)
        self.close(outcome, [*self._notes, *notes])

    def _take_over(self) -> None:
        """Put right what an interrupted Run of this Source left, before anything new is fetched."""
        self._store.end_overrides(_now())  # no scheduler may run that does
        recovery = cut_archive_tails(self._store, self._settings.data_dir / "archive", self._source.id)
        self._notes += [f"archive file {name} is shorter than its index says" for name in recovery.missing]
        segments = left_behind(self._store, self._spool, self._source.id, self._run_id)
        if segments:
            self._take(segments, None)
            self._notes.append(f"took in {len(segments)} spool segments that an interrupted run had left")
        tidy_spool(self._spool, self._source.id, self._run_id, self._store)

    def _config(self, *, full: bool, unconditional: bool) -> CrawlConfig:
        return CrawlConfig(
            source=self._source,
            run_id=self._run_id,
            database_url=self._settings.database_url,
            spool_dir=self._spool,
            contact=self._contact,
            user_agent=user_agent(self._contact),
            private_allow=self._settings.private_allow,
            limit=self._limit,
            full=full,
            unconditional=unconditional,
            log_format="json",
            secrets=self._settings.secrets(),
        )

    def _follow(self, child: Child) -> None:
        """Take segments in as the crawl passes them on, until it has ended and none is left."""
        deadline: float | None = None
        while True:
            ended = child.has_ended
            segments = self._reader.segments()
            self._take(segments, child)
            if ended and not segments:
                return
            if self.stop.is_set() and deadline is None:
                child.ask_to_stop()
                deadline = time.monotonic() + STOP_S
            if deadline is not None and time.monotonic() > deadline:
                child.kill()
            self._heed()
            self._meanwhile(child)
            if not segments:
                time.sleep(_LOOK_S)

    def _heed(self) -> None:
        """Stop, if an operator has asked this Run to."""
        if time.monotonic() - self._heeded < _HEED_S or self.stop.is_set():
            return
        self._heeded = time.monotonic()
        if by := self._store.runs.stop_asked_by(self._run_id):
            self._notes.append(f"stopped by {by}")
            self.stop.set()

    @contextmanager
    def _reading_ahead(self) -> Iterator[None]:
        """Where no gap is kept, pages come faster than one process reads and stores them."""
        no_gap = not self._source.politeness.delay and all(map(self._settings.is_private, self._source.hosts))
        with reading_ahead(self._source, self._settings.read_ahead if no_gap else 0) as self._ahead:
            yield
        self._ahead = []

    def _take(self, segments: Sequence[Path], child: Child | None) -> None:
        for path in segments:
            quarantine = Quarantine(path)
            if not self._store.runs.is_segment_done(path.name):
                found = self._read_ahead(path, child)
                with self._turn_to_read():
                    self._ingest.take(path.name, self._reader.read(path), quarantine, found)
            self._reader.drop(path)
            quarantine.close()
            self._leave_alone(child)
            self._heed()
            self._tell(child)

    def _leave_alone(self, child: Child | None) -> None:
        """Bot checks that only their words give away are known when they are read: from then on the host is left."""
        for host, count in self._ingest.tally.checked.items():
            if child and count >= _MOST_CHECKS and host not in self._left:
                self._left.add(host)
                child.shut(f"https://{host}/", f"{host} keeps answering with bot checks")

    def _read_ahead(self, path: Path, child: Child | None) -> dict[str, Extraction]:
        """What was read of a segment ahead, by URL; meanwhile the segments after it are read."""
        self._look_ahead(path)
        while reader := next((one for one in self._ahead if one.is_asked(path)), None):
            if (found := reader.answer(path, _LOOK_S)) is not None:
                return found
            self._meanwhile(child)
            self._look_ahead(path)
        warm()
        return {}

    def _meanwhile(self, child: Child | None) -> None:
        """What a Run does while others are at work; what it has stored can be searched before it ends."""
        self._ingest.keep_lease()
        self._tell(child)
        if time.monotonic() - self._indexed >= _INDEX_S:
            self._store.search.catch_up(_INDEX_MOST)  # what others have left may be much
            self._indexed = time.monotonic()

    def _look_ahead(self, first: Path) -> None:
        """Have segments read from the `first` on, as many as the processes may wait for."""
        for segment in self._reader.segments():
            if segment < first or any(one.is_asked(segment) for one in self._ahead):
                continue
            free = [one for one in self._ahead if not one.is_gone and one.waiting < MOST]
            if not free:
                return
            min(free, key=lambda one: one.waiting).ask(segment, self._digests(segment))

    def _digests(self, segment: Path) -> dict[str, str | None]:
        urls = self._reader.urls(segment)
        return {url: state.digest for url, state in self._store.pages.states(self._source.id, urls).items()}

    @contextmanager
    def _turn_to_read(self) -> Iterator[None]:
        while not _READING.acquire(timeout=LEASE_S / 6):
            self._ingest.keep_lease()
        try:
            yield
        finally:
            _READING.release()

    def _tell(self, child: Child | None, *, last: bool = False) -> None:
        if self._on_progress is None or (not last and time.monotonic() - self._told < _REPORT_S):
            return
        self._told = time.monotonic()
        said = child.report if child else {}
        places = (said.get("visits", 0), said.get("queued", 0), said.get("discovered", 0))
        more = (said.get("due", 0), said.get("waits", {}))
        self._on_progress(Progress(self._run_id, *places, dict(self._ingest.tally.counts), *more))

    def _stored(self) -> int | None:
        """Records of the Source, counted as far as the Expectation asks; a limited Run is not held to it."""
        least = self._source.expect.min_records
        if least is None or self._limit is not None:
            return None
        return sum(1 for _ in islice(self._store.records.iter(source_id=self._source.id), least))

    def close(self, outcome: RunOutcome, notes: Sequence[str]) -> None:
        """End the Run and give the lease back."""
        tally = self._ingest.tally
        seen = tally.measures.seen() | ({"drifts": self._drifts} if self._drifts else {})
        self._store.transact(
            lambda unit: self._store.runs.close(unit, self._run_id, outcome, tally.counts, notes, _now(), seen)
        )
        self._store.search.catch_up()
        self._ingest.scrub()

    def tell_operator(self) -> Run:
        """The closed Run; the operator is told of it where there is news."""
        run = self._store.runs.get(self._run_id)
        assert run is not None
        tell(self._settings, run, self._earlier)
        return run


@contextmanager
def stopping_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; a second one has its usual effect. Other threads leave signals alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def ask(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, usual[signal.Signals(number)])

    for number in usual:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _resolvers(source: Source) -> list[str]:
    return [urlsplit(way.resolver).netloc for way in source.discovery if way.kind == "dois"]


def revisit(looked: Looked) -> datetime:
    """When a page is due again: the crawl's policy, as ingest asks for it."""
    return next_due(
        looked.outcome,
        looked.at,
        failures=looked.failures,
        first_seen=looked.first_seen,
        changed=looked.news,
        known=looked.known,
        turns=looked.turns,
    ).due


def _now() -> datetime:
    return datetime.now(UTC)
