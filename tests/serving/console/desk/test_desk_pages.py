"""What operators see and do: sources, runs, alerts, accounts; each act with its entry in the audit log."""

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from filled import ADDRESS, HOSTILE, NOW, SEED, SOURCES, fill, trying
from fresh import store_at
from idle import Idle
from opened import Console, Seen
from visitor import COOKIE, Visitor

from harvester.model.account import Role
from harvester.model.run import RunOutcome
from harvester.serving.app import make_app
from harvester.serving.server import Server
from harvester.settings import Settings


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    seeds = tmp_path / "seeds"
    for name in ("platforms", "sources"):
        (seeds / name).mkdir(parents=True)
    settings = Settings(data_dir=tmp_path, seeds_dir=seeds)
    with (
        store_at(f"sqlite:///{tmp_path}/harvester.db") as store,
        Server(make_app(store, tmp_path, Idle(), settings, lambda: SOURCES, trying), "127.0.0.1", 0) as server,
    ):
        fill(store)
        yield Console(store, server.url)


def did(console: Console) -> tuple[str, str, str]:
    entry = console.store.audit.list(1)[0]
    return entry.who, entry.act, entry.about


@pytest.mark.fault(103, 104, 105, 113)
def test_hostile_text_stays_text_on_every_page_of_the_desk(console: Console) -> None:
    visitor = Visitor(console, Role.ADMIN)
    console.store.transact(lambda unit: console.store.audit.add(unit, HOSTILE, "pause", HOSTILE, "127.0.0.1", NOW))
    console.store.transact(lambda unit: console.store.schedules.pause(unit, "alpha", HOSTILE, HOSTILE, NOW))
    places = (
        "",
        "sources",
        "sources/alpha",
        "runs",
        "runs/bad",
        "runs/now",
        "alerts",
        "accounts",
        "audit",
        "new-source",
    )
    pages = [visitor.open(f"/{language}/desk/{place}") for place in places for language in ("en", "fr")]
    pages.append(visitor.send("/en/desk/new-source", url=f"https://tides.test/{HOSTILE}"))
    pages.append(visitor.open(f"/en/desk/login?next={'%22%3E%3Csvg/onload=alert(1)%3E'}&done=%3Cscript%3E"))
    for page in pages:
        assert page.status == 200, page.text
        assert not page.find("[onload], [style], style, a[href^=javascript]")
        assert {one.get("src", "").partition("?")[0] for one in page.find("script")} <= {"/static/live.js"}
        assert "9863" not in page.text
        assert len(page.body) + size_of_files(visitor, page) < 300_000
    assert sum(HOSTILE in page.text for page in pages) >= 14


def size_of_files(visitor: Visitor, page: Seen) -> int:
    files = [one.get("href") or one.get("src") for one in page.find("link[rel=stylesheet], link[rel=icon], script")]
    return sum(len(visitor.open(address).body) for address in files)


def test_the_overview_says_what_is_wrong_and_where(console: Console) -> None:
    page = Visitor(console, Role.VIEWER).open("/en/desk/")
    assert "3 things need you." in page.text
    assert "No scheduler leads" in page.text
    assert "Readers whose address refuses mail: 1." in page.text
    assert HOSTILE in page.find(".troubles a[href$='sources/alpha']")[0].getparent().text_content()
    assert not page.find("form[action$='/stop']")
    assert ADDRESS not in page.body.decode()


def test_what_may_be_asked_of_a_source(console: Console) -> None:
    visitor, schedules = Visitor(console, Role.OPERATOR), console.store.schedules
    assert visitor.send("/en/desk/sources/alpha/run").headers["location"] == "/en/desk/sources/alpha?done=run_now"
    assert schedules.all()["alpha"].request.by == "operator"  # type: ignore[union-attr]
    visitor.send("/en/desk/sources/alpha/pause", reason="moving house")
    assert did(console) == ("operator", "pause", "alpha")
    assert "Paused by operator" in visitor.open("/en/desk/sources/alpha").text
    refused = visitor.send("/en/desk/sources/alpha/run")
    assert (refused.status, "resume it first" in refused.text) == (400, True)
    visitor.send("/en/desk/sources/alpha/resume")
    assert schedules.all()["alpha"].pause is None
    assert visitor.send("/en/desk/sources/none/run").status == 400
    assert visitor.open("/en/desk/sources/none").status == 404
    assert [one.act for one in console.store.audit.list()] == ["resume", "pause", "run_now"]


def test_a_run_page_by_page_and_how_it_is_stopped(console: Console) -> None:
    visitor = Visitor(console, Role.OPERATOR)
    page = visitor.open(visitor.open("/en/desk/runs/bad").link("forbidden"))
    assert len(page.find("#pages ~ .table tbody tr")) == 30
    everything = visitor.open("/en/desk/runs/bad")
    assert "rule@1" in everything.text
    shown = [one.text_content() for one in everything.find("#pages ~ .table tbody th")]
    shown += [one.text_content() for one in visitor.open(everything.link("More")).find("#pages ~ .table tbody th")]
    assert sorted(set(shown)) == sorted(f"https://publisher.test/{n}" for n in range(60))
    assert visitor.send("/en/desk/runs/now/stop").headers["location"] == "/en/desk/runs/now?done=stop"
    assert console.store.runs.stop_asked_by("now") == "operator"
    assert "operator has asked it to stop" in visitor.open("/en/desk/runs/now").text
    assert "has ended" in visitor.send("/en/desk/runs/bad/stop").text


def test_the_counts_of_a_run_are_told_until_its_end(console: Console) -> None:
    visitor, store = Visitor(console, Role.VIEWER), console.store
    connection = http.client.HTTPConnection(urlsplit(console.url).netloc, timeout=60)
    connection.request("GET", "/en/desk/runs/now/live", headers={"Cookie": f"{COOKIE}={visitor.cookies[COOKIE]}"})
    answer = connection.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.readline() == b"event: part\n"
    store.transact(lambda unit: store.runs.note_counts(unit, "now", {"ok": 1234}))
    while b"1,234" not in (line := answer.readline()):
        assert line
    store.transact(lambda unit: store.runs.close(unit, "now", RunOutcome.SUCCEEDED, {}, [], datetime.now(UTC)))
    while (line := answer.readline()) != b"event: end\n":
        assert line
    assert answer.read() == b"data:\n\n"
    connection.close()
    assert Visitor(console).open("/en/desk/runs/now/live", Accept="text/event-stream").status == 401


def test_only_an_admin_sees_whom_alerts_tell(console: Console) -> None:
    operator, admin, store = Visitor(console, Role.OPERATOR), Visitor(console, Role.ADMIN), console.store
    assert ADDRESS not in operator.open("/en/desk/alerts").body.decode()
    assert ADDRESS in admin.open("/en/desk/alerts").text
    assert operator.send("/en/desk/readers/r1/lift").status == 403
    operator.send("/en/desk/alerts/a1/pause")
    assert "paused" in operator.open("/en/desk/alerts").text
    assert operator.send("/en/desk/alerts/a1/pause").status == 400
    operator.send("/en/desk/alerts/a1/resume")
    assert admin.send("/en/desk/readers/r1/lift").status == 303
    assert store.alerts.reader("r1").suspended_at is None  # type: ignore[union-attr]
    assert "not on the list" in admin.send("/en/desk/readers/allow", address=ADDRESS).text
    store.alerts.erase("r1", NOW)
    assert admin.send("/en/desk/readers/allow", address=ADDRESS).status == 303
    assert not any(ADDRESS in entry.about for entry in store.audit.list())


def test_a_source_is_added_as_proposed_and_never_written_over(console: Console, tmp_path: Path) -> None:
    visitor, folder = Visitor(console, Role.OPERATOR), tmp_path / "seeds" / "sources"
    refused = visitor.send("/en/desk/new-source", url="https://refused.test/1")
    assert (refused.status, "robots.txt forbids it" in refused.text) == (400, True)
    page = visitor.send("/en/desk/new-source", url="https://tides.test/article/1")
    assert "+++ sources/annals-of-tides.toml" in page.find(".diff")[0].text_content()
    assert page.find("textarea")[0].text == SEED
    wrong = visitor.send("/en/desk/new-source/save", id="annals", text=SEED.replace("hosts", "hots"))
    assert (wrong.status, "annals.toml" in wrong.text) == (400, True)
    long, edited = "a" * 65, f"{SEED}# {'x' * 25_000}\nhots = []\n"
    for name, text in (
        ("../annals", SEED),
        (long, SEED),
        ("annals", edited),
        ("annals", SEED + 'homepage = "https://["'),
    ):
        kept = visitor.send("/en/desk/new-source/save", id=name, text=text)
        assert (kept.status, kept.find("textarea")[0].text.strip()) == (400, text.strip()), name
    assert not [*folder.iterdir()]
    sent = SEED.replace("\n", "\r\n")  # as browsers do
    saved = visitor.send("/en/desk/new-source/save", id="annals", text=sent, verified="yes")
    assert saved.headers["location"] == "/en/desk/sources/annals?done=add_source"
    assert (folder / "annals.toml").read_text() == SEED.replace("= false", f'= "{datetime.now(UTC):%Y-%m-%d} operator"')
    assert did(console) == ("operator", "add_source", "annals")
    again = visitor.send("/en/desk/new-source/save", id="annals", text=SEED)
    assert "a source annals already" in again.text
    assert again.find("textarea")[0].text == SEED
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    closed = visitor.send("/en/desk/new-source/save", id="annals", text=SEED)
    assert (closed.status, closed.find("textarea")[0].text) == (400, SEED)
    assert "cannot be written from here" in closed.text


def test_accounts_are_made_changed_and_disabled(console: Console) -> None:
    admin, accounts = Visitor(console, Role.ADMIN), console.store.accounts
    made = admin.send("/en/desk/accounts", name="Eve", role="viewer", password="a good long one")
    assert made.headers["location"] == "/en/desk/accounts?done=account_add"
    assert "too short" in admin.send("/en/desk/accounts", name="bob", role="viewer", password="short").text
    assert admin.send("/en/desk/accounts", name="bob", role="king", password="a good long one").status == 400
    eve = Visitor(console, Role.VIEWER, name="eve")
    admin.send("/en/desk/accounts/eve/role", role="operator")
    assert eve.open("/en/desk/").status == 303
    assert [(one.name, one.role.value) for one in accounts.list()] == [("admin", "admin"), ("eve", "operator")]
    for act in ("role", "disable"):
        assert "no admin would be left" in admin.send(f"/en/desk/accounts/admin/{act}", role="viewer").text
    admin.send("/en/desk/accounts/eve/disable")
    assert accounts.credentials("eve") is None
    admin.send("/en/desk/accounts/eve/enable")
    assert accounts.credentials("eve")
    page = admin.open("/fr/desk/audit")
    assert [one.text_content() for one in page.find("tbody td:nth-child(3)")][:2] == [
        "compte réactivé",
        "compte désactivé",
    ]


@pytest.mark.fault(118)
def test_an_error_nobody_foresaw_tells_nothing(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(console, Role.ADMIN)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT password FROM accounts")

    monkeypatch.setattr(console.store.audit, "list", broken)
    said = visitor.open("/en/desk/audit")
    assert said.status == 500
    assert b"SELECT" not in said.body
