"""Figures for Prometheus. They are read from the tables at every request, so that every process tells the same.

Counters go on over restarts. What cannot be read is named in `harvester_scrape_failed` and left out; the rest is told.
"""

import logging
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from harvester.errors import HarvesterError
from harvester.model.run import RunKind, RunOutcome
from harvester.serving.work import Work
from storage.spool import waiting
from storage.store import Store

_log = logging.getLogger(__name__)
MOST_HOSTS = 100  # held hosts that are named
_ENDED = [outcome for outcome in RunOutcome if outcome is not RunOutcome.RUNNING]
_Part = Callable[[], Iterable[Metric]]


class Metrics:
    """What one installation tells Prometheus."""

    def __init__(self, store: Store, data_dir: Path, work: Work) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Installation(store, data_dir, work))
        ProcessCollector(registry=self._registry)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type: OpenMetrics where the Accept header asks for it, else Prometheus'."""
        encoder, kind = choose_encoder(accept)
        return encoder(self._registry), kind


class _Installation(Collector):
    """Tables, spool and the work of this process."""

    def __init__(self, store: Store, data_dir: Path, work: Work) -> None:
        self._store = store
        self._spool = data_dir / "spool"
        self._work = work
        self._tables: dict[str, _Part] = {
            "runs": self._runs,
            "records": self._records,
            "pages": self._pages,
            "schedules": self._schedules,
            "fires": self._fires,
            "queue": self._queue,
            "hosts": self._hosts,
            "changes": self._changes,
            "digests": self._digests,
            "schema": self._build,
        }

    def collect(self) -> Iterator[Metric]:
        """Everything that can be told."""
        began = time.perf_counter()
        failed = GaugeMetricFamily("harvester_scrape_failed", "1 where this part could not be read.", labels=["part"])
        answers = self._answers()
        yield GaugeMetricFamily("harvester_up", "1 where the database answers.", value=answers)
        parts = {"spool": self._spooled, "scheduler": self._scheduler} | (self._tables if answers else {})
        for name, part in parts.items():
            found, problem = _read(part)
            yield from found
            failed.add_metric([name], problem)
        yield failed
        took = time.perf_counter() - began
        yield GaugeMetricFamily("harvester_scrape_duration_seconds", "Time this answer took to read.", value=took)

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering is no reason to read the tables."""
        return ()

    def _answers(self) -> bool:
        try:
            self._store.ping()
        except HarvesterError:
            return False
        except Exception:
            _log.exception("the database cannot be read")
            return False
        return True

    def _runs(self) -> Iterator[Metric]:
        visits = _counter("page_visits", "Pages harvests asked for, by what happened.", "source", "outcome")
        saved = _counter("records_saved", "Records harvests read, by effect.", "source", "effect")
        verdicts = _counter("verdicts", "Verdicts read from pages, by access status.", "source", "access")
        runs = _counter("runs", "Runs that have ended, by kind and outcome.", "source", "kind", "outcome")
        took = SummaryMetricFamily("harvester_run_duration_seconds", "Time ended harvests took.", labels=["source"])
        success = _gauge("source_last_success_timestamp_seconds", "When a harvest last succeeded.", "source")
        damaged = 0
        for source, sums in sorted(self._store.figures.runs().items()):
            for family, counts in ((visits, sums.visits), (saved, sums.saved), (verdicts, sums.verdicts)):
                _add(family, source, counts)
            for kind, outcome in sorted({*sums.runs, *((RunKind.HARVEST, one) for one in _ENDED)}):
                if outcome in _ENDED:
                    runs.add_metric([source, kind, outcome], sums.runs[kind, outcome])
            took.add_metric([source], sums.ended, sums.seconds)
            if sums.succeeded_at:
                success.add_metric([source], sums.succeeded_at.timestamp())
            damaged += sums.damaged
        rows = GaugeMetricFamily("harvester_damaged_runs", "Rows of runs that cannot be read.", value=damaged)
        return iter((visits, saved, verdicts, runs, took, success, rows))

    def _records(self) -> Iterator[Metric]:
        family = _gauge("records", "Records that are not deleted, by access status.", "source", "access")
        for (source, access), count in sorted(self._store.figures.records().items()):
            family.add_metric([source, access], count)
        yield family

    def _pages(self) -> Iterator[Metric]:
        family = _gauge("pages_due", "Pages to be asked for by the next harvest.", "source")
        for source, count in self._store.figures.due_pages(_now()).items():
            family.add_metric([source], count)
        yield family

    def _schedules(self) -> Iterator[Metric]:
        rests = _gauge("source_rests", "1 while a source is paused, switched off, or its schedule damaged.", "source")
        lag = _gauge("source_lag_seconds", "For how long a harvest that is due has not begun.", "source")
        due = _gauge("source_next_due_timestamp_seconds", "When the next harvest may begin.", "source")
        for one in self._work.standings():
            rests.add_metric([one.source_id], one.rests)
            lag.add_metric([one.source_id], one.behind_s)
            if one.next_due:
                due.add_metric([one.source_id], one.next_due.timestamp())
        return iter((rests, lag, due))

    def _fires(self) -> Iterator[Metric]:
        family = _gauge("fires", "Harvests that wait for a worker (queued) or are at work (running).", "state")
        for state, count in self._store.figures.open_fires().items():
            family.add_metric([state], count)
        yield family

    def _queue(self) -> Iterator[Metric]:
        family = _gauge("queue_depth", "Runs of this process's workers, or hosts in the queue of all.", "state")
        for state, count in self._work.counts().items():
            family.add_metric([state], count)
        yield family

    def _hosts(self) -> Iterator[Metric]:
        now = _now()
        count, held = self._store.figures.held_hosts(now, MOST_HOSTS)
        yield GaugeMetricFamily("harvester_hosts_held", "Hosts that are left alone for now.", value=count)
        family = _gauge("host_hold_seconds", "For how long a host is still left alone.", "host")
        for host, until in held.items():
            family.add_metric([host], max(0.0, (until - now).total_seconds()))
        yield family

    def _changes(self) -> Iterator[Metric]:
        head = self._store.figures.head()
        yield GaugeMetricFamily("harvester_change_log_seq", "Number of the latest entry.", value=head)

    def _digests(self) -> Iterator[Metric]:
        counts = self._store.deliveries.counts()
        away = counts.pop("suspended")
        yield GaugeMetricFamily("harvester_readers_suspended", "Readers whose address refused mail.", value=away)
        family = _gauge("deliveries", "Mails to readers, by what became of them.", "state")
        for state, count in sorted(counts.items()):
            family.add_metric([state], count)
        yield family

    def _build(self) -> Iterator[Metric]:
        facts = {"version": _version(), "python": platform.python_version(), "engine": self._store.engine_name}
        yield InfoMetricFamily("harvester_build", "This program.", value=facts | {"schema": self._store.schema})

    def _spooled(self) -> Iterator[Metric]:
        size, since = waiting(self._spool)
        age = max(0.0, time.time() - since) if since else 0.0
        yield GaugeMetricFamily("harvester_spool_bytes", "Raw pages that wait to be read.", value=size)
        yield GaugeMetricFamily("harvester_spool_oldest_seconds", "Age of the oldest of them.", value=age)

    def _scheduler(self) -> Iterator[Metric]:
        age = self._work.look_age_s()
        yield GaugeMetricFamily("harvester_leader", "1 where this process claims fires.", value=self._work.leads)
        yield GaugeMetricFamily("harvester_scheduler_look_age_seconds", "Since its loop last came round.", value=age)


def _read(part: _Part) -> tuple[list[Metric], bool]:
    """What a part tells, and whether it failed: whatever is wrong with one, the others are told."""
    try:
        return [*part()], False
    except Exception:
        _log.exception("a part of the metrics cannot be read")
        return [], True


def _counter(name: str, words: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"harvester_{name}", words, labels=labels)


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"harvester_{name}", words, labels=labels)


def _add(family: CounterMetricFamily, source: str, counts: Mapping[str, int]) -> None:
    for name, count in sorted(counts.items()):
        family.add_metric([source, name], count)


def _version() -> str:
    try:
        return version("harvester")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0"


def _now() -> datetime:
    return datetime.now(UTC)
