"""What is told: every record in exactly one digest, access flips to those who asked, queries as the search has them."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from desk import MONDAY, Desk, article
from fresh import store_at
from hypothesis import given, settings
from hypothesis import strategies as st
from post_office import Office

from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.alert import Alert, Item, News, Timing, Wants
from harvester.model.record import Integrity, KeywordList, LangText, Record, Relation
from harvester.model.search import Query
from storage.search.entry import entry
from storage.search.matching import matches
from storage.store import Store

ANN, BOB = "ann@reader.example", "bob@reader.example"


def told(desk: Desk, alert: Alert) -> list[list[str]]:
    """Record ids by digest, in order."""
    made = sorted(desk.store.deliveries.all(alert_id=alert.id), key=lambda one: one.until_seq)
    return [[item.record_id for item in desk.store.deliveries.items(one.id)[one.id]] for one in made]


def flip(record: Record, status: str) -> Record:
    return record.model_copy(update={"access": AccessVerdict(status=AccessStatus(status), as_of=MONDAY)})


@pytest.mark.fault(139)
def test_what_is_saved_while_a_digest_is_made_is_in_the_next_one(desk: Desk) -> None:
    alert = desk.alert(ANN)
    desk.save(article(1))
    desk.rounds.watch.look()
    desk.save(article(2))  # after the log was read, before the digest is written
    desk.rounds.make()
    desk.later(hours=1)
    desk.rounds.look()
    assert told(desk, alert) == [[article(1).id], [article(2).id]]


@pytest.mark.fault(139)
@given(
    steps=st.lists(
        st.sampled_from(["save", "save", "change", "watch", "make", "pause between", "other"]), min_size=5, max_size=30
    )
)
@settings(max_examples=25, deadline=None)
def test_digests_together_are_everything_and_share_nothing(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, store_at(f"sqlite:///{Path(folder) / 'a.db'}") as store:
        desk = Desk(store)
        alert, other = desk.alert(ANN), desk.new_rounds()
        saved: list[str] = []
        for number, step in enumerate(steps):
            desk.later(minutes=7)
            if step == "save":
                some = [article(100 * number + n) for n in range(1 + number % 3)]
                desk.save(*some)
                saved += [record.id for record in some]
            elif step == "change" and saved:
                record = store.records.get(saved[number % len(saved)])
                assert record
                desk.save(record.model_copy(update={"type": f"kind-{number}"}))
            elif step == "watch":
                desk.rounds.watch.look(most=2)
            elif step == "other":
                other.watch.look()
                other.make()
            else:
                desk.rounds.make()
        desk.later(minutes=7)
        desk.rounds.watch.look()
        desk.rounds.make()
        found = [one for digest in told(desk, alert) for one in digest]
        assert sorted(found) == sorted(saved)
        assert len(set(found)) == len(found)


def test_a_flip_to_free_is_told_once_to_those_who_asked(desk: Desk, post: Office) -> None:
    for to, news in {
        "freed": [News.FREED], "new": [News.NEW], "both": [News.NEW, News.FREED], "embargo": [News.EMBARGO_LIFTED],
        "closed": [News.CLOSED_AGAIN],
    }.items():  # fmt: skip
        desk.alert(f"{to}@reader.example", news=news)
    desk.alert("elsewhere@reader.example", query="asthme", news=[News.FREED])
    desk.save(article(1), article(2))
    desk.rounds.look()
    post.taken.clear()
    desk.later(hours=1)
    desk.save(flip(article(1), "free"))
    for _ in range(3):
        desk.rounds.look()
        desk.later(hours=1)
    assert sorted(one.to for one in post.taken) == ["both@reader.example", "freed@reader.example"]
    assert str(post.taken[0].message["Subject"]).startswith("Désormais gratuit\u00a0: «")
    desk.save(flip(article(1), "subscription"))
    desk.rounds.look()
    assert post.taken[-1].to == "closed@reader.example"
    assert len(post.taken) == 3


def test_the_end_of_an_embargo_is_its_own_news(desk: Desk, post: Office) -> None:
    desk.alert(ANN, news=[News.EMBARGO_LIFTED])
    desk.alert(BOB, news=[News.FREED])
    desk.save(article(1, status="embargoed"))
    desk.rounds.look()
    desk.save(flip(article(1), "open"))
    desk.later(hours=1)
    desk.rounds.look()
    assert [one.to for one in post.taken] == [ANN]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["subscription", "unknown", "free"], [News.FREED]),  # what was known last counts
        (["unknown", "free"], []),
        (["subscription", "free", "subscription"], []),  # before anybody was told
        (["free", "unknown", "free"], []),
        (["subscription", "registration"], []),
        (["open", "subscription"], [News.CLOSED_AGAIN]),
        (["registration", "open"], [News.FREED]),
    ],
)
def test_only_what_opened_or_closed_is_news(desk: Desk, statuses: list[str], expected: list[News]) -> None:
    desk.save(article(1, status=statuses[0]))
    alert = desk.alert(ANN, news=[News.FREED, News.CLOSED_AGAIN, News.EMBARGO_LIFTED])
    for status in statuses[1:]:
        desk.later(hours=1)
        desk.save(flip(article(1), status))
        desk.rounds.watch.look()
    found = desk.rounds.post.letters.entries(alert, desk.store.deliveries.waiting(alert.id))
    assert [one.news for one in found] == expected


def test_corrections_and_retractions_are_told(desk: Desk, post: Office) -> None:
    desk.alert(ANN, news=[News.CORRECTED, News.RETRACTED])
    desk.save(article(1), article(2), article(3))
    desk.rounds.look()
    desk.later(hours=1)
    for number, status in ((1, "corrected"), (2, "retracted")):
        desk.save(article(number).model_copy(update={"integrity": Integrity(status=status)}))
    desk.rounds.look()
    (mail,) = post.taken
    text = mail.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.index("Rétractations et mises en garde (1)") < text.index("Articles corrigés (1)")
    assert (
        str(mail.message["Subject"])
        == "Rétractation\u00a0: «\u00a0Les cellules CAR-T dans le lupus, étude 2\u00a0» et un autre article"
    )


def test_an_article_whose_abstract_comes_later_is_told_then(desk: Desk, post: Office) -> None:
    desk.alert(ANN, query="malades")
    bare = article(1).model_copy(update={"abstracts": {}})
    desk.save(bare)
    desk.rounds.look()
    assert post.taken == []
    desk.later(days=2)
    desk.save(article(1))
    desk.rounds.look()
    desk.later(days=2)
    desk.save(article(1).model_copy(update={"type": "review"}))
    desk.rounds.look()
    assert len(post.taken) == 1


def test_editions_of_one_work_come_once_with_the_one_to_cite(desk: Desk, post: Office) -> None:
    note = "Ne pas utiliser, pour citation, la référence française de cet article"
    cited = Relation.model_validate(
        {
            "type": "isVariantFormOf",
            "target": "10.5555/beta.9",
            "state": "resolved",
            "evidence": [{"vocabulary": "page", "name": "cite_other_edition", "quote": note, "where": "/html/body/p"}],
        }
    )
    french = article(1, relations=(cited, Relation(type="isTranslationOf", target="10.5555/beta.9", state="resolved")))
    english = article(9, source="beta", status="open", url="https://other.test/9")
    english = english.model_copy(update={"titles": {"en": english.titles["en"]}, "abstracts": {}})
    desk.alert(ANN)
    desk.alert(BOB, language="en")
    desk.save(french, english)
    work = {
        record.work_id for record in (desk.store.records.get(french.id), desk.store.records.get(english.id)) if record
    }
    assert len(work) == 1
    desk.rounds.look()
    text = post.to(ANN)[0].message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Nouveaux articles (1)" in text
    assert "Version anglaise\u00a0: CAR-T cells in lupus, study 9 [Libre accès]" in " ".join(text.split("\n"))
    assert "[Sur abonnement]" in text
    desk.later(days=1)
    desk.rounds.look()
    assert len(post.taken) == 2


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_new_records_match_as_the_search_finds_them(store: Store) -> None:
    desk = Desk(store)
    some = [
        article(1),
        article(2, status="open", titles={"fr": LangText(value="Œdème et thérapies auto-immunes", language="fr")}),
        article(3, source="beta", keywords={"fr": KeywordList(items=("Maladies auto-immunes",), language="fr"),
                                            "en": KeywordList(items=("Autoimmune Diseases",), language="en")}),
        article(4, titles={"en": LangText(value="Autoimmune diseases of children", language="en")}, abstracts={}),
        article(5, abstracts={"de": LangText(value="Größe und Wesen der Röhren", language="de")}),
    ]  # fmt: skip
    desk.save(*some)
    store.search.catch_up()
    texts = [
        "lupus", "oedeme", "therapie", "auto-immune", "autoimmune", "auto immune", '"cellules CAR-T"', "CAR-T",
        '"CAR-T cells in lupus"', "cellul*", "lupus -etude", "-lupus", "lupus OR oedeme", "title:autoimmune",
        "keyword:autoimmune", "author:sample", 'journal:"revue des exemples"', "doi:10.5555/alpha.1", "access:open",
        "lang:de", "groesse", "source:beta", "year:2026", "year:1999", '"suivi * malades"', "Maladies auto-immunes",
        "(lupus OR therapies) access:subscription,open", '"nous avons suivi 1 mal*"', "zzz", "abstract:malade",
        "NOT access:open", "le la les", "lupus enfant",
    ]  # fmt: skip
    queries = {text: Query(text=text, limit=100) for text in texts}
    queries["by language"] = Query(text="lupus", languages=("de",))
    queries["by source"] = Query(sources=("beta", "gamma"))
    asked = store.search.expressions(queries)
    assert asked.keys() == queries.keys()
    found = matches([entry(record) for record in some], asked)
    for name, query in queries.items():
        by_search = {hit.record_id for hit in store.search.find(query).hits}
        assert {some[place].id for place in found.get(name, [])} == by_search, name
    assert found["Maladies auto-immunes"] == [1, 2, 3]


def test_wishes_become_one_question(store: Store) -> None:
    desk = Desk(store)
    desk.save(
        article(1), article(2, container=article(1).container.model_copy(update={"titles": {"fr": "Autre revue"}}))
    )
    wants = {"journals": ("Revue des Exemples", "Ailleurs"), "authors": ("Sample",), "languages": ("fr",)}
    alert = desk.alert(ANN, query="lupus OR asthme", wants=wants)
    assert (
        alert.wants.search().text
        == '(lupus OR asthme) (journal:"Revue des Exemples" OR journal:"Ailleurs") author:"Sample"'
    )
    found = store.search.find(alert.wants.search())
    assert [hit.record_id for hit in found.hits] == [article(1).id]


def test_access_is_asked_of_new_articles_and_one_that_opens_late_is_new(desk: Desk, post: Office) -> None:
    desk.alert(ANN, wants={"access": (AccessStatus.OPEN,)})
    desk.save(article(1), article(2, status="open"))
    desk.rounds.look()
    assert "étude 2" in str(post.taken[0].message["Subject"])
    desk.later(days=3)
    desk.save(flip(article(1), "open"))
    desk.rounds.look()
    assert "étude 1" in str(post.taken[1].message["Subject"])


def test_a_pause_is_not_made_up_for(desk: Desk, post: Office) -> None:
    from harvester.digests import signing_up

    alert = desk.alert(ANN)
    assert desk.store.transact(lambda unit: signing_up.pause(desk.store, unit, alert))
    desk.save(article(1))
    desk.rounds.look()
    desk.later(hours=1)
    paused = desk.store.alerts.get(alert.id)
    assert paused
    assert desk.store.transact(lambda unit: signing_up.resume(desk.store, unit, paused, desk.now))
    desk.save(article(2))
    desk.rounds.look()
    assert [str(one.message["Subject"]) for one in post.taken] == [
        "«\u00a0Les cellules CAR-T dans le lupus, étude 2\u00a0»"
    ]


def test_days_the_service_was_down_make_one_digest(desk: Desk, post: Office) -> None:
    desk.alert(ANN, timing=Timing(rhythm="daily", hour=7))
    for number in range(4):
        desk.save(article(number))
        desk.later(days=1)
    for _ in range(3):
        desk.rounds.look()
    assert len(post.taken) == 1
    assert "4 articles" in post.taken[0].message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.fault(143)
def test_an_empty_digest_is_not_sent_and_the_next_one_is_due(desk: Desk, post: Office) -> None:
    alert = desk.alert(ANN, timing=Timing(rhythm="daily", hour=7))
    for _ in range(3):
        desk.later(days=1)
        desk.rounds.look()
    assert post.taken == []
    after = desk.store.alerts.get(alert.id)
    assert after and after.due_at and desk.now < after.due_at < desk.now + timedelta(days=1)


def test_what_was_deleted_before_it_was_told_is_not(desk: Desk, post: Office) -> None:
    alert = desk.alert(ANN)
    desk.save(article(1))
    desk.rounds.watch.look()
    desk.store.transact(lambda unit: desk.store.records.delete(unit, article(1).id, "gone", desk.now))
    desk.rounds.look()
    assert post.taken == []
    assert desk.store.deliveries.waiting(alert.id) == []


def test_a_query_that_cannot_be_asked_any_more_stops_nobody_else(desk: Desk, post: Office) -> None:
    broken = desk.alert(BOB)
    wants = Wants(query="access:nowhere")
    desk.store.transact(lambda unit: desk.store.alerts.change(unit, broken.id, wants=wants))
    desk.alert(ANN)
    desk.save(article(1))
    assert desk.rounds.look().sent == 1
    assert [one.to for one in post.taken] == [ANN]


def test_items_of_an_alert_that_is_gone_are_not_noted(desk: Desk) -> None:
    item = Item(record_id="r", work_id="r", news=News.NEW, seq=1, at=desk.now)
    desk.store.transact(lambda unit: desk.store.deliveries.tell(unit, [("nobody", item)]))
    assert desk.store.deliveries.latest("nobody", 10) == []
