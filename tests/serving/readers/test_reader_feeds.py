"""Feeds: read by a feed reader without complaint, stable, quiet while nothing changes, with what may be passed on."""

import json
from typing import Any

import feedparser
import pytest
from desk import BASE, Desk, article
from lxml import etree
from site_of_readers import Site

from harvester.digests.links import KEY, Links
from harvester.digests.signing_up import revoke_feed, unsubscribe
from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.alert import Alert, Channel, News
from harvester.model.record import AbstractPolicy, LangText, Record, Rights
from harvester.serving.readers import feed_answers

SOURCE = f"{BASE}/feeds/sources/alpha"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def private(desk: Desk, alert: Alert, form: str = "atom") -> str:
    return Links(BASE, desk.store.secret(KEY)).feed(alert, form)


def following(desk: Desk, *news: News) -> Alert:
    return desk.alert(None, channel=Channel.ATOM, news=list(news or (News.NEW,)))


def read(body: bytes) -> Any:
    found = feedparser.parse(body)
    assert found.bozo == 0, found.get("bozo_exception")
    return found


def opened(record: Record) -> Record:
    verdict = AccessVerdict(status=AccessStatus.FREE, as_of=record.access.as_of)
    return record.model_copy(update={"access": verdict})


def test_every_feed_is_read_without_complaint(desk: Desk, site: Site) -> None:
    alert = following(desk)
    odd = article(
        3, titles={"fr": LangText(value="Lupus <b>&</b> \x0b ]]> é \ufffe", language="fr")}, url="javascript:x"
    )
    desk.save(article(1), article(2), odd)
    for url in (f"{SOURCE}.atom", private(desk, alert)):
        answer = site.ask(url)
        assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        found = read(answer.body)
        assert found.version == "atom10"
        assert len(found.entries) == 3
        assert len({entry.id for entry in found.entries}) == 3
        assert all(entry.id.startswith("urn:uuid:") and entry.updated_parsed and entry.title for entry in found.entries)
        assert found.feed.links[0].href.partition("?")[0] == url
    for url in (f"{SOURCE}.json", private(desk, alert, "json")):
        answer = site.ask(url)
        assert answer.headers["Content-Type"] == "application/feed+json; charset=utf-8"
        feed = json.loads(answer.body)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["feed_url"].partition("?")[0] == url
        assert len(feed["items"]) == 3
        assert all(item["id"] and item["content_html"] and item["date_modified"] for item in feed["items"])


def test_items_are_whole_and_say_their_language(desk: Desk, site: Site) -> None:
    desk.save(article(1))
    root = etree.fromstring(site.ask(f"{SOURCE}.atom").body)
    ns = {"a": "http://www.w3.org/2005/Atom", "h": "http://www.w3.org/1999/xhtml"}
    assert root.get(XML_LANG) == "fr"
    (title,) = root.findall("a:entry/a:title", ns)
    assert (title.text, title.get(XML_LANG)) == ("Les cellules CAR-T dans le lupus, étude 1", "fr")
    other = root.findall(".//h:details/h:p", ns)
    assert [(one.text, one.get(XML_LANG)) for one in other] == [
        ("CAR-T cells in lupus, study 1", "en"), ("We followed 1 patients with lupus.", "en"),
    ]  # fmt: skip
    assert "Nous avons suivi 1 malades" in " ".join(root.itertext())
    assert "Sur abonnement" in " ".join(root.itertext())
    english = etree.fromstring(site.ask(f"{SOURCE}.atom?lang=en").body)
    assert english.findtext("a:entry/a:title", "", ns) == "CAR-T cells in lupus, study 1"


@pytest.mark.parametrize("form", ["atom", "json"])
def test_nothing_new_is_304_and_ids_outlive_the_process(desk: Desk, site: Site, tmp_path: Any, form: str) -> None:
    alert = following(desk)
    desk.save(article(1), article(2))
    for url in (f"{SOURCE}.{form}", private(desk, alert, form)):
        first = site.ask(url)
        tag, moved = first.headers["ETag"], first.headers["Last-Modified"]
        for headers in ({"If_None_Match": tag}, {"If_None_Match": f'"other", W/{tag}'}, {"If_Modified_Since": moved}):
            again = site.ask(url, **headers)
            assert (again.status, again.body) == (304, b"")
            assert again.headers["ETag"] == tag
        assert site.ask(url, If_None_Match='"other"').status == 200
        with Site(desk, tmp_path) as other:
            assert other.ask(url).body == first.body
        desk.rounds.look()
        assert site.ask(url).body == first.body  # noted or not, it is the same
    desk.later(hours=1)
    desk.save(article(3))
    assert site.ask(url, If_None_Match=tag).status == 200
    assert site.ask(url, If_Modified_Since=moved).status == 200


@pytest.mark.parametrize("form", ["atom", "json"])
def test_a_feed_is_written_once_while_nothing_moves(
    desk: Desk, site: Site, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = following(desk)
    desk.save(article(1))
    urls = (f"{SOURCE}.{form}", private(desk, alert, form))
    tags = [site.ask(url).headers["ETag"] for url in urls]

    def refuse(*_: object) -> bytes:
        raise AssertionError("written again")

    kind, write = feed_answers.FORMS[form]
    monkeypatch.setitem(feed_answers.FORMS, form, (kind, refuse))
    assert [site.ask(url, If_None_Match=tag).status for url, tag in zip(urls, tags, strict=True)] == [304, 304]
    assert [site.ask(url).status for url in urls] == [200, 200]
    monkeypatch.setitem(feed_answers.FORMS, form, (kind, write))
    desk.save(article(2))
    assert all("étude 2" in site.ask(url).text for url in urls)


def test_updated_moves_with_the_meaning_only(desk: Desk, site: Site) -> None:
    desk.save(article(1))
    before = read(site.ask(f"{SOURCE}.atom").body).entries[0]
    desk.later(hours=1)
    page = article(1).provenance.model_copy(update={"page_digest": "sha256:11", "fetched_at": desk.now})
    desk.save(article(1, provenance=page))
    same = read(site.ask(f"{SOURCE}.atom").body).entries[0]
    assert (same.id, same.updated) == (before.id, before.updated)
    desk.save(opened(article(1)))
    moved = read(site.ask(f"{SOURCE}.atom").body).entries[0]
    assert moved.id == before.id
    assert moved.updated > before.updated


def test_what_is_deleted_leaves(desk: Desk, site: Site) -> None:
    alert = following(desk)
    desk.save(article(1), article(2))
    desk.rounds.look()
    desk.store.transact(lambda unit: desk.store.records.delete(unit, article(1).id, "gone", desk.now))
    for url in (f"{SOURCE}.atom", private(desk, alert)):
        assert [entry.title for entry in read(site.ask(url).body).entries] == [
            "Les cellules CAR-T dans le lupus, étude 2"
        ]


def test_news_of_an_alert_stand_in_its_feed(desk: Desk, site: Site) -> None:
    alert = following(desk, News.FREED)
    desk.save(article(1), article(2))
    assert read(site.ask(private(desk, alert)).body).entries == []
    desk.later(hours=1)
    desk.save(opened(article(1)))
    for _ in range(2):
        (entry,) = read(site.ask(private(desk, alert)).body).entries
        assert entry.title.startswith("[Désormais en accès gratuit ou libre] Les cellules")
        desk.rounds.look()


def test_only_what_may_be_passed_on_and_listed(desk: Desk, site: Site) -> None:
    alert = following(desk)
    reserved = AbstractPolicy(basis="research", show="signed_in", redistribute=False)
    desk.save(
        article(1, rights=Rights(abstract_policy=reserved)), article(2, rights=Rights(robots=("noindex",))), article(3)
    )
    for url in (f"{SOURCE}.atom", f"{SOURCE}.json", private(desk, alert), private(desk, alert, "json")):
        text = site.ask(url).text
        assert "étude 1" in text and "étude 3" in text
        assert "étude 2" not in text
        assert "suivi 1 malades" not in text and "followed 1 patients" not in text
        assert "suivi 3 malades" in text


def test_a_private_feed_can_be_revoked_and_ends_with_its_alert(desk: Desk, site: Site) -> None:
    alert = following(desk)
    url = private(desk, alert)
    assert site.ask(url).status == 200
    assert site.ask(url).headers["X-Robots-Tag"] == "noindex, nofollow"
    revoke_feed(desk.store, alert)
    assert site.ask(url).status == 404
    (renewed,) = desk.store.alerts.all()
    assert site.ask(private(desk, renewed)).status == 200
    unsubscribe(desk.store, renewed)
    assert site.ask(private(desk, renewed)).status == 404


def test_a_source_nobody_knows_has_no_feed(site: Site) -> None:
    for url in ("/feeds/sources/nobody.atom", "/feeds/sources/alpha.rss", "/feeds/sources/alpha"):
        assert site.ask(url).status == 404


@pytest.mark.fault(106)
def test_markup_in_a_title_is_its_words_for_who_reads_the_feed(desk: Desk, site: Site) -> None:
    title = 'Effect of &lt;b&gt; tags & "p &amp;lt; 0.05" <img src=x onerror=alert(1)>'
    desk.save(article(1, titles={"en": LangText(value=title, language="en")}))
    atom = site.ask(f"{SOURCE}.atom?lang=en").body
    element = etree.fromstring(atom).find("{*}entry/{*}title")
    assert (element.text, element.get("type", "text"), len(element)) == (title, "text", 0)
    (entry,) = read(atom).entries
    assert entry.title_detail.type == "text/plain"
    assert "<img" not in entry.content[0].value
    (item,) = json.loads(site.ask(f"{SOURCE}.json?lang=en").body)["items"]
    assert item["title"] == title
    assert "<img" not in item["content_html"]
    assert "onerror=alert(1)&gt;" in item["content_html"]
