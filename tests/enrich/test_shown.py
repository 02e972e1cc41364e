"""Where readers meet an open copy: in digests, feeds, on the page of the record, in the API; and that it is no news."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from desk import Desk as Digests
from desk import article
from post_office import office
from registry import CC_BY, HAL

sys.path.insert(0, str(Path(__file__).parents[1] / "serving"))
sys.path.insert(0, str(Path(__file__).parents[1] / "serving" / "readers"))

from site_of_readers import Site

from harvester.model.alert import News
from harvester.model.open_copy import Notice, OpenCopy, Registry, Statement, Version
from storage.store import Store

GREEN = OpenCopy(url=HAL, version=Version.ACCEPTED, licence="cc-by")
GOLD = OpenCopy(url="https://doi.org/10.5555/alpha.1", version=Version.PUBLISHED, at_publisher=True, licence=CC_BY)


def answer(desk: Digests, registry: Registry, *copies: OpenCopy, notices: tuple[Notice, ...] = ()) -> None:
    """What a registry says of the first article."""
    said = Statement(
        registry=registry, doi="10.5555/alpha.1", asked_at=desk.now, copies=copies, notices=notices
    )  # fmt: skip
    store = desk.store
    store.transact(lambda unit: store.lookups.follow(unit, registry, desk.now))
    store.transact(lambda unit: store.lookups.answered(unit, said, desk.now + timedelta(days=30)))


def test_a_copy_is_shown_with_its_source_and_date_and_is_no_news(store: Store, tmp_path: Path) -> None:
    with office() as post:
        desk = Digests(store, post)
        alert = desk.alert(news=[News.NEW, News.FREED, News.EMBARGO_LIFTED])
        desk.save(article(1))
        answer(desk, Registry.UNPAYWALL, GREEN, GOLD)
        answer(desk, Registry.CROSSREF, GOLD, notices=(Notice(kind="retraction", doi="10.5555/n.1"),))
        desk.rounds.look()
        (mail,) = post.taken
        plain = mail.message.get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
        markup = mail.message.get_body(("html",)).get_content()  # type: ignore[union-attr]
        assert "[Sur abonnement] constaté le 2 mars 2026" in plain  # what the page says stands as it stood
        said = "hal.example, version acceptée, selon Unpaywall, interrogé le 2 mars 2026"
        assert said in " ".join(plain.split()) and f"\n{HAL}\n" in plain
        assert "Rétractation (DOI 10.5555/n.1), selon Crossref, interrogé le 2 mars 2026" in " ".join(plain.split())
        assert f'href="{HAL}"' in markup and plain.count("https://doi.org/10.5555/alpha.1") == 2  # a copy, and the DOI

        desk.later(days=1)
        answer(desk, Registry.UNPAYWALL)
        answer(desk, Registry.CROSSREF, GOLD, GREEN)
        assert desk.rounds.look().sent == 0  # no paywall fell
        assert store.deliveries.waiting(alert.id) == []

        with Site(desk, tmp_path) as site:
            record = article(1).id
            page = site.ask(f"/en/records/{record}").text
            assert f'<a href="{HAL}"' in page and "according to Crossref, asked on 3 March 2026" in page
            assert "Unpaywall" not in page  # it knows of none any more
            api = json.loads(site.ask(f"/api/v1/records/{record}/open-copies").body)
            assert [(one["registry"], one["asked_at"]) for one in api["items"]] == [
                ("crossref", "2026-03-03T08:00:00Z"), ("unpaywall", "2026-03-03T08:00:00Z")]  # fmt: skip
            assert api["items"][0]["copies"][1]["url"] == HAL
            assert json.loads(site.ask(f"/api/v1/records/{record}").body)["access"]["status"] == "subscription"
            feed = site.ask("/feeds/sources/alpha.atom?lang=en")
            (entry,) = feedparser.parse(feed.body).entries
            assert HAL in entry.content[0].value and "according to Crossref" in entry.content[0].value
            answer(desk, Registry.CROSSREF, GOLD)
            again = site.ask("/feeds/sources/alpha.atom?lang=en", If_None_Match=feed.headers["ETag"])
            assert again.status == 200 and HAL not in again.text
            assert feedparser.parse(again.body).entries[0].updated == entry.updated  # the article is what it was
            desk.save(article(1, status="open"))
            assert json.loads(site.ask(f"/api/v1/records/{record}/open-copies").body) == {"items": []}
            assert site.ask("/api/v1/records/nothing/open-copies").status == 404


@pytest.mark.parametrize("language", ["fr", "en"])
def test_hostile_words_of_a_registry_are_words(store: Store, tmp_path: Path, language: str) -> None:
    hostile = OpenCopy(url="https://x.example/?q=<script>alert(1)</script>\"'", version=Version.UNKNOWN)
    desk = Digests(store)
    desk.save(article(1))
    answer(desk, Registry.UNPAYWALL, hostile, notices=(Notice(kind="x_<b>", doi="<img>"),))
    with Site(desk, tmp_path) as site:
        page = site.ask(f"/{language}/records/{article(1).id}").text
        assert "<script>alert" not in page and "<img>" not in page and "x <b>" not in page
        assert "https://x.example/?q=%3Cscript%3E" in page
        assert feedparser.parse(site.ask(f"/feeds/sources/alpha.atom?lang={language}").body).bozo == 0
