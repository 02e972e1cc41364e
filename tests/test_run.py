"""Runs against a publisher on loopback: outcomes, a lease, stops, and kill -9 at any moment."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harvester.errors import BusyError, HarvesterError, UsageError
from harvester.ingest import LeaseLostError
from harvester.model.page import VisitOutcome
from harvester.model.record import Record
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Discovery, Expectations, PolitenessRules, Source, UrlRules
from harvester.run import Progress, run_source
from harvester.run.lease import is_alive, process, this_process
from harvester.run.verdict import Course, judge, misses
from harvester.settings import Settings
from storage.archive import read
from storage.pages import PageVisit
from storage.spool import spooled_runs
from storage.store import Store

PAGES = 60
ROOT = Path(__file__).resolve().parent.parent
HERE = """
import sys
from pathlib import Path
from harvester.model.source import Source
from harvester.run import run_source
from harvester.settings import Settings
from storage.store import Store

settings = Settings.model_validate_json(sys.argv[1])
with Store.open(settings.database_url) as store:
    run = run_source(store, Source.model_validate_json(sys.argv[2]), settings)
    print(run.model_dump_json())
"""


@dataclass
class Press:
    """A publisher of PAGES articles, each of which takes `delay` seconds."""

    delay: float = 0.0
    robots: str = "User-agent: *\nAllow: /\n"
    edition: dict[int, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    seen: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    origin: str = ""

    @property
    def host(self) -> str:
        return self.origin.removeprefix("http://")

    def articles(self) -> list[dict[str, str]]:
        """Headers of every request for an article."""
        return [headers for path, headers in self.asked if path.startswith("/article/")]

    def answer(self, path: str) -> tuple[int, str, str]:
        """Status, content type and text."""
        if path == "/robots.txt":
            return 200, "text/plain", self.robots
        if path == "/sitemap.xml":
            urls = "".join(f"<url><loc>{self.origin}/article/{n}</loc></url>" for n in range(PAGES))
            return (
                200,
                "application/xml",
                f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>',
            )
        if path.startswith("/article/"):
            return 200, "text/html; charset=utf-8", self.article(int(path.rpartition("/")[2]))
        return 404, "text/html", "nothing here"

    def article(self, number: int) -> str:
        title = f"Weather lore of valley number {number}"
        return f"""<!DOCTYPE html><html lang="en"><head><title>{title}</title>
            <meta name="citation_title" content="{title}">
            <meta name="citation_author" content="Merriweather, Ilse">
            <meta name="citation_journal_title" content="Annals of Valley Weather">
            <meta name="citation_doi" content="10.5555/valley.{number}">
            <meta name="citation_publication_date" content="2026/03/0{number % 9 + 1}"></head><body>
            <h1>{title}</h1><p class="access">{self.edition.get(number, "Open access")}</p>
            <h2>Abstract</h2><p>In valley number {number} the old sayings about fog were written down by the miller's
            daughter, and each was held against the readings of the weather station for eleven years in a row.</p>
            </body></html>"""


@pytest.fixture
def press() -> Iterator[Press]:
    found = Press()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, kind, text = found.answer(self.path)
            if self.path.startswith("/article/"):
                found.seen.release()
                time.sleep(found.delay)
            tag = f'"{hash(text)}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, text = 304, ""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
            if status != 304:
                self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.origin = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, press: Press) -> Settings:
    return Settings(data_dir=tmp_path / "data", private_allow=(press.host,), contact="desk@harvest.example")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with Store.open(settings.database_url, migrate=True) as opened:
        yield opened


@pytest.fixture
def source(press: Press) -> Source:
    return Source(
        id="valley",
        name="Annals of Valley Weather",
        hosts=(press.host,),
        languages=("en",),
        discovery=(Discovery(kind="sitemap", url=f"{press.origin}/sitemap.xml"),),
        urls=UrlRules(article=(r"/article/(?P<id>\d+)$",)),
        politeness=PolitenessRules(delay=0, timeout=10),
    )


def start(settings: Settings, source: Source, press: Press) -> "subprocess.Popen[str]":
    """A Run in a process of its own; what was asked for before it no longer counts for `wait_for_pages`."""
    while press.seen.acquire(blocking=False):
        continue
    command = [sys.executable, "-c", HERE, settings.model_dump_json(), source.model_dump_json()]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_pages(press: Press, count: int) -> None:
    """Return when so many more articles have been asked for."""
    for _ in range(count):
        assert press.seen.acquire(timeout=60)


def assert_whole(store: Store, settings: Settings, records: int = PAGES) -> None:
    """Nothing lost, nothing twice, every pointer readable, the log strictly increasing, the file sound."""
    found = list(store.records.iter())
    assert len(found) == len({record.url for record in found}) == records
    for record in found:
        assert_archived(store, settings, record)
    numbers = [change.seq for change in store.changes.since(0)]
    assert numbers == sorted(set(numbers))
    created = [change.record_id for change in store.changes.since(0)]
    assert sorted(created) == sorted(record.id for record in found)
    assert store.check() == []


def assert_archived(store: Store, settings: Settings, record: Record) -> None:
    pointer = store.archive_index.pointer(record.id)
    assert pointer is not None
    page = read(settings.data_dir / "archive", pointer)
    assert page.url == record.url
    assert record.titles["en"].value.encode() in page.body


def test_a_run_harvests_every_article(store: Store, source: Source, settings: Settings, press: Press) -> None:
    seen: list[Progress] = []
    run = run_source(store, source, settings, on_progress=seen.append)
    assert (run.outcome, run.notes, run.resumed_from) == (RunOutcome.SUCCEEDED, (), None)
    assert (run.counts["ok"], run.counts["created"]) == (PAGES, PAGES)
    assert run.ended_at is not None
    assert_whole(store, settings)
    assert seen[-1].run_id == run.id
    assert {headers["user-agent"] for headers in press.articles()} == {press.articles()[0]["user-agent"]}
    assert press.articles()[0]["user-agent"].endswith("(+desk@harvest.example)")
    assert spooled_runs(settings.data_dir / "spool") == []
    assert list((settings.data_dir / "spool").iterdir()) == []


def test_the_second_run_asks_conditionally_and_changes_nothing(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    head = store.changes.head()
    press.asked.clear()
    assert run_source(store, source, settings).counts == {}
    assert press.articles() == []
    due = datetime.now(UTC)
    urls = [f"{press.origin}/article/{number}" for number in range(PAGES)]
    visits = [PageVisit(source.id, url, VisitOutcome.NOT_MODIFIED, at=due, next_due=due) for url in urls]
    with store.begin() as unit:  # as if the time of every page had come
        store.pages.record_visits(unit, visits)
    again = run_source(store, source, settings)
    assert again.counts == {"not_modified": PAGES}
    assert all("if-none-match" in headers for headers in press.articles())
    assert len(press.articles()) == PAGES
    assert store.changes.head() == head


def test_full_asks_for_everything_again_and_finds_the_change(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    press.edition[7] = "Access to the full text of this article requires a subscription."
    press.asked.clear()
    run = run_source(store, source, settings, full=True)
    assert not any("if-none-match" in headers for headers in press.articles())
    assert run.counts["unchanged"] == PAGES - 1
    assert run.counts["access_changed"] == 1


def test_a_limited_run_is_not_held_to_the_number_of_records(store: Store, source: Source, settings: Settings) -> None:
    strict = source.model_copy(update={"expect": Expectations(min_records=PAGES)})
    run = run_source(store, strict, settings, limit=5)
    assert (run.outcome, run.counts["ok"]) == (RunOutcome.SUCCEEDED, 5)


def test_a_missed_expectation_names_field_share_and_threshold(store: Store, source: Source, settings: Settings) -> None:
    strict = source.model_copy(update={"expect": Expectations(bilingual=0.5, min_records=PAGES + 1)})
    run = run_source(store, strict, settings)
    assert run.outcome is RunOutcome.DEGRADED
    assert run.notes == (
        f"expected at least {PAGES + 1} records, there are {PAGES}",
        f"expected bilingual at least 50%, found 0% of {PAGES} records read",
    )


def test_robots_that_forbids_everything_is_said(store: Store, source: Source, settings: Settings, press: Press) -> None:
    press.robots = "User-agent: *\nDisallow: /\n"
    run = run_source(store, source, settings)
    assert run.outcome in (RunOutcome.DEGRADED, RunOutcome.FAILED)
    assert press.articles() == []
    assert any("robots" in note for note in run.notes)


def test_a_host_that_is_down_is_said(store: Store, source: Source, settings: Settings) -> None:
    nowhere = source.model_copy(
        update={
            "hosts": ("127.0.0.1:1",),
            "discovery": (Discovery(kind="urls", urls=("http://127.0.0.1:1/article/1",)),),
        }
    )
    down = settings.model_copy(update={"private_allow": ("127.0.0.1:1",)})
    run = run_source(store, nowhere, down)
    assert run.outcome is RunOutcome.FAILED
    assert run.notes


def test_without_a_contact_nothing_is_asked(store: Store, source: Source, settings: Settings) -> None:
    with pytest.raises(UsageError):
        run_source(store, source, settings.model_copy(update={"contact": "", "private_allow": ()}))
    assert store.runs.list() == []


def test_a_crawl_that_dies_fails_the_run_with_its_last_words(
    store: Store, source: Source, settings: Settings, tmp_path: Path
) -> None:
    other = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/nowhere/none.db"})
    run = run_source(store, source, other)
    assert run.outcome is RunOutcome.FAILED
    assert "the crawl ended with code 1" in run.notes[0]
    assert "none.db" in run.notes[0]


def test_only_one_run_of_a_source_at_a_time(store: Store, source: Source, settings: Settings, press: Press) -> None:
    press.delay = 0.2
    first = start(settings, source, press)
    try:
        wait_for_pages(press, 1)
        with pytest.raises(BusyError) as refusal:
            run_source(store, source, settings)
        assert str(first.pid) in str(refusal.value)
        assert "since" in str(refusal.value)
        assert refusal.value.exit_code == 4
        press.delay = 0.0
    finally:
        out, said = first.communicate(timeout=60)
    assert Run.model_validate_json(out).outcome is RunOutcome.SUCCEEDED, said
    assert_whole(store, settings)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_keeps_what_it_fetched_and_the_next_goes_on(
    store: Store, source: Source, settings: Settings, press: Press, number: signal.Signals
) -> None:
    press.delay = 0.1
    running = start(settings, source, press)
    wait_for_pages(press, 30)  # sixteen at a time: some have been answered
    began = time.monotonic()
    running.send_signal(number)
    out, said = running.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert running.returncode == 0, said
    stopped = Run.model_validate_json(out)
    assert stopped.outcome is RunOutcome.INTERRUPTED
    kept = len(list(store.records.iter()))
    assert 0 < kept == stopped.counts["created"] < PAGES
    press.delay = 0.0
    press.asked.clear()
    run = run_source(store, source, settings)
    assert run.resumed_from == stopped.id
    assert len(press.articles()) == PAGES - kept
    assert_whole(store, settings)


def test_stop_may_be_asked_from_another_thread(store: Store, source: Source, settings: Settings, press: Press) -> None:
    press.delay = 0.1
    stop = threading.Event()

    def ask() -> None:
        wait_for_pages(press, 3)
        stop.set()

    threading.Thread(target=ask, daemon=True).start()
    assert run_source(store, source, settings, stop=stop).outcome is RunOutcome.INTERRUPTED


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kill_9_loses_nothing_and_doubles_nothing(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    chance = random.Random(20261122)
    polite = source.model_copy(update={"politeness": PolitenessRules(delay=0.04, timeout=10)})
    for _ in range(5):
        running = start(settings, polite, press)
        wait_for_pages(press, 1)
        time.sleep(chance.random() * 0.5)  # any moment of fetching, spooling, archiving and committing
        running.kill()
        running.communicate()
        assert store.check() == []
        for record in store.records.iter():
            assert_archived(store, settings, record)
    run = run_source(store, source, settings)
    assert run.outcome is RunOutcome.SUCCEEDED, run.notes
    assert run.resumed_from is not None
    assert_whole(store, settings)
    assert [one.outcome for one in store.runs.list()][1:] == [RunOutcome.INTERRUPTED] * 5
    assert len(press.articles()) <= PAGES + 5  # one in flight at each kill
    assert spooled_runs(settings.data_dir / "spool") == []


def test_what_a_dead_run_spooled_is_taken_in_without_asking_again(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.delay = 0.05
    running = start(settings, source, press)
    wait_for_pages(press, 20)
    running.kill()
    running.communicate()
    answered = len(press.articles())
    press.delay = 0.0
    press.asked.clear()
    run = run_source(store, source, settings)
    in_flight = 16
    assert len(press.articles()) <= PAGES - answered + in_flight
    assert any("interrupted run" in note for note in run.notes)
    assert_whole(store, settings)


def test_a_broken_archive_folder_stops_the_run_with_its_name(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    settings.data_dir.mkdir(exist_ok=True)
    (settings.data_dir / "archive").write_text("in the way")
    with pytest.raises(HarvesterError, match="archive"):
        run_source(store, source, settings)
    (run,) = store.runs.list()
    assert run.outcome is RunOutcome.FAILED
    assert list(store.records.iter()) == []
    (settings.data_dir / "archive").unlink()
    assert run_source(store, source, settings).outcome is RunOutcome.SUCCEEDED
    assert_whole(store, settings)


# Leases


def test_a_run_that_lost_its_lease_stores_nothing_more(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    press.delay = 0.05
    successor: list[Run] = []

    def take_over(progress: Progress) -> None:
        if progress.counts and not successor:
            with store.begin() as unit:
                now, me = datetime.now(UTC), this_process()
                successor.append(store.runs.open(unit, source.id, "successor", me, now, 60, lambda owner: False))

    polite = source.model_copy(update={"politeness": PolitenessRules(delay=0.1, timeout=10)})
    with pytest.raises(LeaseLostError):
        run_source(store, polite, settings, on_progress=take_over)
    latest, lost = store.runs.list()
    assert (latest.id, latest.outcome) == ("successor", RunOutcome.RUNNING)
    assert (lost.id, lost.outcome) == (latest.resumed_from, RunOutcome.INTERRUPTED)
    with store.begin() as unit:
        store.runs.close(unit, "successor", RunOutcome.INTERRUPTED, {}, [], datetime.now(UTC))
    press.delay = 0.0
    assert run_source(store, source, settings).outcome is RunOutcome.SUCCEEDED
    assert_whole(store, settings)


def test_a_process_is_known_by_more_than_its_number() -> None:
    me = this_process()
    assert me.pid == os.getpid()
    assert is_alive(me)
    assert not is_alive(me.__class__(me.host, me.pid, "another boot"))
    assert is_alive(me.__class__("elsewhere", me.pid, ""))


def test_an_ended_process_is_dead_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = process(child.pid)
    assert is_alive(owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(owner)
    child.wait()
    assert not is_alive(owner)
    assert child.stdin
    child.stdin.close()


# The verdict on a Run


def course(**values: Any) -> Course:
    return Course(**{"counts": {"ok": 3}, "seen": {}, "report": {}, **values})


def test_a_good_run_succeeds_without_a_word() -> None:
    assert judge(course(), Expectations()) == (RunOutcome.SUCCEEDED, [])
    assert judge(course(counts={}), Expectations()) == (RunOutcome.SUCCEEDED, [])


def test_a_host_that_stayed_shut_degrades() -> None:
    outcome, notes = judge(course(report={"shut": {"host.example": "held for an hour"}}), Expectations())
    assert (outcome, notes) == (RunOutcome.DEGRADED, ["host.example: held for an hour"])


@pytest.mark.parametrize(
    ("counts", "outcome", "word"),
    [
        ({"disallowed": 4}, RunOutcome.DEGRADED, "robots.txt forbids"),
        ({"network_error": 4}, RunOutcome.FAILED, "is the host up"),
        ({"forbidden": 2, "challenged": 1}, RunOutcome.DEGRADED, "forbidden 2, challenged 1"),
        ({"disallowed": 4, "ok": 1}, RunOutcome.SUCCEEDED, ""),
    ],
)
def test_nothing_reached_is_told_by_its_cause(counts: dict[str, int], outcome: RunOutcome, word: str) -> None:
    found, notes = judge(course(counts=counts), Expectations())
    assert found is outcome
    assert word in " ".join(notes)
    assert set(counts) <= {outcome.value for outcome in VisitOutcome}


def test_shares_of_a_handful_say_nothing() -> None:
    expect = Expectations(with_doi=1.0)
    assert list(misses(expect, {"records": 4, "with_doi": 0}, None)) == []
    assert list(misses(expect, {"records": 5, "with_doi": 5}, None)) == []
    (note,) = misses(expect, {"records": 8, "with_doi": 7}, None)
    assert note == "expected with_doi at least 100%, found 88% of 8 records read"


def test_the_report_names_what_a_reservation_took_away() -> None:
    _, notes = judge(course(counts={"ok": 3, "reserved": 3, "abstracts_withheld": 2}), Expectations())
    assert len(notes) == 2
    assert notes[0].startswith("2 pages reserve")
    assert json.dumps(notes).count("text and data mining") == 2
