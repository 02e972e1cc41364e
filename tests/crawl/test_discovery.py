"""Listings and sitemaps as bytes."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from harvester.crawl.discovery import listing_urls, wanted
from harvester.crawl.feeds import read_feed
from harvester.crawl.oai import changed_since, list_request, next_request, read_list
from harvester.crawl.resolving import resolving
from harvester.crawl.sitemaps import Sitemap
from harvester.model.source import Discovery, UrlRules

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
BASE = "https://a.example/revue/x/"
HOSTS = ("a.example",)
RULES = UrlRules(article=(r"/article/(?P<id>\d+)",), canonical="https://a.example/article/{id}")
LISTING = b"""<html><body><nav><a href="/article/99">menu</a></nav>
<ul class="toc"><li><a class="item" href="//a.example/article/1/slug?utm_source=toc">One</a></li>
<li><a class="item" href="/article/2">Two</a> <a class="item" href="/article/2#top">Two again</a></li>
<li><a class="item" href="/article/3.pdf">PDF</a> <a class="item" href="https://b.example/article/4">elsewhere</a></li>
<li><a class="item" href="javascript:open(5)">script</a></li></ul>
<a href="/revue/x/42/1/">issue</a> <a href="/revue/x/42/1/?utm_medium=m">issue</a> <a href="https://b.example/revue/">b</a>
<a rel="next" href="?page=2">next</a></body></html>"""


def way(**more: object) -> Discovery:
    return Discovery.model_validate({"kind": "listing", "url": BASE, **more})


def test_without_a_selector_every_article_link_counts() -> None:
    links = listing_urls(LISTING, BASE, way(), RULES, HOSTS)
    assert links.articles == tuple(f"https://a.example/article/{n}" for n in (99, 1, 2))
    assert links.excluded == 2


def test_the_selector_narrows() -> None:
    links = listing_urls(LISTING, BASE, way(links=".toc a.item"), RULES, HOSTS)
    assert links.articles == ("https://a.example/article/1", "https://a.example/article/2")


def test_without_article_patterns_the_selected_links_are_candidates() -> None:
    links = listing_urls(LISTING, BASE, way(links=".toc a.item"), UrlRules(), HOSTS)
    assert links.articles == ("https://a.example/article/1/slug", "https://a.example/article/2")
    assert listing_urls(LISTING, BASE, way(), UrlRules(), HOSTS).articles == ()


def test_a_selected_container_stands_for_its_link() -> None:
    links = listing_urls(LISTING, BASE, way(links=".toc li"), RULES, HOSTS)
    assert links.articles == ("https://a.example/article/1", "https://a.example/article/2")


def test_next_and_follow() -> None:
    links = listing_urls(LISTING, BASE, way(next="a[rel=next]", follow=[r"/revue/"]), RULES, HOSTS)
    assert links.next == ("https://a.example/revue/x/?page=2",)
    assert links.listings == ("https://a.example/revue/x/42/1/", "https://a.example/revue/x/?page=2")


@pytest.mark.parametrize(
    ("base", "found"),
    [("/sub/", "https://a.example/sub/article/7"), ("https://b.example/", "https://a.example/revue/x/article/7")],
)
@pytest.mark.fault(92)
def test_base_element_counts_only_within_bounds(base: str, found: str) -> None:
    body = f'<html><head><base href="{base}"></head><body><a href="article/7">x</a></body></html>'.encode()
    assert listing_urls(body, BASE, way(), UrlRules(article=("/article/",)), HOSTS).articles == (found,)


@pytest.mark.parametrize("body", [b"", b"   ", b"\x00\xff\xfe", b"<", b"%PDF-1.4 ...", b"<html></html>"])
def test_no_page_no_links(body: bytes) -> None:
    assert listing_urls(body, BASE, way(), RULES, HOSTS).articles == ()


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_links_are_read_in_the_charset_that_only_the_header_states(encoding: str) -> None:
    body = '<html><body><a href="/article/5-été">x</a></body></html>'.encode(encoding)
    rules = UrlRules(article=("/article/",))
    links = listing_urls(body, BASE, way(), rules, HOSTS, content_type=f"text/html; charset={encoding}")
    assert links.articles == ("https://a.example/article/5-été",)


def test_deep_nesting_hides_no_link() -> None:
    body = b"<html><body>" + b"<div>" * 1500 + b'<a href="/article/5">x</a>' + b"</div>" * 1500
    assert listing_urls(body, BASE, way(), RULES, HOSTS).articles == ("https://a.example/article/5",)


SITEMAP = b"""<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc> https://a.example/article/1/slug </loc><lastmod>2026-05-01</lastmod></url>
<url><loc>https://a.example/article/1</loc><lastmod>2026-05-03T10:00:00+02:00</lastmod></url>
<url><loc>https://a.example/article/2</loc><lastmod>2099-01-01</lastmod></url>
<url><loc>https://a.example/article/3</loc><lastmod>last week</lastmod></url>
<url><loc>https://a.example/article/4.pdf</loc></url><url><loc>https://b.example/article/5</loc></url>
<url><loc>https://a.example/about</loc></url><url><loc></loc></url></urlset>"""


@pytest.mark.parametrize(
    "body",
    [
        SITEMAP,
        gzip.compress(SITEMAP),
        gzip.compress(SITEMAP[:200]) + gzip.compress(SITEMAP[200:]),
        SITEMAP.replace(b"UTF-8", b"utf-16"),
        b"\xef\xbb\xbf" + SITEMAP.replace(b"UTF-8", b"UTF-16LE"),
        b"\n" + SITEMAP.replace(b'"UTF-8"', b"'unicode'"),
        SITEMAP.decode().replace("UTF-8", "utf-16").encode("utf-16"),
    ],
)
@pytest.mark.fault(92, 102)
def test_sitemap(body: bytes) -> None:
    articles, excluded = wanted(Sitemap(body, NOW).urls(), RULES, HOSTS)
    assert articles == [
        ("https://a.example/article/1", datetime(2026, 5, 3, 8, 0, tzinfo=UTC)),
        ("https://a.example/article/2", None),
        ("https://a.example/article/3", None),
    ]
    assert excluded == 1


def test_index() -> None:
    body = b"<sitemapindex><sitemap><loc>https://a.example/s1.xml</loc></sitemap></sitemapindex>"
    assert Sitemap(body, NOW).sitemaps == ("https://a.example/s1.xml",)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.fault(102)
def test_a_sitemap_may_be_text_with_a_url_a_line(start: bytes) -> None:
    sitemap = Sitemap(start + b"https://a.example/article/1\r\n\r\nhttps://a.example/article/2\nnot one", NOW)
    articles, _ = wanted(sitemap.urls(), RULES, HOSTS)
    assert [url for url, _ in articles] == ["https://a.example/article/1", "https://a.example/article/2"]
    assert not sitemap.problems


def test_a_sitemap_that_changed_everything_today_says_nothing() -> None:
    rows = "".join(
        f"<url><loc>https://a.example/article/{n}</loc><lastmod>2026-05-04</lastmod></url>" for n in range(30)
    )
    entries = Sitemap(f"<urlset>{rows}</urlset>".encode(), NOW)
    assert {lastmod for _, lastmod in entries.urls()} == {None}


@pytest.mark.fault(102)
def test_at_most_50000_entries() -> None:
    body = b"<urlset>" + b"".join(b"<url><loc>https://a.example/article/%d</loc></url>" % n for n in range(50_001))
    entries = Sitemap(body + b"</urlset>", NOW)
    assert len([*entries.urls()]) == 50_000
    assert "50000" in entries.problems[0]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "no entries"),
        (b"garbage", "no entries"),
        (b"\x1f\x8bnot gzip", "gzip"),
        (gzip.compress(SITEMAP)[:-30], "cut short"),
        (b"<html><body>soft 404</body></html>", "no entries"),
    ],
)
@pytest.mark.fault(102)
def test_what_is_wrong_is_named(body: bytes, problem: str) -> None:
    assert any(problem in each for each in Sitemap(body, NOW).problems)


def test_what_can_be_read_of_a_broken_sitemap_is_used() -> None:
    assert [*Sitemap(SITEMAP[:250], NOW).urls()]
    assert [*Sitemap(SITEMAP.replace(b"<url><loc> h", b"<url>&nope;<loc> h"), NOW).urls()]


@pytest.mark.fault(102)
def test_entities_are_not_expanded_and_no_file_is_read() -> None:
    laughs = (
        b'<!DOCTYPE u [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    )
    body = laughs + b"<urlset><url><loc>https://a.example/&b;</loc></url><url><loc>&c;</loc></url>"
    entries = Sitemap(body + b"<url><loc>https://a.example/article/9</loc></url></urlset>", NOW)
    assert not any("ha" in url or "root" in url for url, _ in entries.urls())
    assert ("https://a.example/article/9", None) in [*entries.urls()]
    assert any("entities" in each for each in entries.problems)


@pytest.mark.fault(102)
def test_a_gzip_bomb_is_bounded() -> None:
    entries = Sitemap(gzip.compress(b" " * (60 * 1024 * 1024)), NOW)
    assert any("50 MiB" in each for each in entries.problems)


@pytest.mark.fault(102)
def test_an_undeclared_prefix_hides_nothing() -> None:
    images = b"<image:image><image:loc>https://a.example/1.png</image:loc></image:image></url>"
    entries = Sitemap(SITEMAP.replace(b"</url>", images, 1), NOW)
    assert [url.strip() for url, _ in entries.urls()] == [url for url, _ in Sitemap(SITEMAP, NOW).urls()]
    rss = b"<rss><item><x:y>z</x:y><link>https://a.example/article/1</link></item></rss>"
    assert [url for url, _ in read_feed(rss, "https://a.example/feed", NOW).found] == ["https://a.example/article/1"]
    oai = OAI.replace(b"</oai_dc:dc>", b"<x:y>z</x:y></oai_dc:dc>")
    assert read_list(oai, NOW).found == read_list(OAI, NOW).found


@pytest.mark.parametrize("stated", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0000", "99999999999"])
def test_a_day_that_cannot_be_is_none(stated: str) -> None:
    body = f"<urlset><url><loc>https://a.example/1</loc><lastmod>{stated}</lastmod></url></urlset>"
    assert [*Sitemap(body.encode(), NOW).urls()] == [("https://a.example/1", None)]


RSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>
<link>https://a.example/</link><item><title>1</title><link>https://a.example/article/1?utm_source=rss</link>
<pubDate>Fri, 01 May 2026 10:00:00 GMT</pubDate></item><item><guid>https://a.example/article/2</guid></item>
<item><guid isPermaLink="false">https://a.example/article/77</guid><link>https://b.example/article/3</link></item>
<item><link>https://a.example/article/4.pdf</link></item></channel></rss>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://a.example/article/99"/>
<item rdf:about="https://a.example/article/1">
<link>https://a.example/article/1</link><dc:date>2026-05-01T10:00:00Z</dc:date>
</item><item rdf:about="https://a.example/article/2"/></rdf:RDF>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/atom"/>
<link rel="next" href="/atom?page=2"/>
<entry><link href="/article/1"/><published>2026-01-01T00:00:00Z</published>
<updated>2026-05-01T10:00:00Z</updated></entry>
<entry><link rel="alternate" href="/article/2"/><link rel="enclosure" href="/article/3"/></entry></feed>"""


@pytest.mark.parametrize("body", [RSS, RDF, ATOM])
@pytest.mark.fault(92)
def test_feeds(body: bytes) -> None:
    feed = read_feed(body, "https://a.example/feed", NOW)
    articles, _ = wanted(feed.found, RULES, HOSTS)
    assert articles == [
        ("https://a.example/article/1", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("https://a.example/article/2", None),
    ]
    assert feed.next == ("https://a.example/atom?page=2" if body is ATOM else None)


def test_links_of_an_atom_feed_rest_on_its_xml_base() -> None:
    feed = read_feed(
        b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/article/"><link rel="next" href="../atom?page=2"/>
        <entry><link href="1"/></entry><entry xml:base="https://a.example/revue/"><link href="2"/></entry>
        <entry xml:base="old/"><link xml:base="x/" href="3"/></entry></feed>""",
        "https://a.example/feed",
        NOW,
    )
    assert [url for url, _ in feed.found] == [
        "https://a.example/article/1",
        "https://a.example/revue/2",
        "https://a.example/article/old/x/3",
    ]
    assert feed.next == "https://a.example/atom?page=2"


@pytest.mark.parametrize("body", [b"", b"garbage", b"<html><body>soft 404</body></html>", b"\x00\xff"])
def test_what_is_no_feed_is_named(body: bytes) -> None:
    assert "no entries" in read_feed(body, "https://a.example/feed", NOW).problems


def test_a_lone_link_is_no_feed() -> None:
    assert read_feed(b'<link rel="next" href="/x"/>', "https://a.example/feed", NOW).next is None


def test_a_feed_expands_no_entity_and_reads_no_file() -> None:
    body = b'<!DOCTYPE r [<!ENTITY c SYSTEM "file:///etc/passwd">]><rss><item><link>&c;</link></item></rss>'
    feed = read_feed(body, "https://a.example/feed", NOW)
    assert feed.found == ()
    assert any("entities" in each for each in feed.problems)


OAI = b"""<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
<record><header><identifier>oai:a.example:1</identifier><datestamp>2026-05-01T10:00:00Z</datestamp></header><metadata>
<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier>https://a.example/article/1</dc:identifier><dc:identifier>10.5555/x</dc:identifier>
<dc:identifier>https://a.example/article/1.pdf</dc:identifier></oai_dc:dc></metadata></record>
<record><header status="deleted">
<identifier>oai:a.example:2</identifier><datestamp>2026-05-01</datestamp></header></record>
<resumptionToken cursor="0">next page/2</resumptionToken></ListRecords></OAI-PMH>"""


def test_an_oai_pmh_list() -> None:
    page = read_list(OAI, NOW)
    articles, excluded = wanted(page.found, RULES, HOSTS)
    assert articles == [("https://a.example/article/1", datetime(2026, 5, 1, 10, tzinfo=UTC))]
    assert (page.token, excluded, page.problems) == ("next page/2", 1, ())


def test_oai_pmh_requests() -> None:
    base = "https://a.example/oai"
    asked = list_request(base, prefix="oai_dc", of_set="x:y")
    assert asked == base + "?verb=ListRecords&metadataPrefix=oai_dc&set=x%3Ay"
    assert changed_since(asked, NOW.date()) == asked + "&from=2026-05-04"
    assert next_request(base + "?j=1", "a b") == base + "?j=1&verb=ListRecords&resumptionToken=a+b"


def test_oai_pmh_errors_are_named_but_nothing_new_is_none() -> None:
    def answer(code: str) -> bytes:
        return (
            f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><error code="{code}">x</error></OAI-PMH>'.encode()
        )

    assert read_list(answer("noRecordsMatch"), NOW) == ((), None, ())
    assert read_list(answer("badArgument"), NOW).problems == ("badArgument: x",)
    assert read_list(b"<html><body>x</body></html>", NOW).problems


@pytest.mark.parametrize("text", ["10.5555/AB.(1)", "doi:10.5555/ab.(1)", " https://doi.org/10.5555/AB.(1) "])
def test_a_doi_is_asked_of_its_resolver(text: str) -> None:
    assert resolving(text, "https://doi.org/") == "https://doi.org/10.5555/ab.%281%29"


@pytest.mark.parametrize("text", ["", "10.5555", "https://a.example/10.5555/x", "11.5555/x", "10.5555/a b"])
def test_what_is_no_doi(text: str) -> None:
    assert resolving(text, "https://doi.org/") is None


LIE = "2026-05-05T11:59:59Z"


def feed_of(*changed: str) -> bytes:
    rows = "".join(f"<entry><link href='/article/{n}'/><updated>{at}</updated></entry>" for n, at in enumerate(changed))
    return f"<feed xmlns='http://www.w3.org/2005/Atom'>{rows}</feed>".encode()


def list_of(*changed: str) -> bytes:
    rows = "".join(
        f"<record><header><datestamp>{at}</datestamp></header><metadata><dc>"
        f"<identifier>https://a.example/article/{n}</identifier></dc></metadata></record>"
        for n, at in enumerate(changed)
    )
    return f"<OAI-PMH><ListRecords>{rows}</ListRecords></OAI-PMH>".encode()


@pytest.mark.parametrize(
    ("changed", "whole", "believed"),
    [
        ([LIE] * 5, True, False),
        ([LIE] * 5, False, False),
        (["2026-05-05"] * 30, True, False),
        (["2026-05-05"] * 30, False, True),
        (["2026-05-05"] * 12, True, True),
        (["2026-03-05"] * 30, True, True),
        ([LIE, LIE, "2026-05-05T11:40:00Z"], True, True),
        ([LIE], True, True),
    ],
    ids=["all now", "all now, of changes", "all today", "changes of today", "few", "long ago", "not all", "one"],
)
def test_a_list_that_dates_all_by_itself_dates_nothing(changed: list[str], whole: bool, believed: bool) -> None:
    at = datetime(2026, 5, 5, 12, tzinfo=UTC)
    page = read_list(list_of(*changed), at, whole=whole)
    assert len(page.found) == len(changed)
    assert any(moment for _, moment in page.found) is believed
    if whole:
        feed = read_feed(feed_of(*changed), "https://a.example/feed", at)
        assert any(moment for _, moment in feed.found) is believed


@pytest.mark.fault(102)
def test_a_sitemap_that_breaks_off_is_read_up_to_there_and_said_to_be() -> None:
    whole = b"<urlset>" + b"".join(b"<url><loc>https://a.example/article/%d</loc></url>" % n for n in range(9))
    cut = Sitemap(whole + b"<url><loc>https://a.example/article/1", NOW)
    assert [url for url, _ in cut.urls()] == [f"https://a.example/article/{n}" for n in range(9)]
    assert cut.problems == ("broken XML: it breaks off before the end of urlset",)
    for rest in (b"", b"<lastmod>2026-05-0", b"</url"):
        late = Sitemap(whole + b"<url><loc>https://a.example/article/10</loc>" + rest, NOW)
        assert [*late.urls()] == [*cut.urls(), ("https://a.example/article/10", None)]
        assert late.problems == cut.problems
    assert Sitemap(b"\n " + whole + b"</urlset>\n<!-- made by hand -->", NOW).problems == ()
    mixed = Sitemap(whole + b"<url><loc>x</lo></url></urlset>", NOW)
    assert len([*mixed.urls()]) >= 9
    assert "broken XML: line 1" in mixed.problems[0]


def test_a_record_within_a_record_hides_no_address() -> None:
    inner = b"<metadata><record><controlfield>9</controlfield></record>"
    assert read_list(OAI.replace(b"<metadata>", inner, 1), NOW) == read_list(OAI, NOW)


GROWN = """
from datetime import UTC, datetime
from pathlib import Path
from harvester.crawl.oai import read_list

def resident(name):
    return int(Path("/proc/self/status").read_text().split(name)[1].split()[0]) * 1024

record = b"<record><header><datestamp>2026-05-01</datestamp></header><metadata><dc>%s</dc></metadata></record>"
filling = b"".join(b"<relation>r%d</relation>" % n for n in range(400))
address = b"<identifier>https://a.example/article/%d</identifier>"
body = b"".join(record % (filling + address % n) for n in range(2500))
body = b"<OAI-PMH><ListRecords>" + body + b"</ListRecords></OAI-PMH>"
before = resident("VmRSS:")
Path("/proc/self/clear_refs").write_text("5")
assert len(read_list(body, datetime(2026, 5, 5, tzinfo=UTC)).found) == 2500
print(len(body), resident("VmHWM:") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel how large the process was at most")
def test_a_long_list_is_never_held_whole() -> None:
    done = subprocess.run([sys.executable, "-c", GROWN], check=True, capture_output=True, text=True)
    size, grown = map(int, done.stdout.split())
    assert size > 20_000_000
    assert grown < 0.5 * size
