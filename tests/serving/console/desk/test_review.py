"""What operators decide on: doubtful verdicts, overrides, pairs of records, with the evidence beside each."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from opened import Console
from shelved import archived, article, disputed, quoted, verdict
from visitor import Visitor

from harvester.model.access import AccessConflict, AccessStatus, Tier
from harvester.model.account import Role
from harvester.model.record import AbstractPolicy, Rights


def test_a_disputed_verdict_is_looked_at_overridden_and_lifted(console: Console, tmp_path: Path) -> None:
    store = console.store
    (one,) = console.keep(archived(store, tmp_path, article(1, access=disputed())))
    reader, operator = Visitor(console, Role.VIEWER), Visitor(console, Role.OPERATOR)
    assert operator.open("/en/desk/").find("a[href='/en/desk/review']")
    listed = operator.open("/en/desk/review")
    assert "A subscription is needed" in listed.text
    assert listed.link("Tides") == f"/en/desk/records/{one}"

    page = operator.open(f"/en/desk/records/{one}")
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    (frame,) = page.find("iframe")
    assert (frame.get("sandbox"), frame.get("src")) == ("", f"/en/desk/records/{one}/page#quote-1")
    assert {"highwire", "title"} <= {cell.text_content() for cell in page.find("#statements ~ details td")}
    framed = operator.open(f"/en/desk/records/{one}/page")
    assert framed.headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in framed.headers["content-security-policy"]
    assert [(mark.get("id"), mark.text_content()) for mark in framed.find("mark")] == [
        ("quote-1", "It is free"),
        ("quote-2", "A subscription is needed"),
    ]
    assert b"alert(1)" not in framed.body
    assert not reader.open(f"/en/desk/records/{one}").find("form.fields")

    form = {"status": "subscription", "reason": "asked \x00\x1b<them>", "until": "2999-12-31"}
    done = operator.send(f"/en/desk/records/{one}/override", f"/en/desk/records/{one}", **form)
    assert (done.status, done.headers["location"]) == (303, f"/en/desk/records/{one}?done=override")
    assert "overridden" in operator.open(done.headers["location"]).text
    assert "operator says so: asked <them>" in operator.open(f"/en/desk/records/{one}").text
    public = Visitor(console).open(f"/fr/records/{one}")
    assert "quoi qu’en dise la page : operator: asked <them>" in public.text
    assert not public.find("a[href*='/desk/records']")
    assert operator.open(f"/fr/records/{one}").find(f"a[href='/fr/desk/records/{one}']")
    assert "Nothing waits here" in operator.open("/en/desk/review").text

    operator.send(f"/en/desk/records/{one}/lift", f"/en/desk/records/{one}", reason="mended")
    assert "Ended by operator: mended" in operator.open(f"/en/desk/records/{one}").text
    confirm = f"/en/desk/records/{one}/confirm"
    assert operator.send(confirm, reason="of an old page", since="2026-01-01T00:00:00+00:00").status == 400
    since = operator.open(f"/en/desk/records/{one}").find("input[name=since]")[0].get("value")
    operator.send(confirm, reason="nobody can tell", since=since)
    assert operator.send(confirm, reason="once more", since=since).status == 400
    assert "Confirmed as it is by operator." in operator.open(f"/en/desk/records/{one}").text
    assert "Nothing waits here" in operator.open("/en/desk/review").text
    log = [(entry.who, entry.act, entry.about) for entry in store.audit.list()]
    assert log == [
        ("operator", "confirm", one),
        ("operator", "override_lift", one),
        ("operator", "override", f"{one} subscription"),
    ]


@pytest.mark.parametrize(
    ("form", "told"),
    [({"status": "closed", "reason": "x"}, "status and a reason"), ({"status": "free"}, "status and a reason"),
     ({"status": "free", "reason": "x", "until": "soon"}, "2027-01-31"),
     ({"status": "free", "reason": "x", "until": "2020-01-01"}, "has passed")],
)  # fmt: skip
def test_a_form_that_says_too_little_changes_nothing(console: Console, form: dict[str, str], told: str) -> None:
    (one,) = console.keep(article(1))
    refused = Visitor(console, Role.OPERATOR).send(f"/en/desk/records/{one}/override", **form)
    assert refused.status == 400
    assert told in refused.text
    assert console.store.overrides.list(10) == []
    assert console.store.audit.list() == []


@pytest.mark.fault(79, 119)
def test_what_may_not_be_shown_is_not_and_the_page_says_why(console: Console, tmp_path: Path) -> None:
    hidden = Rights(abstract_policy=AbstractPolicy(basis="licence", show="nobody", redistribute=False))
    banned, nobody, bare = console.keep(
        archived(console.store, tmp_path, article(1, rights=Rights(robots=("noarchive",)))),
        archived(console.store, tmp_path, article(2, rights=hidden)),
        article(3),
    )
    viewer = Visitor(console, Role.VIEWER)
    for one, why in ((banned, "asks not to be archived"), (nobody, "shown to nobody"), (bare, "has no copy")):
        page = viewer.open(f"/en/desk/records/{one}")
        assert why in page.text
        assert not page.find("iframe")
        assert viewer.open(f"/en/desk/records/{one}/page").status == 404
    assert "Harbour lights were counted" not in viewer.open(f"/en/desk/records/{nobody}").text


def test_pairs_are_decided_on_and_pages_go_on(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.serving.console.desk.review.PAGE", 2)
    store = console.store
    alike = [
        article(
            n, source_id=source, url=f"https://{source}.test/{n}", title=f"The lanterns of quay {word}", identifiers=()
        )
        for n, word in enumerate(("one at night", "two at dawn", "three at noon"))
        for source in ("alpha", "beta")
    ]
    alike = [one.model_copy(update={"id": f"{one.source_id}{one.publisher_id}"}) for one in alike]
    console.keep(*alike)
    operator = Visitor(console, Role.OPERATOR)
    assert "have not been looked at yet" in operator.open("/en/desk/review/works").text
    while store.transact(lambda unit: store.works.look(unit, datetime.now(UTC))):
        pass
    assert store.works.waiting() == 3
    first = operator.open("/en/desk/review/works")
    assert len(first.find(".pair")) == 2
    assert len(operator.open(first.find("a[rel=next]")[0].get("href")).find(".pair")) == 1
    a, b = (field.get("value") for field in first.find(".decide input[type=hidden]")[1:3])
    operator.send("/en/desk/review/works/merge", "/en/desk/review/works", a=a, b=b, reason="same text")
    assert store.works.show(a)[0].work_id == store.works.show(b)[0].work_id
    assert "one work already" in operator.send("/en/desk/review/works/merge", a=a, b=b).text
    later = store.works.queue()
    operator.send("/en/desk/review/works/reject", "/en/desk/review/works", a=later[0].a, b=later[0].b)
    assert store.works.waiting() == 1
    assert [entry.act for entry in store.audit.list()] == ["apart", "merge"]


def test_doubts_are_listed_a_page_at_a_time(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.serving.console.desk.review.PAGE", 2)
    against = AccessConflict(
        status=AccessStatus.FREE, tier=Tier.HINT, rule="r@1", evidence=quoted("free", "/html/body/p[1]")
    )
    console.keep(
        *(article(n, access=verdict("subscription").model_copy(update={"conflicts": (against,)})) for n in range(3))
    )
    viewer = Visitor(console, Role.VIEWER)
    page = viewer.open("/fr/desk/review/contradicted")
    assert len(page.find(".hits > li")) == 2
    assert len(viewer.open(page.find("a[rel=next]")[0].get("href")).find(".hits > li")) == 1
    assert "Rien n’attend ici" in viewer.open("/fr/desk/review/drift").text
