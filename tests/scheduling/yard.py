"""A scheduler, workers and the hosts they harvest; and what is to be true of them when a worker is killed."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quays import Quay, quays
from serving import Process, environment, until

from harvester.model.schedule import FireState
from storage.store import Store
from storage.unit import Unit

SELDOM = "0 0 29 2 *"


class Yard:
    """Hosts with two sources each, a database, and the services that are started on it."""

    def __init__(self, folder: Path, database: str, hosts: list[Quay], delay: float, cron: str) -> None:
        self.hosts = hosts
        self.delay = delay
        self.sources = {name: quay for quay in hosts for name in quay.sources(folder / "seeds", delay, cron)}
        allowed = ",".join(quay.host for quay in hosts)
        self.environment = environment(folder, database, folder / "seeds", allowed)
        self.store = Store.open(database, migrate=True)

    def ask_for_all(self) -> None:
        """As an operator with `harvester schedule run`, for every source."""
        now = datetime.now(UTC)

        def ask(unit: Unit) -> None:
            for name in self.sources:
                self.store.schedules.request(unit, name, "the test", now)

        self.store.transact(ask)

    @contextmanager
    def start(self, *words: str) -> Iterator[Process]:
        """One service at work; killed at the end if it still is."""
        service = Process(self.environment, *words)
        try:
            yield service
        finally:
            service.process.kill()
            service.process.wait()

    def scheduler(self) -> AbstractContextManager[Process]:
        return self.start("scheduler", "--port", "0")

    def worker(self, at_once: int) -> AbstractContextManager[Process]:
        return self.start("worker", "--concurrency", str(at_once))

    def done(self) -> int:
        """How many sources have had their fire done."""
        return sum(fire.state is FireState.DONE for name in self.sources for fire in self.store.schedules.fires(name))

    def sources_of(self, worker: Process) -> list[str]:
        """Sources whose Run is in this worker's hands."""
        mine = f":{worker.process.pid}:"
        fires = self.store.schedules.open()
        return [fire.source_id for fire in fires if fire.state is FireState.RUNNING and mine in fire.claimed_by]

    def articles(self) -> int:
        """How many there are on all hosts."""
        return sum(2 * quay.articles for quay in self.hosts)

    def records(self) -> int:
        return sum(1 for record in self.store.records.iter() if record.deleted_at is None)


@dataclass
class Figures:
    """What was seen of a worker that was killed, or slept."""

    hosts_held: int  # by that worker
    back_s: float  # until all of these were asked again by the other; until the fires were its own no more
    orphans_s: float  # until no process of the killed worker was left
    asked_twice: int  # articles, for they were in flight
    requests: int
    least_gap_s: float  # between an answer and the next request of the same host
    most_at_once: int  # requests at one host
    records: int
    articles: int


@contextmanager
def yard(folder: Path, database: str, hosts: int, articles: int, delay: float, cron: str = SELDOM) -> Iterator[Yard]:
    with ExitStack() as stack:
        made = Yard(folder, database, stack.enter_context(quays(hosts, articles)), delay, cron)
        stack.callback(made.store.close)
        yield made


def kill_in_the_middle(place: Yard, share: int, patience_s: float = 240) -> Figures:
    """Two workers harvest all; the one that took so many hosts is killed when it has fetched from each of them.

    The other has hands for all. Returns when all is done, and the other has ended in order.
    """
    with _two_workers(place, share, patience_s) as (one, two):
        seen = _kill(place, one, patience_s)
        two.stop()
        return seen


def sleep_in_the_middle(place: Yard, share: int, patience_s: float = 240) -> Figures:
    """The same, but the worker sleeps until the other has taken over what it held, and then wakes up."""
    with _two_workers(place, share, patience_s) as (one, two):
        held = {place.sources[name] for name in place.sources_of(one)}
        one.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        until(lambda: not place.sources_of(one), patience_s)
        back_s = time.monotonic() - began
        one.process.send_signal(signal.SIGCONT)
        until(lambda: place.done() >= len(place.sources), patience_s)
        one.stop()
        two.stop()
        return _figures(place, len(held), back_s, 0.0)


@contextmanager
def _two_workers(place: Yard, share: int, patience_s: float) -> Iterator[tuple[Process, Process]]:
    with place.worker(share) as one:
        until(lambda: len(place.sources_of(one)) == share, patience_s)
        with place.worker(len(place.hosts)) as two:
            until(lambda: len(place.sources_of(two)) == len(place.hosts) - share, patience_s)
            until(lambda: all(place.sources[name].fetched() for name in place.sources_of(one)), patience_s)
            yield one, two


def _kill(place: Yard, one: Process, patience_s: float) -> Figures:
    children = descendants(one.process.pid)
    held = {place.sources[name] for name in place.sources_of(one)}
    one.kill()
    killed = time.monotonic()
    until(lambda: not any(map(_is_there, children)), patience_s)
    orphans_s = time.monotonic() - killed
    ends = {quay.host: len(quay.log) for quay in held}
    until(lambda: all(len(quay.log) > ends[quay.host] or is_whole(place, quay) for quay in held), patience_s)
    back_s = time.monotonic() - killed
    until(lambda: place.done() >= len(place.sources), patience_s)
    return _figures(place, len(held), back_s, orphans_s)


def _figures(place: Yard, held: int, back_s: float, orphans_s: float) -> Figures:
    return Figures(
        hosts_held=held,
        back_s=back_s,
        orphans_s=orphans_s,
        asked_twice=sum(count > 1 for quay in place.hosts for count in quay.fetched().values()),
        requests=sum(len(quay.log) for quay in place.hosts),
        least_gap_s=min(quay.least_gap() for quay in place.hosts),
        most_at_once=max(quay.most_at_once for quay in place.hosts),
        records=place.records(),
        articles=place.articles(),
    )


def is_whole(place: Yard, quay: Quay) -> bool:
    """Whether nothing is left to be asked of a host."""
    return len(quay.fetched()) == 2 * quay.articles


def descendants(pid: int) -> list[int]:
    """Numbers of all processes below one, as of now."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found, next_ones = [], [pid]
    while next_ones:
        next_ones = [child for child, parent in parents.items() if parent in next_ones]
        found += next_ones
    return found


def _is_there(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return bool(re.search(rb"harvester\.(run|crawl)", words)) and os.getpid() != pid
