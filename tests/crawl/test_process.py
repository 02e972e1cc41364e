"""The crawl as a process: what it opens, how it stops, what it leaves behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from loopback import HTML, POLITE, STOPS_S, Crawler, Handler, Publisher, make_source

from storage.spool import SpoolReader, leftovers

pytestmark = pytest.mark.cold


def endless_site(publisher: Publisher, count: int = 3000, pause: float = 0.01) -> list[str]:
    def page(handler: Handler) -> None:
        time.sleep(pause)
        handler.answer(200, HTML, b"<html>" + handler.path.encode() + b"</html>")

    for n in range(count):
        publisher.routes[f"/article/{n}"] = page
    return [f"{publisher.url}/article/{n}" for n in range(count)]


def until(publisher: Publisher, count: int) -> None:
    deadline = time.monotonic() + STOPS_S
    while len(publisher.articles()) < count:
        assert time.monotonic() < deadline
        publisher.came.clear()
        publisher.came.wait(1)


def listening(pid: int) -> list[str]:
    """Local addresses of the listening TCP sockets of a process."""
    inodes = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]


@pytest.mark.fault(95)
def test_nothing_listens(publisher: Publisher, crawler: Crawler) -> None:
    child, _ = crawler.start(make_source(publisher, *endless_site(publisher)))
    until(publisher, 20)
    assert listening(child.process.pid) == []
    assert listening(os.getpid()) != [], "the check itself must see the listener of this process"
    child.stop()


@pytest.mark.fault(76)
def test_the_gap_is_kept_between_starts_and_one_request_runs_at_a_time(publisher: Publisher, crawler: Crawler) -> None:
    running = threading.Semaphore(1)
    overlaps: list[str] = []

    def page(handler: Handler) -> None:
        if not running.acquire(blocking=False):
            overlaps.append(handler.path)
            return handler.answer(500, HTML, b"")
        time.sleep(0.05)
        running.release()  # before the answer: what comes next may be here before this thread goes on
        return handler.answer(200, HTML, b"<html>x</html>")

    urls = publisher.pages(6)
    publisher.routes |= {f"/article/{n}": page for n in range(6)}
    crawler.crawl(make_source(publisher, *urls, politeness={"delay": 0.3} | POLITE))
    starts = [request.at for request in publisher.requests]
    assert len(starts) == 8
    assert overlaps == []
    assert all(later - earlier >= 0.28 for earlier, later in pairwise(starts))


@pytest.mark.fault(76)
def test_two_crawls_of_two_sources_share_the_gap_of_their_host(publisher: Publisher, crawler: Crawler) -> None:
    politeness = {"delay": 0.4} | POLITE
    urls = publisher.pages(6)
    one, _ = crawler.start(make_source(publisher, *urls[:3], id="one", politeness=politeness))
    two, _ = crawler.start(make_source(publisher, *urls[3:], id="two", politeness=politeness))
    for child in (one, two):
        list(child.progress())
        assert child.wait(STOPS_S) == 0
    starts = sorted(request.at for request in publisher.requests)
    assert len(publisher.articles()) == 6
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(starts))


def test_kill_leaves_a_readable_spool_and_nothing_is_lost(publisher: Publisher, crawler: Crawler) -> None:
    urls = endless_site(publisher, 400)
    source = make_source(publisher, *urls)
    child, config = crawler.start(source)
    until(publisher, 150)
    child.process.kill()
    child.wait(STOPS_S)
    segments = leftovers(crawler.spool, [config.run_id])
    saved = [visit for segment in segments for visit in SpoolReader.read(segment)]
    fetched = len(set(publisher.articles()))
    assert fetched - 16 <= len(saved) <= fetched
    assert all(visit.page and visit.page.body.endswith(b"</html>") for visit in saved)
    again = crawler.crawl(source)
    assert set(again.visits) == set(urls), "every URL was still due, because nobody had ingested a visit"


@pytest.mark.fault(2)
def test_sigterm_stops_in_good_order(publisher: Publisher, crawler: Crawler) -> None:
    child, config = crawler.start(make_source(publisher, *endless_site(publisher)))
    until(publisher, 50)
    child.process.terminate()
    for _ in child.progress():
        continue
    assert child.wait(STOPS_S) == 0
    assert child.report["done"] is True
    assert child.report["stopped"] is True
    asked = len(publisher.articles())
    assert asked < 3000
    assert len(crawler.visits(config.run_id)) == asked


def test_sigterm_ends_long_waits_at_once(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(3)
    publisher.page("/article/0", "later", status=429, Retry_After="100")
    child, _ = crawler.start(make_source(publisher, *urls))
    assert next(line["waits"] for line in child.progress() if line["waits"])
    assert child.stop() == 0, "killed, because it was not gone long before the host's hundred seconds were over"


def test_closing_its_standard_input_stops_the_crawl(publisher: Publisher, crawler: Crawler) -> None:
    child, _ = crawler.start(make_source(publisher, *endless_site(publisher)))
    until(publisher, 50)
    assert child.process.stdin
    child.process.stdin.close()
    for _ in child.progress():
        continue
    assert child.wait(STOPS_S) == 0
    assert child.report["stopped"] is True


@pytest.mark.fault(7)
def test_an_orphan_stops_when_its_parent_is_killed(publisher: Publisher, crawler: Crawler, tmp_path: Path) -> None:
    config = crawler.config(make_source(publisher, *endless_site(publisher)))
    (tmp_path / "config.json").write_text(config.model_dump_json())
    code = (
        "import sys, time; from pathlib import Path; from harvester.crawl.crawl import CrawlChild, CrawlConfig\n"
        "child = CrawlChild(CrawlConfig.model_validate_json(Path(sys.argv[1]).read_text()))\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "config.json")], stdout=subprocess.PIPE)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    until(publisher, 30)
    parent.kill()
    parent.wait(STOPS_S)
    parent.stdout.close()
    deadline = time.monotonic() + STOPS_S
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(publisher.articles()) < 3000


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def test_progress_comes_while_it_runs(publisher: Publisher, crawler: Crawler) -> None:
    child, _ = crawler.start(make_source(publisher, *endless_site(publisher, 300)))
    lines = list(child.progress())
    assert child.wait(STOPS_S) == 0
    visits = [line["visits"] for line in lines]
    assert len(lines) >= 6
    assert visits == sorted(visits)
    assert lines[-1]["discovered"] == 300
    assert {"visits", "queued", "discovered", "due", "waits"} <= set(lines[0])


def test_progress_says_when_a_held_host_may_be_asked_again(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(3)
    publisher.page("/article/0", "later", status=429, Retry_After="90")
    child, _ = crawler.start(make_source(publisher, *urls, politeness={"delay": 0.01} | POLITE))
    waits = next(line["waits"] for line in child.progress() if line["waits"])
    assert 60 < waits[publisher.host] <= 90
    assert child.stop() == 0


@pytest.mark.parametrize("text", [b"{}\n", b"not json\n", b""])
def test_a_wrong_configuration_is_wrong_use(text: bytes) -> None:
    done = subprocess.run([sys.executable, "-m", "harvester.crawl"], input=text, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"configuration" in done.stderr


def test_a_database_that_is_not_there_is_named(publisher: Publisher, crawler: Crawler, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "harvester.db"
    done = crawler.crawl(make_source(publisher, *publisher.pages(1)), database_url=f"sqlite:///{missing}")
    assert done.code == 1
    assert publisher.requests == []


def test_an_unwritable_spool_fails_the_crawl(publisher: Publisher, crawler: Crawler, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = crawler.crawl(make_source(publisher, *publisher.pages(1)), spool_dir=tmp_path / "file" / "spool")
    assert done.code == 1
    assert publisher.articles() == []


def test_a_spool_that_breaks_mid_way_fails_the_crawl(publisher: Publisher, crawler: Crawler) -> None:
    child, _ = crawler.start(make_source(publisher, *endless_site(publisher)))
    until(publisher, 20)
    crawler.spool.rename(crawler.folder / "moved")
    crawler.spool.write_text("in the way")
    for _ in child.progress():
        continue
    assert child.wait(STOPS_S) == 1
    assert len(publisher.articles()) < 3000


def test_signals_before_the_crawl_has_begun_end_it(publisher: Publisher, crawler: Crawler) -> None:
    child, _ = crawler.start(make_source(publisher, *endless_site(publisher)))
    child.process.send_signal(signal.SIGTERM)
    assert child.wait(STOPS_S) in {0, -signal.SIGTERM}
    assert child.report == {}


def test_the_crawl_waits_for_a_reader_that_lags(publisher: Publisher, crawler: Crawler) -> None:
    """Segments nobody takes bound what is fetched; taking them lets it go on."""
    count = 2600
    child, config = crawler.start(make_source(publisher, *endless_site(publisher, count, pause=0)))
    reader = SpoolReader(crawler.spool, config.run_id)
    most = 0
    for line in child.progress():
        segments = reader.segments()
        most = max(most, len(segments))
        if line["visits"] >= 2048 or line.get("done"):
            for segment in segments:
                reader.drop(segment)
    assert child.wait(STOPS_S) == 0
    assert child.report["visits"] == count
    assert 32 <= most <= 36
