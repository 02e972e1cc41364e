"""Search and record pages as a researcher meets them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opened import Console
from shelved import NOW, SENTENCE, article, verdict

from harvester.model.record import AbstractPolicy, Integrity, LangText, Location, Relation, Rights

HOSTILE = '"><svg/onload=alert(1)><script>alert(2)</script>{{1409*7}}</script>'


def test_the_front_page_is_in_the_language_of_the_browser(console: Console) -> None:
    assert console.open("/", Accept_Language="fr-FR,en;q=0.5").headers["location"] == "/fr/"
    assert console.open("/").headers["location"] == "/en/"
    assert console.open("/fr").headers["location"] == "/fr/"
    for language, empty in (("fr", "Rien n’a encore été moissonné."), ("en", "Nothing has been harvested yet.")):
        page = console.open(f"/{language}/")
        assert (page.status, page.tree.get("lang")) == (200, language)
        assert empty in page.text


def test_a_search_finds_in_either_language_and_narrows_down(console: Console) -> None:
    first, *_ = console.keep(article(1), article(2, status="open", year=2024), article(3, status="open"))
    page = console.open("/fr/?q=maree")
    assert "3 articles" in page.text
    assert [one.get("lang") for one in page.find(".hits li:first-child .title")] == ["fr", "en"]
    assert [one.text_content() for one in page.find(".hits .title mark")] == ["Marées", "Tides"] * 3
    narrowed = console.open(page.link("libre accès"))
    assert "2 articles" in narrowed.text
    last = console.open(narrowed.link("2024"))
    assert "1 article" in last.text
    assert "Marées et lanternes, 2" in last.text
    widened = console.open(last.link("Retirer\u00a0: libre accès"))
    assert "1 article" in widened.text
    assert f"/fr/records/{first}" in page.body.decode()


def test_days_bound_a_search(console: Console) -> None:
    console.keep(article(1, year=2023), article(2, year=2025))
    assert "part 2" in console.open("/en/?from=2024-01-01").text
    assert "part 1" not in console.open("/en/?from=2024-01-01").text
    assert "part 2" not in console.open("/en/?until=2024-01-01").text


def test_hits_go_on_page_by_page(console: Console) -> None:
    console.keep(*(article(n) for n in range(1, 46)))
    seen: list[str] = []
    page = console.open("/en/")
    while True:
        seen += [one.get("href") for one in page.find(".hits .title a")]
        onward = page.find("a[rel=next]")
        if not onward:
            break
        page = console.open(onward[0].get("href"))
    assert len(seen) == len(set(seen)) == 45
    assert console.open(page.link("Back to the first")).find("aside.facets")


def test_the_thesaurus_says_what_it_did_and_can_be_left_out(console: Console) -> None:
    console.keep(*(article(n) for n in range(1, 4)), article(4, keywords={}, title="Tides", titre="Calendrier"))
    page = console.open("/en/?q=maree")
    assert "“Tides” (English), which stands for “Marées” in 3 records" in page.text
    assert "4 articles" in page.text
    plain = console.open(page.link("only the words as typed"))
    assert "3 articles" in plain.text
    assert "4 articles" in console.open(plain.link("also by keywords in other languages")).text


@pytest.mark.parametrize(
    "address", ["/en/?q=%22", "/en/?cursor=x", "/en/?year=20a&access=lost&from=2025-99-01", "/en/?q=" + "a" * 3000]
)
def test_odd_addresses_are_answered_in_words(console: Console, address: str) -> None:
    console.keep(article())
    page = console.open(address)
    assert page.status in (200, 400)
    assert page.find("form.search")
    assert (page.status == 400) == bool(page.find("[role=alert]"))


def test_a_record_shows_both_languages_and_why(console: Console) -> None:
    [one] = console.keep(article())
    page = console.open(f"/fr/records/{one}")
    assert page.find("h1")[0].text_content() == "Marées et lanternes, 1"
    assert page.find(".other-title")[0].get("lang") == "en"
    assert [one.text_content() for one in page.find(".access .badge")] == ["sur abonnement"]
    assert page.find("q")[0].text_content() == SENTENCE
    assert "vu le 1 mars 2026" in page.text
    assert [one.get("lang") for one in page.find(".abstracts section")] == ["fr", "en"]
    assert "Résumé en anglais" in page.text
    metas = {(m.get("name"), m.get("content")) for m in page.find("meta[name^=citation_]")}
    assert {("citation_title", "Tides and lanterns, part 1"), ("citation_author", "Quillfeather, Maud")} <= metas
    assert {("citation_firstpage", "11"), ("citation_lastpage", "19"), ("citation_doi", "10.5555/quay.1")} <= metas
    linked = json.loads(page.find("script")[0].text)
    assert (linked["@type"], linked["isAccessibleForFree"]) == ("ScholarlyArticle", False)
    assert '<https://doi.org/10.5555/quay.1>; rel="cite-as"' in page.headers["link"]
    assert console.open(page.link("English")).tree.get("lang") == "en"


def test_a_reader_is_told_which_edition_to_cite(console: Console) -> None:
    note = Relation(type="isVariantFormOf", target_text="la référence anglaise de Joint Quays", state="unresolved")
    [one] = console.keep(article(relations=(note,)))
    page = console.open(f"/fr/records/{one}")
    assert "L’éditeur demande de citer une autre édition" in page.text
    assert "la référence anglaise de Joint Quays" in page.text


def test_a_retracted_article_says_so_first(console: Console) -> None:
    [one] = console.keep(article(integrity=Integrity(status="retracted", notice="Counted twice.", date="2026-01-02")))
    page = console.open(f"/en/records/{one}")
    assert "This article was retracted. January 2, 2026 Counted twice." in page.text
    assert "This article was retracted." in console.open("/en/").text


def test_history_shows_each_change_of_access(console: Console) -> None:
    [one] = console.keep(article())
    later = NOW + timedelta(days=40)
    opened = article().model_copy(update={"access": verdict("free", "Article en accès gratuit.")})
    console.store.transact(lambda unit: console.store.records.save(unit, [opened], run_id=None, now=later))
    page = console.open(f"/en/records/{one}")
    said = [" ".join(row.text_content().split()) for row in page.find(".history li")]
    assert said == ["April 10, 2026 Access changed free to read", "March 1, 2026 First seen by subscription"]


@pytest.mark.fault(103, 104, 113)
@pytest.mark.parametrize("place", ["title", "titre", "journal", "author", "keyword", "abstract", "quote", "notice"])
def test_harvested_text_stays_text(console: Console, place: str) -> None:
    base = article()
    placed: dict[str, Any] = {
        "title": {"title": HOSTILE},
        "titre": {"titre": HOSTILE},
        "journal": {"container": base.container.model_copy(update={"titles": {"en": HOSTILE}})},
        "author": {"contributors": (base.contributors[0].model_copy(update={"name": HOSTILE, "family": HOSTILE}),)},
        "keyword": {"keywords": {"en": base.keywords["en"].model_copy(update={"items": (HOSTILE, "Tides")})}},
        "abstract": {"abstracts": {"en": LangText(value=HOSTILE, language="en")}},
        "quote": {"access": verdict("subscription", HOSTILE)},
        "notice": {"integrity": Integrity(status="corrected", notice=HOSTILE)},
    }[place]
    [one] = console.keep(article(**placed))
    for address in (f"/en/records/{one}", f"/fr/records/{one}", "/en/", "/en/?q=alert", "/en/?q=%3Cscript%3E"):
        page = console.open(address)
        assert not page.find("svg, [onload]")
        assert {s.get("type") for s in page.find("script")} <= {"application/ld+json"}
        assert "{{1409*7}}" in page.body.decode() or "9863" not in page.text
        for block in page.find("script"):
            json.loads(block.text)


@pytest.mark.fault(105)
def test_only_web_addresses_become_links(console: Console) -> None:
    wrong = "javascript:alert(1)"
    place = (Location(url=wrong, content="landing"),)
    relation = (Relation(type="hasTranslation", target="data:text/html,x", state="resolved"),)
    [one] = console.keep(article(url=wrong, locations=place, relations=relation))
    page = console.open(f"/en/records/{one}")
    addresses = [element.get("href") for element in page.find("[href]")]
    assert not [address for address in addresses if not address.startswith(("/", "#", "https://", "http://"))]


def test_what_may_not_be_shown_or_listed_is_not(console: Console) -> None:
    reserved = Rights(abstract_policy=AbstractPolicy(basis="research", show="signed_in", redistribute=False))
    kept, hidden = console.keep(article(1, rights=reserved), article(2, rights=Rights(robots=("noindex",))))
    page = console.open(f"/en/records/{kept}")
    assert "The publisher reserves this abstract" in page.text
    for address in (f"/en/records/{kept}", "/en/", "/en/?q=harbour", "/en/?q=evening"):
        assert b"every evening" not in console.open(address).body
    assert "1 article" in console.open("/en/?q=harbour").text  # by its keywords
    assert "No article matches." in console.open("/en/?q=evening").text
    assert console.open(f"/en/records/{hidden}").status == 404
    assert "1 article" in console.open("/en/").text


def test_a_deleted_record_says_when_and_why(console: Console) -> None:
    [one] = console.keep(article())
    gone = datetime(2026, 5, 1, tzinfo=UTC)
    console.store.transact(lambda unit: console.store.records.delete(unit, one, "gone", gone))
    page = console.open(f"/fr/records/{one}")
    assert page.status == 410
    assert "Retirée le 1 mai 2026 : l’éditeur a supprimé la page." in page.text.replace("\u00a0", " ")
    assert b"lanternes" not in page.body


@pytest.mark.fault(115)
@pytest.mark.parametrize("name", ["console.html", "../page.py", "..%2fpage.py", "%2e%2e/page.py", "nothing"])
def test_no_other_file_is_served(console: Console, name: str) -> None:
    assert console.open(f"/static/{name}").status == 404


@pytest.mark.fault(116)
def test_every_page_forbids_scripts_frames_and_telling_addresses(console: Console) -> None:
    [one] = console.keep(article())
    for address in ("/en/", f"/en/records/{one}", "/en/records/none", "/static/console.css"):
        headers = console.open(address).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
    assert not console.open(f"/en/records/{one}").find("[style], [onclick], style")


def test_pages_are_light(console: Console) -> None:
    console.keep(*(article(n) for n in range(1, 30)))
    page = console.open("/en/?q=tides")
    files = [element.get("href") for element in page.find("link[rel=stylesheet], link[rel=icon]")]
    whole = len(page.body) + sum(len(console.open(address).body) for address in files)
    assert whole < 300_000


@pytest.mark.parametrize(("language", "said"), [("en", "There is no such page"), ("fr", "Cette page n’existe pas")])
def test_an_address_without_a_page_is_told_in_the_reader_s_language(console: Console, language: str, said: str) -> None:
    page = console.open(f"/{language}/no/such/page")
    assert (page.status, said in page.text) == (404, True)
