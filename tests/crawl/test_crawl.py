"""A crawl from frontier to spool, over real HTTP."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from loopback import HTML, Crawler, Handler, Publisher, make_source

from harvester.model.page import VisitOutcome
from storage.pages import PageVisit


def test_given_urls_are_visited_and_spooled(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(5)
    done = crawler.crawl(make_source(publisher, *urls))
    assert done.code == 0
    assert done.outcomes() == dict.fromkeys(urls, "ok")
    page = done.visits[urls[3]].page
    assert page is not None
    assert (page.body, page.status, page.final_url) == (b"<html><body>Article 3</body></html>", 200, urls[3])
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert done.report["visits"] == 5
    assert done.report["outcomes"] == {"ok": 5}


@pytest.mark.fault(81, 92)
def test_listing_pages_are_walked_and_never_become_visits(publisher: Publisher, crawler: Crawler) -> None:
    articles = publisher.pages(4)
    publisher.page("/list", '<a class="a" href="/article/0?utm_source=l">0</a><a class="n" href="/list?p=2">next</a>')
    publisher.page(
        "/list?p=2", '<a href="/article/1">1</a><a href="/issue/7">issue</a><a href="/article/0.pdf">pdf</a>'
    )
    publisher.page(
        "/issue/7", '<a href="/article/2">2</a><a href="/issue/8">deeper</a><a href="http://b.example/article/9">x</a>'
    )
    publisher.page("/issue/8", '<a href="/article/3">3</a>')
    way = {"kind": "listing", "url": publisher.url + "/list", "next": "a.n", "follow": ["/issue/"], "depth": 1}
    done = crawler.crawl(make_source(publisher, discovery=(way,), urls={"article": [r"/article/\d+"]}))
    assert done.outcomes() == dict.fromkeys(articles[:3], "ok")
    assert (done.report["listings"], done.report["listings_read"]) == (3, 3)
    assert done.report["excluded"] == 2
    assert "/article/0.pdf" not in publisher.paths()
    assert "/issue/8" not in publisher.paths()


@pytest.mark.fault(98)
def test_an_endless_calendar_ends_at_max_pages(publisher: Publisher, crawler: Crawler) -> None:
    for n in range(40):
        publisher.page(f"/day/{n}", f'<a href="/day/{n + 1}">tomorrow</a><a href="/article/{n}">a</a>')
    publisher.pages(40)
    way = {"kind": "listing", "url": publisher.url + "/day/0", "follow": ["/day/"], "depth": 20, "max_pages": 6}
    done = crawler.crawl(make_source(publisher, discovery=(way,), urls={"article": [r"/article/\d+"]}))
    assert sum(path.startswith("/day/") for path in publisher.paths()) == 6
    assert any("more than 6 listing pages" in problem for problem in done.report["problems"].values())


@pytest.mark.fault(102)
def test_sitemap_index_with_gzip_child(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(3)
    index = f"<sitemapindex><sitemap><loc>{publisher.url}/s.xml.gz</loc></sitemap></sitemapindex>".encode()
    child = "<urlset>" + "".join(
        f"<url><loc>{url}</loc><lastmod>2026-01-0{n + 1}</lastmod></url>" for n, url in enumerate(urls)
    )
    publisher.routes["/sitemap.xml"] = (200, {"Content-Type": "application/xml"}, index)
    publisher.routes["/s.xml.gz"] = (
        200,
        {"Content-Type": "application/gzip"},
        gzip.compress(child.encode() + b"</urlset>"),
    )
    way = {"kind": "sitemap", "url": publisher.url + "/sitemap.xml"}
    done = crawler.crawl(make_source(publisher, discovery=(way,)))
    assert done.outcomes() == dict.fromkeys(urls, "ok")
    with crawler.store() as store:
        state = store.pages.get("test", urls[1])
    assert state is not None
    assert state.lastmod == datetime(2026, 1, 2, tzinfo=UTC)


def xml(body: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/xml"}, body.encode()


def test_feeds_and_oai_pmh_lists_are_followed_page_by_page(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(4)
    entries = [f'<entry><link href="{url}"/><updated>2026-01-02T00:00:00Z</updated></entry>' for url in urls]
    publisher.routes["/feed"] = xml(f'<feed><link rel="next" href="/feed?p=2"/>{entries[0]}</feed>')
    publisher.routes["/feed?p=2"] = xml(f"<feed>{entries[1]}</feed>")
    records = [f"<record><metadata><identifier>{url}</identifier></metadata></record>" for url in urls]
    token = "<resumptionToken>t/2</resumptionToken>"
    publisher.routes["/oai?verb=ListRecords&metadataPrefix=oai_dc&set=s"] = xml(
        f"<OAI-PMH><ListRecords>{records[2]}{token}</ListRecords></OAI-PMH>"
    )
    publisher.routes["/oai?verb=ListRecords&resumptionToken=t%2F2"] = xml(
        f"<OAI-PMH><ListRecords>{records[3]}<resumptionToken/></ListRecords></OAI-PMH>"
    )
    ways = (
        {"kind": "feed", "url": publisher.url + "/feed"},
        {"kind": "oai_pmh", "url": publisher.url + "/oai", "set": "s"},
    )
    source = make_source(publisher, discovery=ways, urls={"article": ["/article/"]})
    done = crawler.crawl(source)
    assert done.outcomes() == dict.fromkeys(urls, "ok")
    assert done.report["problems"] == {}
    with crawler.store() as store:
        state = store.pages.get("test", urls[0])
    assert state is not None
    assert state.lastmod == datetime(2026, 1, 2, tzinfo=UTC)


def test_an_oai_pmh_list_is_asked_for_changes_once_it_was_read_to_its_end(
    publisher: Publisher, crawler: Crawler
) -> None:
    url = publisher.pages(1)[0]
    whole = "/oai?verb=ListRecords&metadataPrefix=oai_dc"
    record = f"<record><metadata><identifier>{url}</identifier></metadata></record>"
    publisher.routes[whole] = xml(f"<OAI-PMH>{record}<resumptionToken>2</resumptionToken></OAI-PMH>")
    source = make_source(publisher, discovery=({"kind": "oai_pmh", "url": publisher.url + "/oai"},))
    asked: list[str] = []
    days = {datetime.now(UTC) - timedelta(days=1)}
    for answer, more in (
        ("<html>lost</html>", {}),
        ("<OAI-PMH/>", {}),
        ("<OAI-PMH/>", {}),
        ("<OAI-PMH/>", {"full": 1}),
    ):
        publisher.routes["/oai?verb=ListRecords&resumptionToken=2"] = xml(answer)
        publisher.requests.clear()
        crawler.crawl(source, **more)
        asked.append(next(path for path in publisher.paths() if path.startswith("/oai")))
    days.add(datetime.now(UTC) - timedelta(days=1))  # another one about midnight
    assert asked[2] in {f"{whole}&from={yesterday:%Y-%m-%d}" for yesterday in days}
    assert asked[:2] + asked[3:] == [whole] * 3


@pytest.mark.fault(92)
def test_dois_are_resolved_politely_and_lead_only_to_the_source(
    publisher: Publisher, other_publisher: Publisher, crawler: Crawler
) -> None:
    urls = publisher.pages(2)
    resolver = other_publisher
    resolver.page("/10.5555/a", status=302, Location=urls[0])
    resolver.page("/10.5555/b", status=302, Location=resolver.url + "/article/9")
    resolver.page("/10.5555/c", status=302, Location=urls[1])
    resolver.page("/robots.txt", "User-agent: *\nDisallow: /10.5555/c\n")
    way = {"kind": "dois", "dois": ["10.5555/A", "doi:10.5555/b", "10.5555/c", "nonsense"], "resolver": resolver.url}
    done = crawler.crawl(make_source(publisher, discovery=(way,)), private_allow=(publisher.host, resolver.host))
    assert done.outcomes() == {
        f"{resolver.url}/10.5555/a": "ok",
        f"{resolver.url}/10.5555/b": "blocked_address",
        f"{resolver.url}/10.5555/c": "disallowed",
    }
    assert (publisher.articles(), resolver.articles()) == (["/article/0"], [])
    assert done.report["problems"]["nonsense"] == "is no DOI"


@pytest.mark.fault(99)
def test_the_canonical_form_is_requested_where_a_template_exists(publisher: Publisher, crawler: Crawler) -> None:
    publisher.pages(2)
    publisher.page(
        "/list", '<a href="/article/0/a-slug">0</a><a href="/article/0">0</a><a href="/article/1/b?x=1">1</a>'
    )
    rules = {"article": [r"/article/(?P<id>\d+)"], "canonical": publisher.url + "/article/{id}"}
    way = {"kind": "listing", "url": publisher.url + "/list"}
    done = crawler.crawl(make_source(publisher, discovery=(way,), urls=rules))
    assert sorted(publisher.articles()) == ["/article/0", "/article/1"]
    assert sorted(done.visits) == [f"{publisher.url}/article/{n}" for n in (0, 1)]


def test_limit_bounds_the_visits_and_leaves_the_rest_due(publisher: Publisher, crawler: Crawler) -> None:
    done = crawler.crawl(make_source(publisher, *publisher.pages(30)), limit=7)
    assert len(done.visits) == 7
    assert crawler.due() == 30


@pytest.mark.fault(56)
def test_validators_make_the_request_conditional(publisher: Publisher, crawler: Crawler) -> None:
    def conditional(handler: Handler) -> None:
        fresh = handler.headers["If-None-Match"] == '"v1"' and handler.headers["If-Modified-Since"] == "yesterday"
        handler.answer(304 if fresh else 200, HTML | {"ETag": '"v1"'}, b"" if fresh else b"<html>x</html>")

    url = publisher.page("/article/1")
    publisher.routes["/article/1"] = conditional
    source = make_source(publisher, url)
    assert crawler.crawl(source).outcomes() == {url: "ok"}
    now = datetime.now(UTC)
    with crawler.store() as store, store.begin() as unit:
        seen = {"etag": '"v1"', "last_modified": "yesterday", "digest": "sha256:1"}
        visit = PageVisit(
            source_id="test", url=url, outcome=VisitOutcome.OK, at=now, next_due=now - timedelta(seconds=1), **seen
        )
        store.pages.record_visits(unit, [visit])
    assert crawler.crawl(source).outcomes() == {url: "not_modified"}
    assert crawler.crawl(source, unconditional=True).outcomes() == {url: "ok"}


@pytest.mark.fault(47)
def test_304_to_an_unconditional_request_is_asked_again(publisher: Publisher, crawler: Crawler) -> None:
    def moody(handler: Handler) -> None:
        first = publisher.paths().count("/article/1") == 1
        handler.answer(304 if first else 200, HTML, b"" if first else b"<html>x</html>")

    url = publisher.page("/article/1")
    publisher.routes["/article/1"] = moody
    assert crawler.crawl(make_source(publisher, url)).outcomes() == {url: "ok"}
    assert publisher.articles() == ["/article/1"] * 2


@pytest.mark.fault(77, 85, 94)
def test_what_we_send(publisher: Publisher, crawler: Crawler) -> None:
    publisher.page("/article/1", Set_Cookie="session=1; Path=/")
    publisher.page("/article/2")
    publisher.page("/list", '<a href="/article/1">1</a><a href="/article/2">2</a>', Set_Cookie="seen=1; Path=/")
    way = {"kind": "listing", "url": publisher.url + "/list"}
    source = make_source(publisher, discovery=(way,), urls={"article": ["/article/"]})
    done = crawler.crawl(source)
    crawler.crawl(source)
    for request in publisher.requests:
        names = {name.lower() for name in request.headers}
        assert names <= {"host", "user-agent", "accept", "accept-encoding", "connection", "if-none-match"}
        assert request.headers["User-Agent"] == "Harvester/0.1.0 (+mailto:operator@example.org)"
    page = done.visits[publisher.url + "/article/1"].page
    assert page is not None
    assert page.header("set-cookie") is None


@pytest.mark.fault(78)
def test_tdm_file_is_read_once_and_put_on_matching_visits(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(3)
    free = publisher.page("/free/1")
    rules = b'[{"location": "/article/", "tdm-reservation": 1, "tdm-policy": "https://a.example/p"}]'
    publisher.routes["/.well-known/tdmrep.json"] = (200, {"Content-Type": "application/json"}, rules)
    done = crawler.crawl(make_source(publisher, *urls, free))
    assert {done.visits[url].robots for url in urls} == {("tdm-reservation: 1", "tdm-policy: https://a.example/p")}
    assert done.visits[free].robots == ()
    assert publisher.paths().count("/.well-known/tdmrep.json") == 1


@pytest.mark.fault(81)
def test_no_list_leads_to_a_full_text_or_a_login(publisher: Publisher, crawler: Crawler) -> None:
    bad = [f"{publisher.url}{path}" for path in ("/article/1.pdf", "/login")]
    children = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in bad)
    publisher.routes["/index.xml"] = (200, {}, f"<sitemapindex>{children}</sitemapindex>".encode())
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="{bad[1]}"/></feed>'
    publisher.routes["/feed.xml"] = (200, {}, feed.encode())
    ways = [
        {"kind": "sitemap", "url": f"{publisher.url}/index.xml"},
        {"kind": "feed", "url": f"{publisher.url}/feed.xml"},
    ]
    crawler.crawl(make_source(publisher, discovery=ways))
    assert not {"/article/1.pdf", "/login"}.intersection(publisher.paths())
    assert {"/index.xml", "/feed.xml"} <= set(publisher.paths())


@pytest.mark.parametrize(
    ("status", "body", "holds"),
    [(503, b"", True), (403, b"", True), (200, b"<html>We are at work on it</html>", True), (404, b"", False)],
)
@pytest.mark.fault(78)
def test_a_reservation_holds_while_the_tdm_file_cannot_be_read(
    publisher: Publisher, crawler: Crawler, status: int, body: bytes, holds: bool
) -> None:
    url, *_ = publisher.pages(1)
    rules = b'[{"location": "/", "tdm-reservation": 1}]'
    publisher.routes["/.well-known/tdmrep.json"] = (200, {"Content-Type": "application/json"}, rules)
    assert crawler.crawl(make_source(publisher, url)).visits[url].robots == ("tdm-reservation: 1",)
    publisher.routes["/.well-known/tdmrep.json"] = (status, {"Content-Type": "text/html"}, body)
    other = publisher.page("/article/other")
    done = crawler.crawl(make_source(publisher, other))
    assert done.visits[other].robots == (("tdm-reservation: 1",) if holds else ())


def test_tdm_file_is_not_read_where_robots_forbids_it(publisher: Publisher, crawler: Crawler) -> None:
    publisher.page("/robots.txt", "User-agent: *\nDisallow: /.well-known/")
    crawler.crawl(make_source(publisher, *publisher.pages(1)))
    assert "/.well-known/tdmrep.json" not in publisher.paths()


def test_a_broken_listing_is_reported_and_the_rest_goes_on(publisher: Publisher, crawler: Crawler) -> None:
    urls = publisher.pages(1)
    ways = ({"kind": "listing", "url": publisher.url + "/gone"}, {"kind": "urls", "urls": urls})
    done = crawler.crawl(make_source(publisher, discovery=ways, urls={"article": ["/article/"]}))
    assert done.outcomes() == {urls[0]: "ok"}
    assert done.report["problems"] == {publisher.url + "/gone": "gone: HTTP 404"}
