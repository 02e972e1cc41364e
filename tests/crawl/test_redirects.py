"""Redirects, addresses and certificates: every hop is checked before anything is sent."""

import os
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import HTML, Crawler, Handler, Publisher, make_source

from harvester.model.page import VisitOutcome
from storage.pages import PageVisit


@pytest.mark.fault(49)
def test_a_moved_article_is_followed_within_the_source(publisher: Publisher, crawler: Crawler) -> None:
    url = publisher.page("/article/1", status=301, Location="/article/1/new-slug")
    publisher.page("/article/1/new-slug")
    done = crawler.crawl(make_source(publisher, url))
    page = done.visits[url].page
    assert page is not None
    assert (page.url, page.final_url) == (url, url + "/new-slug")


@pytest.mark.fault(49)
def test_an_article_that_moved_to_raw_utf_8_is_followed(publisher: Publisher, crawler: Crawler) -> None:
    raw = "/article/1/été".encode().decode("latin-1")
    url = publisher.page("/article/1", status=301, Location=raw)
    there = publisher.page("/article/1/%C3%A9t%C3%A9")
    page = crawler.crawl(make_source(publisher, url)).visits[url].page
    assert page is not None
    assert page.final_url == there


@pytest.mark.fault(49)
def test_a_redirect_to_a_page_of_the_frontier_is_fetched_once(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(3)
    old = [publisher.page(f"/article/old-{n}", status=301, Location=f"/article/{n}") for n in range(3)]
    done = crawler.crawl(make_source(publisher, *old[:2], *urls, old[2]))
    assert sorted(path for path in publisher.articles() if "old" not in path) == [
        "/article/0",
        "/article/1",
        "/article/2",
    ]
    for here, there in zip(old, urls, strict=True):
        if done.visits[here].outcome is VisitOutcome.REDIRECTED:
            assert (done.visits[here].detail, done.visits[there].outcome) == (there, VisitOutcome.OK)
        else:
            assert there not in done.visits
            page = done.visits[here].page
            assert page is not None
            assert page.final_url == there


def test_a_redirect_to_a_page_that_is_known_and_not_due_asks_for_nothing_more(
    publisher: Publisher, crawler: Crawler
) -> None:
    there = publisher.pages(1)[0]
    here = publisher.page("/article/old", status=301, Location="/article/0")
    now = datetime.now(UTC)
    with crawler.store() as store, store.begin() as unit:
        store.pages.discover(unit, "test", [(there, None)], now)
        seen = PageVisit("test", there, VisitOutcome.OK, now, next_due=now + timedelta(days=1), digest="sha256:1")
        store.pages.record_visits(unit, [seen])
    assert crawler.crawl(make_source(publisher, here)).outcomes() == {here: "redirected"}
    assert publisher.articles() == ["/article/old"]
    with crawler.store() as store, store.begin() as unit:
        store.pages.discover(unit, "test", [(here, now + timedelta(seconds=1))], now)
    assert crawler.crawl(make_source(publisher, here)).outcomes() == {here: "ok"}


def test_a_target_that_fails_at_first_is_tried_again_through_its_redirect(
    publisher: Publisher, crawler: Crawler
) -> None:
    def once(handler: Handler) -> None:
        first = publisher.paths().count("/article/new") == 1
        handler.answer(500 if first else 200, HTML, b"<html>x</html>")

    here = publisher.page("/article/old", status=301, Location="/article/new")
    publisher.routes["/article/new"] = once
    with crawler.store() as store, store.begin() as unit:
        store.pages.discover(unit, "test", [(publisher.url + "/article/new", None)], datetime.now(UTC))
    done = crawler.crawl(make_source(publisher, here), limit=1)
    assert set(done.outcomes().values()) == {"ok"}


@pytest.mark.fault(87)
def test_redirect_to_another_address_is_refused_before_connecting(
    publisher: Publisher, other_publisher: Publisher, crawler: Crawler
) -> None:
    other_publisher.page("/secret")
    foreign = publisher.page("/article/1", status=302, Location=other_publisher.url + "/secret")
    done = crawler.crawl(make_source(publisher, foreign))
    assert done.outcomes() == {foreign: "blocked_address"}
    # Also where the source names the other host, but nobody opened its private address.
    both = make_source(publisher, foreign, hosts=(publisher.host, other_publisher.host))
    done = crawler.crawl(both, private_allow=[publisher.host])
    assert done.outcomes() == {foreign: "blocked_address"}
    assert "loopback" in done.visits[foreign].detail
    assert other_publisher.requests == []


@pytest.mark.fault(93)
def test_a_second_host_of_the_source_may_be_redirected_to(
    publisher: Publisher, other_publisher: Publisher, crawler: Crawler
) -> None:
    other_publisher.page("/article/1")
    away = other_publisher.url + "/article/1"
    cookie = {"Set_Cookie": "session=1", "Referrer_Policy": "unsafe-url"}
    url = publisher.page("/article/1", status=307, Location=away, **cookie)
    done = crawler.crawl(make_source(publisher, url, hosts=(publisher.host, other_publisher.host)))
    assert done.outcomes() == {url: "ok"}
    assert other_publisher.paths()[0] == "/robots.txt"
    sent = {name.lower() for request in other_publisher.requests for name in request.headers}
    assert sent.isdisjoint({"cookie", "authorization", "proxy-authorization", "referer"})


REFUSED = [
    ("/login?next=/article/1", "login"),
    ("https://sso.example.org/saml2/start", "login"),
    ("file:///etc/passwd", "blocked_address"),
    ("data:text/html,hello", "blocked_address"),
    ("ftp://127.0.0.1/x", "blocked_address"),
    ("javascript:alert(1)", "blocked_address"),
    ("http://169.254.169.254/latest/meta-data/", "blocked_address"),
    ("http://2130706433/", "blocked_address"),
    ("http://[::ffff:127.0.0.1]/", "blocked_address"),
    ("http://publisher@127.0.0.2/", "blocked_address"),
    ("http://example.org/article/1", "blocked_address"),
    ("/article/1.pdf", "wrong_content"),
    ("/print/1", "wrong_content"),
]


@pytest.mark.fault(46, 81, 87, 88, 89, 90)
def test_where_a_redirect_may_not_lead(publisher: Publisher, crawler: Crawler) -> None:
    expected = {}
    for number, (location, outcome) in enumerate(REFUSED):
        expected[publisher.page(f"/article/{number}", status=302, Location=location)] = outcome
    done = crawler.crawl(make_source(publisher, *expected))
    assert done.outcomes() == expected
    assert set(publisher.paths()) == {*publisher.routes, "/robots.txt", "/.well-known/tdmrep.json"}


@pytest.mark.fault(48)
def test_endless_redirect_stops_within_ten_requests(publisher: Publisher, crawler: Crawler) -> None:
    def onwards(handler: Handler) -> None:
        number = int(handler.path.rsplit("/", 1)[1])
        publisher.routes[f"/article/{number + 1}"] = onwards
        handler.answer(302, {"Location": f"/article/{number + 1}"}, b"")

    publisher.routes["/article/1"] = onwards
    done = crawler.crawl(make_source(publisher, publisher.url + "/article/1"))
    assert [(str(v.outcome), "without end" in v.detail) for v in done.visits.values()] == [("server_error", True)]
    assert "8 in a row" in next(iter(done.visits.values())).detail
    assert len(publisher.articles()) <= 10


@pytest.mark.fault(48)
def test_redirect_loop_stops_at_once(publisher: Publisher, crawler: Crawler) -> None:
    url = publisher.page("/article/1", status=302, Location="/article/2")
    publisher.page("/article/2", status=302, Location="/article/1")
    done = crawler.crawl(make_source(publisher, url))
    assert "in a circle, back to" in done.visits[url].detail
    assert publisher.articles() == ["/article/1", "/article/2"]


@pytest.mark.fault(96)
def test_a_private_host_that_was_not_opened_is_not_asked(publisher: Publisher, crawler: Crawler) -> None:
    url = publisher.pages(1)[0]
    done = crawler.crawl(make_source(publisher, url), private_allow=[])
    assert publisher.requests == []
    assert done.outcomes() == {url: "blocked_address"}
    assert f"name {publisher.host} in HARVESTER_PRIVATE_ALLOW" in done.visits[url].detail


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """An authority, and a certificate of it for 127.0.0.1 and one for another name."""
    folder = tmp_path / "certificates"
    folder.mkdir()

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    authority = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority")
    openssl("req", *authority, "-keyout", "ca.key", "-out", "ca.pem")
    for name, san in (("right", "IP:127.0.0.1"), ("wrong", "DNS:elsewhere.example")):
        (folder / f"{name}.ext").write_text(f"subjectAltName={san}\n")
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
        )
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem",
        )  # fmt: skip
    return folder


def serve_tls(publisher: Publisher, certificates: Path, name: str) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    publisher.server.socket = context.wrap_socket(publisher.server.socket, server_side=True)
    return f"https://{publisher.host}"


@pytest.mark.fault(64)
def test_https_is_not_left_for_plain_http(
    publisher: Publisher,
    other_publisher: Publisher,
    crawler: Crawler,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    origin = serve_tls(publisher, certificates, "right")
    publisher.page("/article/1", status=301, Location=other_publisher.url + "/article/1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    hosts = (publisher.host, other_publisher.host)
    done = crawler.crawl(make_source(publisher, f"{origin}/article/1", hosts=hosts))
    assert list(done.outcomes().values()) == ["tls_error"]
    assert other_publisher.requests == []


@pytest.mark.parametrize(
    ("name", "trusted", "outcome"),
    [("right", True, "ok"), ("right", False, "tls_error"), ("wrong", True, "tls_error")],
)
@pytest.mark.fault(64)
def test_certificates_are_verified(
    publisher: Publisher,
    crawler: Crawler,
    certificates: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    trusted: bool,
    outcome: str,
) -> None:
    origin = serve_tls(publisher, certificates, name)
    publisher.page("/article/1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem") if trusted else os.devnull)
    url = f"{origin}/article/1"
    done = crawler.crawl(make_source(publisher, url))
    assert done.outcomes() == {url: outcome}
    if outcome != "ok":
        assert publisher.requests == []
        assert "certificate" in done.visits[url].detail.lower() or "VerificationError" in done.visits[url].detail


def test_a_page_of_another_host_in_the_frontier_is_not_asked_for(
    publisher: Publisher, other_publisher: Publisher, crawler: Crawler
) -> None:
    stranger = other_publisher.page("/article/9")
    (here,) = publisher.pages(1)
    with crawler.store() as store, store.begin() as unit:
        store.pages.discover(unit, "test", [(stranger, None)], datetime.now(UTC))
    both = (publisher.host, other_publisher.host)
    done = crawler.crawl(make_source(publisher, here), private_allow=both)
    assert done.outcomes() == {here: "ok", stranger: "blocked_address"}
    assert other_publisher.paths() == []


@pytest.mark.fault(49)
def test_an_article_nobody_knew_of_is_fetched_once_however_many_redirect_there(
    publisher: Publisher, crawler: Crawler
) -> None:
    old = [publisher.page(f"/article/old-{n}", status=301, Location="/article/7") for n in range(3)]
    there = publisher.page("/article/7")
    done = crawler.crawl(make_source(publisher, *old, urls={"article": [r"/article/"]}))
    assert publisher.articles().count("/article/7") == 1
    assert sorted(done.outcomes().values()) == ["ok", "redirected", "redirected"]
    assert {visit.detail for visit in done.visits.values() if visit.outcome is VisitOutcome.REDIRECTED} == {there}


def test_a_page_that_is_no_article_is_not_noted_for_being_redirected_to(publisher: Publisher, crawler: Crawler) -> None:
    old = [publisher.page(f"/article/old-{n}", status=302, Location="/") for n in range(2)]
    publisher.page("/")
    done = crawler.crawl(make_source(publisher, *old, urls={"article": [r"/article/"]}))
    assert set(done.outcomes().values()) == {"ok"}
    assert crawler.due() == len(old)


@pytest.mark.fault(48)
def test_a_redirect_without_end_leaves_no_page_behind(publisher: Publisher, crawler: Crawler) -> None:
    def onward(handler: Handler) -> None:
        publisher.routes[handler.path + "x"] = onward
        handler.answer(302, {"Location": handler.path + "x"}, b"")

    publisher.routes["/article/1"] = onward
    publisher.page("/article/2", status=302, Location="/article/2/a")
    publisher.page("/article/2/a", status=302, Location="/article/2/b")
    publisher.page("/article/2/b")
    urls = [publisher.url + "/article/1", publisher.url + "/article/2"]
    done = crawler.crawl(make_source(publisher, *urls, urls={"article": [r"/article/"]}))
    assert sorted(done.outcomes().values()) == ["ok", "server_error"]
    with crawler.store() as store:
        assert store.pages.total("test") == 3
        end = store.pages.get("test", urls[1] + "/b")
    assert end is not None
