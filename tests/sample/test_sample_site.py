"""The sample site as a function: what each path answers, and what the hooks change."""

import gzip
import re
from datetime import UTC, datetime
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from lxml import etree, html

from harvester.model.access import AccessStatus
from harvester.sample import Site

ORIGIN = "http://127.0.0.1:4001"
NOW = datetime(2026, 11, 22, 9, 30, 0, 250_000, tzinfo=UTC)
IDS = list(Site().articles)
TRAPS = ["/pdf/900101", "/connexion?retour=900101", "/article/900101?prompt=false", "/hrsh/pdf/700201.pdf"]
VOID = {"meta", "link", "br", "img", "input", "hr"}
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
LASTMOD = "{http://www.sitemaps.org/schemas/sitemap/0.9}lastmod"


@pytest.fixture
def site() -> Site:
    return Site(ORIGIN, clock=lambda: NOW)


class Balance(HTMLParser):
    """Fails on an element closed out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()


def text_of(site: Site, path: str) -> str:
    answer = site.respond(path)
    assert answer.status == 200, path
    return answer.body.decode()


def listing_pages(site: Site, path: str) -> list[str]:
    pages = []
    while path:
        pages.append(text_of(site, path))
        onward = html.fromstring(pages[-1]).cssselect("a[rel=next]")
        path = onward[0].get("href") if onward else ""
    return pages


def sitemap_rows(site: Site, path: str) -> dict[str, str]:
    tree = etree.fromstring(site.respond(path).body)
    return {row.findtext(LOC): row.findtext(LASTMOD) for row in tree}


@pytest.mark.parametrize("article_id", IDS)
def test_a_page_prints_what_is_expected_of_it(site, article_id):
    truth = site.expected(article_id)
    page = text_of(site, truth.path)
    printed = [*truth.titles.values(), truth.doi, truth.journal, truth.volume, truth.issue, *truth.affiliations]
    printed += [part.text for parts in truth.sections.values() for part in parts]
    printed += [word for words in truth.keywords.values() for word in words]
    printed += [text for text in (truth.words, truth.note, truth.licence) if text]
    assert [text for text in printed if escape(text) not in page] == []
    readable = unescape(page).replace("\u00a0", " ")
    assert [name for name in truth.authors if name not in readable] == []


@pytest.mark.parametrize("article_id", IDS)
def test_a_page_is_well_formed(site, article_id):
    parser = Balance()
    parser.feed(text_of(site, site.path(article_id)))
    parser.close()
    assert parser.open == []


@pytest.mark.parametrize("article_id", IDS)
def test_what_no_record_may_hold_stands_on_the_page_but_in_no_text_of_it(site, article_id):
    truth = site.expected(article_id)
    page = unescape(text_of(site, truth.path))
    kept = " ".join([*truth.abstracts.values(), *truth.titles.values(), *truth.authors])
    assert all(text in page and text not in kept for text in truth.never)


def test_the_boilerplate_follows_each_abstract_of_the_glued_shape(site):
    page = text_of(site, "/article/900101")
    sentence = site.journals["com"].boilerplate
    assert page.count(sentence) == 2
    assert f"{sentence}<table><tr><td><h2" in page
    assert not any(sentence in text for text in site.expected("900101").abstracts.values())


def test_the_short_date_is_glued_to_the_title(site):
    title = html.fromstring(text_of(site, "/article/900101")).cssselect("#fiche h1")[0]
    assert title.text_content().endswith("d'Orve - 11/04/25")


def test_every_link_leads_to_a_page_or_to_a_trap(site):
    pages = [text_of(site, site.path(article_id)) for article_id in IDS]
    pages += [page for journal in site.journals.values() for page in listing_pages(site, journal.listing)]
    pages.append(text_of(site, "/"))
    hrefs = {href for page in pages for href in re.findall(r'<a [^>]*href="(/[^"]*)"', page)}
    paths = {unescape(href).removeprefix(ORIGIN.removeprefix("http:")) for href in hrefs}
    assert {site.respond(path).status for path in paths} == {200, 403}
    assert set(site.trapped) == {path for path in paths if site.respond(path).status == 403}


@pytest.mark.parametrize("journal", ["com", "hrsh"])
def test_the_listing_shows_every_article_once(site, journal):
    pages = listing_pages(site, site.journals[journal].listing)
    hrefs = [a.get("href") for page in pages for a in html.fromstring(page).cssselect("a.carte")]
    assert len(pages) > 1
    assert len(hrefs) == len(set(hrefs))
    paths = [urlsplit("http:" + href).path for href in hrefs]
    assert set(paths) == {site.path(article.id) for article in site.listed(journal)}


@pytest.mark.parametrize("path", ["/revue/COM/articles/page/99", "/revue/COM/articles/page/0", "/hrsh/articles?page=x"])
def test_a_listing_has_no_other_pages(site, path):
    assert site.respond(path).status == 404


def test_the_sitemaps_name_every_article(site):
    children = sitemap_rows(site, "/sitemap.xml")
    rows = [loc for child in children for loc in sitemap_rows(site, urlsplit(child).path)]
    assert {ORIGIN + site.path(article_id) for article_id in IDS} <= set(rows)
    assert len(rows) == len(IDS) + 1  # and the withdrawn one


def test_robots_names_the_sitemap_and_closes_pdf_and_sign_in(site):
    lines = text_of(site, "/robots.txt").splitlines()
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in lines
    assert {"Disallow: /pdf/", "Disallow: /connexion", "Disallow: /signin"} <= set(lines)


@pytest.mark.parametrize("path", TRAPS)
def test_traps_refuse_and_remember(site, path):
    assert site.respond(path).status == 403
    assert site.trapped == [path]


def test_withdrawn_and_unknown_articles(site):
    assert site.respond("/article/900199").status == 410
    assert [site.respond(path).status for path in ("/article/1", "/article/700201", "/hrsh/article/900101", "/x")] == [
        404
    ] * 4


def test_tabs_show_the_same_article(site):
    assert site.respond("/article/900101/references/any").body == site.respond("/article/900101").body


def test_headers_carry_reservation_and_robots(site):
    assert site.respond("/hrsh/article/700210").headers["TDM-Reservation"] == "1"
    assert site.respond("/hrsh/article/700211").headers["X-Robots-Tag"] == "noindex"
    assert 'name="tdm-reservation" content="1"' in text_of(site, "/article/900107")
    assert 'name="robots" content="noarchive"' in text_of(site, "/article/900112")


def test_a_known_page_answers_304(site):
    first = site.respond("/article/900101")
    again = site.respond("/article/900101", {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    by_date = site.respond("/article/900101", {"If-Modified-Since": first.headers["Last-Modified"]})
    assert by_date.status == 304
    assert site.respond("/article/900101", {"If-None-Match": '"other"'}).status == 200
    assert site.respond("/article/900101", {"If-Modified-Since": "not a date"}).status == 200


def test_gzip_has_the_same_text_and_its_tag_is_known(site):
    plain, packed = site.respond("/article/900101"), site.respond("/article/900101", {"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert site.respond("/article/900101", {"If-None-Match": packed.headers["ETag"]}).status == 304


def test_revise_changes_words_status_and_lastmod(site):
    before = site.respond("/article/900101")
    site.revise("900101", access="open", keywords={"fr": ["Os"], "en": ["Bone"]})
    truth = site.expected("900101")
    assert (truth.access, truth.licence is not None) == (AccessStatus.OPEN, True)
    assert truth.words and truth.words in text_of(site, "/article/900101")
    assert site.respond("/article/900101", {"If-None-Match": before.headers["ETag"]}).status == 200
    assert sitemap_rows(site, "/sitemap-com.xml")[f"{ORIGIN}/article/900101"] == NOW.isoformat()


def test_revise_takes_fields_of_access(site):
    site.revise("900102", access={"status": "free", "words": "Article gratuit ce mois-ci."})
    assert site.expected("900102").words == "Article gratuit ce mois-ci."


@pytest.mark.parametrize("article_id", ["900101", "700201"])
def test_an_article_can_be_retracted(site, article_id):
    notice = {"date": "2026-10-01", "doi": "10.5555/notice.1", "words": "Article retracted. Notice:"}
    site.revise(article_id, retraction=notice)
    page = text_of(site, site.path(article_id))
    assert notice["words"] in page and f"https://doi.org/{notice['doi']}" in page
    assert site.expected(article_id).retracted


def test_an_article_can_go_and_come(site):
    site.revise("900102", state="gone")
    assert site.respond("/article/900102").status == 410
    assert f"{ORIGIN}/article/900102" in sitemap_rows(site, "/sitemap-com.xml")
    site.revise("900102", state="hidden")
    assert site.respond("/article/900102").status == 404
    assert f"{ORIGIN}/article/900102" not in sitemap_rows(site, "/sitemap-com.xml")
    site.revise("900102", state="listed")
    assert site.respond("/article/900102").status == 200


def test_revise_refuses_what_no_article_has(site):
    with pytest.raises(KeyError):
        site.revise("1", volume="2")
    with pytest.raises(ValueError, match="colour"):
        site.revise("900101", colour="blue")


def test_restyle_changes_the_digest_but_no_article(site):
    before, truth = site.respond("/article/900101"), site.expected("900101")
    site.restyle("another footer")
    assert site.respond("/article/900101").headers["ETag"] != before.headers["ETag"]
    assert site.expected("900101") == truth


def test_fail_and_heal(site):
    site.fail("/article/900101", 429, {"Retry-After": "3"})
    answer = site.respond("/article/900101")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert site.respond("/article/900102").status == 200
    site.heal("/article/900101")
    assert site.respond("/article/900101").status == 200


def test_two_sites_do_not_share_changes(site):
    site.revise("900101", access="open")
    assert Site(ORIGIN).expected("900101").access is AccessStatus.SUBSCRIPTION
