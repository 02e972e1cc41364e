"""robots.txt over real HTTP: read once, under a lock, and believed."""

import socket
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from loopback import HTML, POLITE, STOPS_S, Crawler, Handler, Publisher, make_source
from sqlalchemy import select

from storage.store import Store
from storage.tables import hosts

ALL = "User-agent: *\nDisallow: /\n"


@pytest.mark.fault(72)
def test_sixteen_requests_at_once_fetch_nothing_that_is_disallowed(publisher: Publisher, crawler: Crawler) -> None:
    def slow(handler: Handler) -> None:
        threading.Event().wait(0.5)  # long enough for all sixteen to ask
        handler.answer(200, {"Content-Type": "text/plain"}, ALL.encode())

    urls = publisher.pages(16)
    publisher.routes["/robots.txt"] = slow
    done = crawler.crawl(make_source(publisher, *urls))
    assert publisher.paths() == ["/robots.txt"]
    assert done.outcomes() == dict.fromkeys(urls, "disallowed")
    assert "forbids /article/0" in done.visits[urls[0]].detail


@pytest.mark.parametrize("status", [500, 503, 429])
@pytest.mark.fault(67)
def test_robots_that_cannot_be_read_closes_the_host(publisher: Publisher, crawler: Crawler, status: int) -> None:
    urls = publisher.pages(100)
    publisher.page("/robots.txt", "User-agent: *\nAllow: /", status=status)
    done = crawler.crawl(make_source(publisher, *urls))
    assert set(publisher.paths()) == {"/robots.txt"}
    assert len(publisher.paths()) == 3
    assert done.visits == {}, "nothing was learnt of any page"
    assert crawler.due() == 100
    assert "cannot be read" in done.report["shut"][publisher.url]


@pytest.mark.fault(65, 67)
def test_no_answer_to_robots_closes_the_host(publisher: Publisher, crawler: Crawler) -> None:
    publisher.server.shutdown()
    publisher.server.server_close()
    with socket.socket() as silent:
        silent.bind(publisher.server.server_address)  # without listening: nobody else gets the port meanwhile
        done = crawler.crawl(make_source(publisher, publisher.url + "/article/1"))
    assert [(str(v.outcome), "robots.txt" in v.detail) for v in done.visits.values()] == [("network_error", True)]


@pytest.mark.parametrize("status", [404, 403, 410, 401])
@pytest.mark.fault(66)
def test_no_robots_means_allowed(publisher: Publisher, crawler: Crawler, status: int) -> None:
    urls = publisher.pages(2)
    publisher.page("/robots.txt", ALL, status=status)
    done = crawler.crawl(make_source(publisher, *urls))
    assert set(done.outcomes().values()) == {"ok"}
    assert (publisher.url in done.report["problems"]) == (status == 403)


@pytest.mark.fault(69)
def test_the_beginning_of_robots_without_end_is_obeyed(publisher: Publisher, crawler: Crawler) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain")
        handler.end_headers()
        try:
            handler.wfile.write(b"User-agent: *\nDisallow: /article/0\n")
            while True:
                handler.wfile.write(b"Disallow: /somewhere/else\n" * 10_000)
        except OSError:  # the crawler has heard enough
            handler.close_connection = True

    urls = publisher.pages(2)
    publisher.routes["/robots.txt"] = endless
    done = crawler.crawl(make_source(publisher, *urls))
    assert done.outcomes() == {urls[0]: "disallowed", urls[1]: "ok"}
    assert "500 KiB" in done.report["problems"][publisher.url]


@pytest.mark.fault(67, 74)
def test_robots_is_kept_for_a_day_and_the_last_good_copy_beyond(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(2)
    publisher.page("/robots.txt", "User-agent: *\nDisallow: /article/0\n")
    source = make_source(publisher, *urls)
    expected = {urls[0]: "disallowed", urls[1]: "ok"}
    assert crawler.crawl(source).outcomes() == expected
    publisher.page("/robots.txt", "oops", status=503)
    publisher.requests.clear()
    assert crawler.crawl(source).outcomes() == expected
    assert "/robots.txt" not in publisher.paths()
    age_robots(crawler, publisher, days=2)
    old = crawler.crawl(source)
    assert old.outcomes() == expected
    assert publisher.paths().count("/robots.txt") == 3
    assert "last good copy" in old.report["problems"][publisher.url]


@pytest.mark.fault(74)
def test_a_new_rule_is_obeyed_once_the_copy_is_a_day_old(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(1)
    source = make_source(publisher, *urls)
    assert crawler.crawl(source).outcomes() == {urls[0]: "ok"}
    publisher.page("/robots.txt", ALL)
    age_robots(crawler, publisher, days=1)
    assert crawler.crawl(source).outcomes() == {urls[0]: "disallowed"}


def age_robots(crawler: Crawler, publisher: Publisher, *, days: int) -> None:
    with crawler.store() as store, store.begin() as unit:
        copy = store.hosts.robots(publisher.url)
        assert copy is not None
        store.hosts.save_robots(unit, publisher.url, replace(copy, fetched_at=copy.fetched_at - timedelta(days=days)))


@pytest.mark.fault(70)
def test_robots_redirect_within_the_source_is_followed(publisher: Publisher, crawler: Crawler) -> None:
    url = publisher.pages(1)[0]
    publisher.page("/robots.txt", status=301, Location="/other-robots.txt")
    publisher.page("/other-robots.txt", ALL)
    assert crawler.crawl(make_source(publisher, url)).outcomes() == {url: "disallowed"}


@pytest.mark.fault(70)
def test_robots_redirect_loop_closes_the_host(publisher: Publisher, crawler: Crawler) -> None:
    url = publisher.pages(1)[0]
    publisher.page("/robots.txt", status=302, Location="/robots.txt?1")
    publisher.page("/robots.txt?1", status=302, Location="/robots.txt")
    done = crawler.crawl(make_source(publisher, url))
    assert done.outcomes() == {url: "server_error"}
    assert "in a circle" in done.visits[url].detail
    assert publisher.articles() == []


@pytest.mark.fault(70)
def test_robots_may_be_redirected_to_another_host_and_rules_the_first(
    publisher: Publisher, other_publisher: Publisher, crawler: Crawler
) -> None:
    urls = publisher.pages(2)
    for hop in range(4):
        publisher.page(f"/robots{hop or ''}.txt", status=302, Location=f"/robots{hop + 1}.txt")
    publisher.page("/robots4.txt", status=301, Location=other_publisher.url + "/shared-rules.txt")
    other_publisher.page("/shared-rules.txt", "User-agent: *\nDisallow: /article/0\n")
    source = make_source(publisher, *urls)
    done = crawler.crawl(source, private_allow=(publisher.host, other_publisher.host))
    assert done.outcomes() == {urls[0]: "disallowed", urls[1]: "ok"}
    assert other_publisher.paths() == ["/shared-rules.txt"]


@pytest.mark.fault(70, 87)
def test_robots_redirected_to_a_private_address_closes_the_host(
    publisher: Publisher, other_publisher: Publisher, crawler: Crawler
) -> None:
    publisher.page("/robots.txt", status=302, Location=other_publisher.url + "/robots.txt")
    done = crawler.crawl(make_source(publisher, *publisher.pages(2)))
    assert other_publisher.requests == []
    assert publisher.articles() == []
    assert set(done.outcomes().values()) == {"blocked_address"}


@pytest.mark.fault(72, 75)
def test_disallowed_listings_sitemaps_and_redirect_targets_are_not_fetched(
    publisher: Publisher, crawler: Crawler
) -> None:
    publisher.page("/robots.txt", "User-agent: Harvester\nDisallow: /hidden\n\nUser-agent: *\nDisallow: /article\n")
    publisher.page("/article/1", status=302, Location="/hidden/1")
    publisher.page("/hidden/1")
    ways = (
        {"kind": "listing", "url": publisher.url + "/hidden/list"},
        {"kind": "sitemap", "url": publisher.url + "/hidden/s.xml"},
        {"kind": "urls", "urls": [publisher.url + "/article/1"]},
    )
    done = crawler.crawl(make_source(publisher, discovery=ways, urls={"article": ["/article/"]}))
    assert done.outcomes() == {publisher.url + "/article/1": "disallowed"}
    assert not any(path.startswith("/hidden") for path in publisher.paths())
    assert len([p for p in done.report["problems"].values() if p.startswith("disallowed")]) == 2


@pytest.mark.fault(73)
def test_crawl_delay_is_kept_even_where_no_gap_was_asked(publisher: Publisher, crawler: Crawler) -> None:
    publisher.page("/robots.txt", "User-agent: *\nCrawl-delay: 0.4\n")
    crawler.crawl(make_source(publisher, *publisher.pages(4)))
    starts = [request.at for request in publisher.requests]
    assert len(starts) == 6
    assert all(later - earlier >= 0.4 for earlier, later in pairwise(starts)), "from robots.txt itself on"


@pytest.mark.fault(8, 73)
def test_crawl_delay_outlives_the_process_that_read_it(publisher: Publisher, crawler: Crawler) -> None:
    publisher.page("/robots.txt", "User-agent: *\nCrawl-delay: 3\n")
    urls = publisher.pages(1)
    source = make_source(publisher, *urls, politeness={"delay": 0.05} | POLITE)
    child, _ = crawler.start(source)
    assert publisher.came.wait(STOPS_S)
    with crawler.store() as store:
        while postponed(store) < 1:
            time.sleep(0.02)
    child.process.kill()
    child.wait(STOPS_S)
    crawler.crawl(source)
    starts = [request.at for request in publisher.requests]
    assert all(later - earlier >= 3 for earlier, later in pairwise(starts))


def postponed(store: Store) -> float:
    """Seconds until the one host may be asked again."""
    with store.snapshot() as connection:
        until = connection.execute(select(hosts.c.next_at)).scalar_one()
    return (until - datetime.now(UTC)).total_seconds()


@pytest.mark.fault(73)
def test_crawl_delay_over_the_cap_shuts_the_host(publisher: Publisher, crawler: Crawler) -> None:
    publisher.page("/robots.txt", "User-agent: *\nCrawl-delay: 86400\n")
    done = crawler.crawl(make_source(publisher, *publisher.pages(3)))
    assert publisher.articles() == []
    assert done.visits == {}
    assert "86400 s between requests" in done.report["shut"][publisher.host]


@pytest.mark.fault(68)
def test_robots_answer_of_any_type_is_read(publisher: Publisher, crawler: Crawler) -> None:
    url = publisher.pages(1)[0]
    publisher.routes["/robots.txt"] = (200, HTML, b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /article\r\n")
    assert crawler.crawl(make_source(publisher, url)).outcomes() == {url: "disallowed"}
