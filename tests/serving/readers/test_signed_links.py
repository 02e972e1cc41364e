"""What readers do themselves: by signed links alone, by POST alone, and with nothing told to anybody else."""

import json
import logging
import re

import pytest
from desk import BASE, Desk, article
from lxml import html
from post_office import Office
from site_of_readers import Site, links

from harvester.model.alert import AlertState, News
from storage.store import Store

ANN, BOB = "ann@reader.example", "bob@reader.example"
FORM = {"address": ANN, "query": "lupus", "news": ["new", "freed"], "rhythm": "at_once", "language": "fr"}


def subscribed(desk: Desk, *addresses: str) -> None:
    for one in addresses:
        desk.alert(one)
    desk.save(article(1))
    desk.rounds.look()


@pytest.mark.fault(141)
def test_a_scanner_that_follows_every_link_changes_nothing(desk: Desk, site: Site, post: Office) -> None:
    subscribed(desk, ANN)
    before = (desk.store.alerts.all(), desk.store.alerts.readers(), desk.store.deliveries.all())
    for url in links(post, ANN).values():
        assert site.ask(url).status == 200
        assert site.ask(url, **{"User-Agent": "scanner"}).status == 200
    assert (desk.store.alerts.all(), desk.store.alerts.readers(), desk.store.deliveries.all()) == before


@pytest.mark.fault(141)
def test_one_click_unsubscribes(desk: Desk, site: Site, post: Office) -> None:
    subscribed(desk, ANN, BOB)
    message = post.to(ANN)[0].message
    url = message["List-Unsubscribe"].strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    done = site.ask(url, {"List-Unsubscribe": "One-Click"})
    assert (done.status, done.title) == (200, "Désabonnement enregistré")
    desk.save(article(2))
    desk.later(hours=1)
    desk.rounds.look()
    assert (len(post.to(ANN)), len(post.to(BOB))) == (1, 2)


@pytest.mark.fault(142)
def test_forged_replayed_and_strange_tokens_are_refused(desk: Desk, site: Site, post: Office) -> None:
    subscribed(desk, ANN, BOB)
    mine, other = links(post, ANN)["unsubscribe"], links(post, BOB)["unsubscribe"]
    token = mine.rpartition("/")[2]
    forged = [
        f"{other.rpartition('/')[0]}/{token}",  # another reader's alert
        mine[:-1] + ("A" if mine[-1] != "A" else "B"),
        f"{mine.rpartition('/')[0]}/",
        f"{mine.rpartition('/')[0]}/é",
        mine.replace("unsubscribe", "confirm"),
        links(post, ANN)["mine"].rpartition("/")[0] + "/" + token,
        f"{BASE}/feeds/alerts/{mine.split('/')[-2]}/{token}.atom",
        f"{BASE}/readers/unsubscribe/nobody/{token}",
    ]
    for url in forged:
        for form in (None, {"List-Unsubscribe": "One-Click"}):
            assert site.ask(url.replace("é", "%C3%A9"), form).status in (404, 405), url
    assert {one.state for one in desk.store.alerts.all()} == {AlertState.ACTIVE}
    assert site.ask(mine, {}).status == 200
    assert site.ask(mine, {}).status == 404  # replayed
    assert [one.state for one in desk.store.alerts.all()].count(AlertState.ENDED) == 1
    resumed = next(one for one in desk.store.alerts.all() if one.state is AlertState.ENDED)
    own = links(post, ANN)["mine"]
    assert site.ask(own, {"do": "resume", "alert": resumed.id}).status == 200
    assert site.ask(mine, {}).status == 404  # of the time before
    stranger = next(one for one in desk.store.alerts.all() if one.id != resumed.id)
    assert site.ask(own, {"do": "end", "alert": stranger.id}).status == 404
    assert {one.state for one in desk.store.alerts.all()} == {AlertState.ACTIVE}


@pytest.mark.fault(142)
def test_no_address_stands_in_any_link_and_tokens_are_long(desk: Desk, post: Office) -> None:
    subscribed(desk, ANN, BOB)
    tokens = set()
    for address in (ANN, BOB):
        for url in links(post, address).values():
            assert "ann" not in url and "bob" not in url and "@" not in url and "%40" not in url
            tokens.add(url.rpartition("/")[2])
    assert len(tokens) == 4
    assert all(re.fullmatch(r"[\w-]{32}", one) for one in tokens)  # 192 bits


def test_signing_up_asks_twice(desk: Desk, site: Site, post: Office) -> None:
    assert site.ask(f"{BASE}/readers").status == 200
    assert site.ask(f"{BASE}/readers", FORM).status == 200
    desk.save(article(1))
    desk.rounds.look()
    (mail,) = post.taken
    assert mail.message["Subject"] == "Confirmez votre alerte de veille"
    assert "lupus" not in mail.raw.decode()
    url = links(post, ANN)["confirm"]
    assert site.ask(url).title.startswith("Confirmer cette alerte")
    assert desk.store.alerts.all()[0].state is AlertState.PENDING
    assert site.ask(url, {}).status == 200
    assert site.ask(url, {}).status == 404
    desk.save(article(2))
    desk.later(hours=1)
    desk.rounds.look()
    assert "étude 2" in post.to(ANN)[-1].message["Subject"]
    assert len(post.taken) == 2
    (alert,) = desk.store.alerts.all()
    assert (alert.made_by, alert.wants.news) == ("reader", (News.NEW, News.FREED))


def test_answers_do_not_tell_whether_an_address_is_known(desk: Desk, site: Site, post: Office) -> None:
    subscribed(desk, ANN)
    reader = desk.store.alerts.reader_at(ANN)
    assert reader
    desk.store.alerts.erase(reader.id, desk.now)
    answers = [site.ask(f"{BASE}/readers", FORM | {"address": one}).body for one in (ANN, BOB)]
    answers += [site.ask(f"{BASE}/readers/link", {"address": one}).body for one in (ANN, BOB, "x@y.example")]
    assert len(set(answers)) == 1
    post.taken.clear()
    desk.rounds.look()
    assert [one.to for one in post.taken] == [BOB]


def test_nobody_is_flooded(desk: Desk, site: Site, post: Office) -> None:
    for _ in range(6):
        assert site.ask(f"{BASE}/readers", FORM).status == 200
    desk.rounds.look()
    assert len(post.taken) == 3
    for n in range(197):
        assert site.ask(f"{BASE}/readers", FORM | {"address": f"r{n}@reader.example"}).status == 200
    assert site.ask(f"{BASE}/readers", FORM | {"address": "more@reader.example"}).status == 429


@pytest.mark.parametrize(
    ("field", "value"),
    [("address", "nobody"), ("address", "a@b.example\r\nBcc: x@y.example"), ("query", "access:nowhere"),
     ("zone", "Nowhere"), ("rhythm", "hourly"), ("hour", "25"), ("language", "xx"), ("news", "gossip"),
     ("query", "x" * 300)],
)  # fmt: skip
def test_a_wrong_form_is_refused_by_name(desk: Desk, site: Site, field: str, value: str) -> None:
    answer = site.ask(f"{BASE}/readers", FORM | {field: value})
    assert (answer.status, answer.title) == (422, "Quelque chose ne va pas dans le formulaire")
    assert desk.store.alerts.all() == []


@pytest.mark.fault(155)
def test_a_search_becomes_an_alert_and_its_words_stand_in_no_address(desk: Desk, site: Site) -> None:
    assert "/readers/form" not in site.ask("/fr/").text  # everything is no search
    search = html.fromstring(site.ask("/fr/?q=lupus&access=free&year=2025&journal=Quays+and+tides&language=en").body)
    (form,) = search.forms[1:]
    assert (form.method, form.action) == ("POST", "/readers/form")
    asked = {name: form.fields[name] for name in form.fields}
    filled = html.fromstring(site.ask("/readers/form", asked).body).forms[0]
    fields = {name: filled.fields[name] for name in ("query", "journals", "languages", "language", "news")}
    assert fields | {"news": sorted(fields["news"])} == {
        "query": "lupus year:2025",
        "journals": "Quays and tides",
        "languages": "en",
        "language": "fr",
        "news": ["new"],
    }
    assert list(filled.inputs["access"].value) == ["free"]
    assert site.ask("/readers/form", asked | {"query": "access:nowhere"}).status == 422
    assert desk.store.alerts.all() == []


def test_a_form_that_is_too_long_is_refused(site: Site) -> None:
    assert site.ask(f"{BASE}/readers", FORM | {"name": "x" * 40_000}).status == 413


@pytest.mark.fault(153)
def test_a_signed_link_shows_takes_along_and_erases_everything(desk: Desk, site: Site, post: Office) -> None:
    subscribed(desk, ANN, BOB)
    own = links(post, ANN)["mine"]
    page = site.ask(own)
    assert page.title == "Mes alertes"
    taken = json.loads(site.ask(f"{own}/export").body)
    assert taken["reader"]["address"] == ANN
    assert taken["alerts"][0]["wants"]["query"] == "lupus"
    assert taken["alerts"][0]["told"][0]["record_id"] == article(1).id
    assert len(taken["deliveries"]) == 1
    assert site.ask(own, {"do": "ask_erase"}).title.startswith("Effacer tout")
    assert desk.store.alerts.reader_at(ANN)
    assert site.ask(own, {"do": "erase"}).title == "Tout est effacé"
    assert site.ask(own).status == 404
    assert desk.store.alerts.reader_at(ANN) is None
    assert [reader.address for reader in desk.store.alerts.readers()] == [BOB]
    assert ANN.encode() not in everything(desk.store)
    assert BOB.encode() in everything(desk.store)


def everything(store: Store) -> bytes:
    """The files of the database, byte by byte."""
    from pathlib import Path

    path = Path(store.name)
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))


def test_a_reader_changes_pauses_and_removes(desk: Desk, site: Site, post: Office) -> None:
    subscribed(desk, ANN)
    own = links(post, ANN)["mine"]
    (alert,) = desk.store.alerts.all()
    changed = FORM | {"do": "change", "alert": alert.id, "query": "asthme", "rhythm": "weekly", "language": "en"}
    assert site.ask(own, changed).status == 200
    (after,) = desk.store.alerts.all()
    assert (after.wants.query, after.timing.rhythm, after.language) == ("asthme", "weekly", "en")
    for what, state in (("pause", AlertState.PAUSED), ("resume", AlertState.ACTIVE), ("end", AlertState.ENDED)):
        assert site.ask(own, {"do": what, "alert": alert.id}).status == 200
        assert [one.state for one in desk.store.alerts.all()] == [state]
    assert site.ask(own, {"do": "remove", "alert": alert.id}).status == 200
    assert desk.store.alerts.all() == []
    assert site.ask(own, {"do": "gossip", "alert": alert.id}).status == 404


def test_a_link_is_sent_again_on_demand_once_an_hour(desk: Desk, site: Site, post: Office) -> None:
    subscribed(desk, ANN)
    for _ in range(3):
        assert site.ask(f"{BASE}/readers/link", {"address": ANN}).status == 200
    desk.rounds.look()
    assert [str(one.message["Subject"]) for one in post.taken[1:]] == ["Votre lien vers vos alertes de veille"]
    assert site.ask(links(post, ANN)["mine"]).status == 200


@pytest.mark.fault(154)
def test_a_sign_up_nobody_confirms_is_forgotten_after_seven_days(desk: Desk, site: Site, post: Office) -> None:
    site.ask(f"{BASE}/readers", FORM)
    desk.rounds.look()
    url = links(post, ANN)["confirm"]
    desk.later(days=6, hours=23)
    desk.rounds.look()
    assert desk.store.alerts.reader_at(ANN)
    desk.later(hours=2)
    assert site.ask(url, {}).status == 404
    desk.later(hours=6)
    desk.rounds.look()
    assert desk.store.alerts.all() == desk.store.alerts.readers() == desk.store.deliveries.all() == []


@pytest.mark.fault(154)
def test_the_ledger_is_kept_no_longer_than_its_use(desk: Desk) -> None:
    subscribed(desk, ANN)
    (alert,) = desk.store.alerts.all()
    desk.later(days=399)
    desk.rounds.look()
    assert desk.store.deliveries.latest(alert.id, 10)
    desk.later(days=2)
    desk.rounds.look()
    assert desk.store.deliveries.latest(alert.id, 10) == desk.store.deliveries.all() == []
    desk.save(article(1).model_copy(update={"type": "review"}))
    desk.rounds.look()
    assert desk.store.deliveries.all() == []  # an old article is not new again


SECRET = "endometriosis"


@pytest.mark.fault(155)
def test_what_somebody_reads_about_stands_in_no_log_metric_referer_or_header(
    desk: Desk, site: Site, post: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.ask(f"{BASE}/readers", FORM | {"query": SECRET, "name": f"my {SECRET}"})
    site.ask(f"{BASE}/readers", FORM | {"query": f"{SECRET} access:nowhere"})
    desk.rounds.look()
    site.ask(links(post, ANN)["confirm"], {})
    desk.save(
        article(1, source="beta"),
        article(2, abstracts={"fr": article(1).abstracts["fr"].model_copy(update={"value": SECRET})}),
    )
    post.answers[ANN] = ["451 later", "550 no"]
    for _ in range(3):
        desk.later(days=2)
        desk.rounds.look()
    head, _, body = post.to(ANN)[-1].raw.partition(b"\r\n\r\n")
    assert SECRET in body.decode()
    assert SECRET not in head.decode()
    assert SECRET not in caplog.text
    assert ANN not in caplog.text
    metrics = site.ask(f"{BASE}/metrics").text
    assert "harvester_up 1" in metrics
    assert SECRET not in metrics and ANN not in metrics
    for url in links(post, ANN).values():
        assert SECRET not in url
        page = site.ask(url)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert SECRET not in str(page.headers)


@pytest.mark.fault(156)
@pytest.mark.parametrize("missing", ["sign_ups", "privacy_notice", "base_url", "mail_from", "smtp_url"])
def test_readers_cannot_sign_up_before_all_is_in_place(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, missing: str
) -> None:
    desk.settings = desk.settings.model_copy(update={missing: False if missing == "sign_ups" else ""})
    with Site(desk, tmp_path_factory.mktemp("data")) as site:
        assert site.ask("/readers").status == 404
        assert site.ask("/readers", FORM).status == 403
    assert desk.store.alerts.all() == desk.store.alerts.readers() == []


@pytest.mark.fault(156)
def test_a_default_installation_takes_no_sign_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from harvester.settings import load

    for name in [name for name in os.environ if name.startswith("HARVESTER_")]:
        monkeypatch.delenv(name)
    assert not load().takes_sign_ups
    monkeypatch.setenv("HARVESTER_SIGN_UPS", "true")
    assert not load().takes_sign_ups


def test_the_rest_of_a_long_digest_is_a_page(desk: Desk, site: Site, post: Office) -> None:
    desk.alert(ANN)
    desk.save(*(article(n, abstracts={}) for n in range(130)))
    desk.rounds.look()
    url = links(post, ANN)["digest"]
    first = site.ask(url)
    assert first.text.count("<h3") == 100
    assert "start=100" in first.text
    assert site.ask(f"{url}?start=100").text.count("<h3") == 30
    assert site.ask(url[:-1] + ("A" if url[-1] != "A" else "B")).status == 404
