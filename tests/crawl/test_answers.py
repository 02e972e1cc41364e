"""What publishers answer, and what becomes of it."""

import codecs
import gzip
import socket
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from loopback import HTML, POLITE, Crawler, Handler, Publisher, make_source

from harvester.model.page import VisitOutcome
from storage.pages import PageVisit

PAGE = b"<html><body>" + b"text " * 200 + b"</body></html>"


ANSWERS: list[tuple[int, dict[str, str], bytes, str]] = [
    (404, HTML, b"gone", "gone"),
    (410, HTML, b"gone", "gone"),
    (401, HTML, b"no", "forbidden"),
    (402, HTML, b"pay", "forbidden"),
    (403, HTML, b"no", "forbidden"),
    (451, HTML, b"no", "forbidden"),
    (400, HTML, b"no", "forbidden"),
    (403, HTML, b"<p>solve the CAPTCHA</p>", "challenged"),
    (200, HTML | {"cf-mitigated": "challenge"}, b"<p>wait</p>", "challenged"),
    (200, {"Content-Type": "application/pdf"}, b"%PDF-1.7 ...", "wrong_content"),
    (200, HTML, b"%PDF-1.7 ...", "wrong_content"),
    (200, HTML, b"  \n", "wrong_content"),
    (200, {}, b"\x00\x01\x02", "wrong_content"),
    (200, {"Content-Type": "image/png"}, b"\x89PNG", "wrong_content"),
    (200, {"Content-Encoding": "br", **HTML}, b"whatever", "wrong_content"),
    (200, {"Content-Encoding": "gzip", **HTML}, b"not gzip", "wrong_content"),
    (200, {"Content-Encoding": "gzip", **HTML}, gzip.compress(PAGE), "ok"),
    (200, {}, PAGE, "ok"),
    (200, {"Content-Type": "text/html; charset=utf-16"}, "<html>é</html>".encode("utf-16"), "ok"),
    (300, HTML, b"choose", "wrong_content"),
]


@pytest.mark.fault(43, 44, 63)
def test_outcomes_without_a_second_try(publisher: Publisher, crawler: Crawler) -> None:
    expected = {}
    for number, (status, headers, body, outcome) in enumerate(ANSWERS):
        publisher.routes[f"/article/{number}"] = (status, headers, body)
        expected[f"{publisher.url}/article/{number}"] = outcome
    done = crawler.crawl(make_source(publisher, *expected))
    assert done.outcomes() == expected
    assert sorted(publisher.articles()) == sorted(publisher.routes)
    assert {url for url, visit in done.visits.items() if visit.page} == {u for u, o in expected.items() if o == "ok"}


@pytest.mark.fault(63)
def test_the_body_of_an_unwanted_type_is_not_read(publisher: Publisher, crawler: Crawler) -> None:
    sent: list[int] = []

    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/pdf")
        handler.send_header("Content-Length", str(2**33))
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)
            sent.append(65_536)

    publisher.routes["/article/1"] = endless
    done = crawler.crawl(make_source(publisher, publisher.url + "/article/1"))
    assert list(done.outcomes().values()) == ["wrong_content"]
    assert sum(sent) < 20 * 1024 * 1024


@pytest.mark.fault(50)
def test_gzip_bombs_are_stopped(publisher: Publisher, crawler: Crawler) -> None:
    bomb = gzip.compress(b"\0" * (200 * 1024 * 1024), 1)
    publisher.routes["/article/1"] = (200, HTML | {"Content-Encoding": "gzip"}, bomb)
    publisher.routes["/article/2"] = (200, HTML | {"Content-Encoding": "gzip, gzip"}, gzip.compress(bomb))
    done = crawler.crawl(make_source(publisher, publisher.url + "/article/1", publisher.url + "/article/2"))
    assert list(done.outcomes().values()) == ["too_large"] * 2


@pytest.mark.fault(51)
def test_endless_bodies_are_stopped(publisher: Publisher, crawler: Crawler) -> None:
    sent: Counter[str] = Counter()

    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        if handler.path == "/article/announced":
            handler.send_header("Content-Length", str(10**10))
        handler.end_headers()
        sent[handler.path] = 0
        while True:
            handler.wfile.write(b"x" * 65_536)
            sent[handler.path] += 65_536

    publisher.routes |= dict.fromkeys(("/article/announced", "/article/unannounced"), endless)
    done = crawler.crawl(make_source(publisher, *(publisher.url + path for path in publisher.routes)))
    assert list(done.outcomes().values()) == ["too_large"] * 2
    assert len(sent) == 2 and max(sent.values()) < 40 * 1024 * 1024


def cut(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(len(PAGE)))
    handler.end_headers()
    handler.wfile.write(PAGE[:300])
    handler.close_connection = True


def cut_chunk(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"400\r\n" + PAGE[:300])
    handler.close_connection = True


def cut_without_length(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.wfile.write(PAGE[:300])
    handler.close_connection = True


def cut_gzip(handler: Handler) -> None:
    handler.answer(200, HTML | {"Content-Encoding": "gzip"}, gzip.compress(PAGE)[:-15])


def cut_without_length_after(mark: bytes, encoding: str) -> Callable[[Handler], None]:
    def way(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(mark + PAGE[:300].decode().encode(encoding))
        handler.close_connection = True

    return way


@pytest.mark.fault(54)
def test_truncated_bodies_are_tried_again_and_never_kept(publisher: Publisher, crawler: Crawler) -> None:
    ways = {
        "/article/length": cut,
        "/article/chunk": cut_chunk,
        "/article/no-length": cut_without_length,
        "/article/gzip": cut_gzip,
        "/article/utf-8": cut_without_length_after(codecs.BOM_UTF8, "utf-8"),
        "/article/utf-16": cut_without_length_after(codecs.BOM_UTF16_LE, "utf-16-le"),
    }
    publisher.routes |= ways
    done = crawler.crawl(make_source(publisher, *(publisher.url + path for path in ways)))
    assert done.outcomes() == {publisher.url + path: "truncated" for path in ways}
    assert Counter(publisher.articles()) == dict.fromkeys(ways, 3)
    assert all(visit.page is None for visit in done.visits.values())


def test_a_whole_body_without_length_is_kept(publisher: Publisher, crawler: Crawler) -> None:
    def close_delimited(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(PAGE)
        handler.close_connection = True

    publisher.routes["/article/1"] = close_delimited
    assert list(crawler.crawl(make_source(publisher, publisher.url + "/article/1")).outcomes().values()) == ["ok"]


XML = b"""<?xml version="1.0"?><!-- made <b>now</b> --><?style x?>
<!DOCTYPE article PUBLIC "-//X//DTD 1.0//EN" "x.dtd" [<!ENTITY a "b">]>"""


@pytest.mark.fault(54)
def test_xml_without_length_is_whole_with_the_end_of_its_root(publisher: Publisher, crawler: Crawler) -> None:
    def close_delimited(body: bytes) -> Callable[[Handler], None]:
        def answer(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", "application/xml")
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = True

        return answer

    def document(root: bytes) -> bytes:
        return b"<" + root + b' a="b">' + b"<item>text</item>" * 50 + b"</" + root + b">\n"

    whole = [*map(document, (b"rss", b"feed", b"OAI-PMH", b"rdf:RDF")), XML + document(b"article")]
    short = [XML + document(b"rss")[:-4], document(b"feed")[:-40], b"<div><div>a</div>b"]
    for number, body in enumerate([*whole, *short]):
        publisher.routes[f"/article/{number}"] = close_delimited(body)
    urls = [f"{publisher.url}/article/{number}" for number in range(len(whole) + len(short))]
    outcomes = crawler.crawl(make_source(publisher, *urls)).outcomes()
    assert [outcomes[url] for url in urls] == ["ok"] * len(whole) + ["truncated"] * len(short)


@pytest.mark.fault(42)
def test_server_error_once_is_tried_again(publisher: Publisher, crawler: Crawler) -> None:
    def once(handler: Handler) -> None:
        handler.answer(500 if len(publisher.articles()) == 1 else 200, HTML, PAGE)

    publisher.routes["/article/1"] = once
    assert list(crawler.crawl(make_source(publisher, publisher.url + "/article/1")).outcomes().values()) == ["ok"]


@pytest.mark.fault(55)
def test_a_compressed_body_damaged_once_is_asked_for_again(publisher: Publisher, crawler: Crawler) -> None:
    packed = gzip.compress(PAGE)
    damaged = packed[:20] + bytes(10) + packed[30:]

    def once(handler: Handler) -> None:
        first = len(publisher.articles()) == 1
        handler.answer(200, HTML | {"Content-Encoding": "gzip"}, damaged if first else packed)

    publisher.routes["/article/1"] = once
    assert list(crawler.crawl(make_source(publisher, publisher.url + "/article/1")).outcomes().values()) == ["ok"]


@pytest.mark.fault(42)
def test_server_error_always_is_tried_three_times(publisher: Publisher, crawler: Crawler) -> None:
    publisher.page("/article/1", status=500)
    done = crawler.crawl(make_source(publisher, publisher.url + "/article/1"))
    assert [(str(v.outcome), v.detail) for v in done.visits.values()] == [("server_error", "HTTP 500")]
    assert len(publisher.articles()) == 3


def reset(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def bad_status_line(handler: Handler) -> None:
    handler.wfile.write(b"SPDY 200 maybe\r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize("way", [reset, bad_status_line])
@pytest.mark.fault(55)
def test_broken_connections_are_network_errors(
    publisher: Publisher, crawler: Crawler, way: Callable[[Handler], None]
) -> None:
    publisher.routes["/article/1"] = way
    done = crawler.crawl(make_source(publisher, publisher.url + "/article/1"))
    assert list(done.outcomes().values()) == ["network_error"]
    assert len(publisher.articles()) <= 6


@pytest.mark.fault(52)
def test_the_total_deadline_ends_answers_that_stall_or_drip(publisher: Publisher, crawler: Crawler) -> None:
    def stall(handler: Handler) -> None:
        """No end of it for two minutes: that the crawl comes to one is its own doing."""
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(1200):
            time.sleep(0.1)
            if handler.path == "/article/drip":
                handler.wfile.write(b"x")

    publisher.routes |= dict.fromkeys(("/article/drip", "/article/stall"), stall)
    urls = [publisher.url + path for path in publisher.routes]
    done = crawler.crawl(make_source(publisher, *urls, politeness={"delay": 0, "timeout": 1}))
    ended = ("network_error", "no whole answer within 1 s")
    assert [(str(v.outcome), v.detail) for v in done.visits.values()] == [ended] * 2


@pytest.mark.fault(53)
def test_a_slow_but_finite_body_is_harvested(publisher: Publisher, crawler: Crawler) -> None:
    def slow(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(PAGE)))
        handler.end_headers()
        for start in range(0, len(PAGE), 100):
            time.sleep(0.1)
            handler.wfile.write(PAGE[start : start + 100])

    publisher.routes["/article/1"] = slow
    assert list(crawler.crawl(make_source(publisher, publisher.url + "/article/1")).outcomes().values()) == ["ok"]


@pytest.mark.fault(61)
def test_a_host_that_keeps_failing_is_left_alone(publisher: Publisher, crawler: Crawler) -> None:
    for n in range(200):
        publisher.page(f"/article/{n}", "no", status=403)
    done = crawler.crawl(make_source(publisher, *(f"{publisher.url}/article/{n}" for n in range(200))))
    assert 20 <= len(publisher.articles()) <= 24
    assert "keeps failing" in done.report["shut"][publisher.host]
    assert crawler.due() == 200


@pytest.mark.fault(39)
def test_429_holds_the_host_then_the_page_is_harvested(publisher: Publisher, crawler: Crawler) -> None:
    def busy_once(handler: Handler) -> None:
        first = publisher.articles().count("/article/0") == 1
        handler.answer(429 if first else 200, HTML | ({"Retry-After": "2"} if first else {}), PAGE)

    urls = publisher.pages(3)
    publisher.routes["/article/0"] = busy_once
    done = crawler.crawl(make_source(publisher, *urls, politeness={"delay": 0.05} | POLITE))
    assert set(done.outcomes().values()) == {"ok"}
    first = next(r.at for r in publisher.requests if r.path == "/article/0")
    later = [r.at for r in publisher.requests if r.at > first]
    assert min(later) - first >= 1.9


@pytest.mark.fault(40, 41)
def test_a_long_retry_after_is_left_to_the_next_run(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(5)
    publisher.page("/article/0", "later", status=503, Retry_After="3600")
    politeness = {"delay": 0.01} | POLITE
    done = crawler.crawl(make_source(publisher, *urls, politeness=politeness))
    assert done.outcomes() == {urls[0]: "rate_limited"}
    assert "asked to wait" in done.report["shut"][publisher.host]
    publisher.requests.clear()
    again = crawler.crawl(make_source(publisher, *urls, politeness=politeness))
    assert publisher.requests == []
    assert "held" in again.report["shut"][publisher.host]


def test_budget_of_requests(publisher: Publisher, crawler: Crawler) -> None:
    politeness = POLITE | {"delay": 0, "max_requests": 10}
    done = crawler.crawl(make_source(publisher, *publisher.pages(50), politeness=politeness))
    assert len(publisher.requests) == 10
    assert "10 times, the budget of one run" in done.report["paused"]
    assert done.report["shut"] == {}
    assert crawler.due() == 50


def test_a_small_budget_loses_no_page_that_was_asked_for(publisher: Publisher, crawler: Crawler) -> None:
    politeness = POLITE | {"delay": 0, "max_requests": 6}
    done = crawler.crawl(make_source(publisher, *publisher.pages(20), politeness=politeness))
    asked = publisher.articles()
    assert len(publisher.requests) == 6
    assert sorted(done.visits) == sorted(f"{publisher.url}{path}" for path in asked)
    assert len(asked) == 4  # the other two: robots.txt and the TDMRep file


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"max_megabytes": 0.001}, "0.001 MB"),
        ({"max_minutes": 0.001}, "0.001 minutes"),
        ({"quiet": ["00:00-00:00"]}, "quiet"),
    ],
)
def test_other_budgets_leave_the_rest_due(
    publisher: Publisher, crawler: Crawler, budget: dict[str, object], said: str
) -> None:
    politeness = {"delay": 0.05} | POLITE | budget
    done = crawler.crawl(make_source(publisher, *publisher.pages(50), politeness=politeness))
    assert said in done.report["paused"]
    assert len(publisher.articles()) < 50
    assert crawler.due() == 50


def test_the_pages_of_a_day_are_counted_over_all_runs(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(9)
    source = make_source(publisher, *urls, politeness=POLITE | {"delay": 0, "max_pages_per_day": 5})
    done = crawler.crawl(source)
    assert len(done.visits) == 5
    assert "others wait for the next" in done.report["paused"]
    now = datetime.now(UTC)
    with crawler.store() as store, store.begin() as unit:
        seen = [PageVisit("test", url, VisitOutcome.OK, now, next_due=now + timedelta(days=1)) for url in done.visits]
        store.pages.record_visits(unit, seen)
    publisher.requests.clear()
    again = crawler.crawl(source)
    assert (again.visits, publisher.requests) == ({}, [])
    assert "5 pages were visited today" in again.report["paused"]
