"""The first account, signing in and out: codes, sessions, cookies, limits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fresh import store_at
from idle import Idle
from opened import Console
from visitor import COOKIE, KEPT, PASSWORD, Visitor

from harvester import passwords
from harvester.model.account import Role
from harvester.serving.app import make_app
from harvester.serving.console.desk.signing_in import first_code
from harvester.serving.server import Server
from harvester.settings import Settings
from storage.accounts import IDLE, LONGEST
from storage.store import Store
from storage.tables import accounts, audit, sessions


@pytest.fixture(params=["sqlite"])
def database(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """What differs between the engines is tested with the storage."""
    return f"sqlite:///{tmp_path / 'harvester.db'}"


@pytest.fixture
def maud(console: Console) -> Console:
    now = datetime.now(UTC)
    console.store.transact(lambda unit: console.store.accounts.add(unit, "maud", Role.OPERATOR, KEPT, now))
    return console


def acts(store: Store) -> list[tuple[str, str]]:
    return [(one.who, one.act) for one in store.audit.list()]


@pytest.mark.fault(107)
def test_the_code_of_the_log_makes_the_first_account_once(console: Console) -> None:
    somebody = Visitor(console)
    assert somebody.open("/fr/desk/").headers["location"] == "/fr/desk/begin"
    assert somebody.open("/en/desk/login").headers["location"] == "/en/desk/begin"
    form = {"name": "Maud", "password": PASSWORD, "again": PASSWORD}
    wrong = somebody.send("/en/desk/begin", "/en/desk/begin", code="0" * 32, **form)
    assert (wrong.status, "That is not the code." in wrong.text) == (403, True)
    code = first_code(console.store)
    short = somebody.send("/en/desk/begin", "/en/desk/begin", code=code, name="maud", password="maudmaudmaudmaud")
    assert (short.status, "too short, too long, or the name" in short.text) == (400, True)
    assert not console.store.accounts.exist()
    made = somebody.send("/en/desk/begin", "/en/desk/begin", code=code, **form)
    assert (made.status, made.headers["location"]) == (303, "/en/desk/?done=begin")
    assert "The account is made" in somebody.open(made.headers["location"]).text
    assert [(one.name, one.role) for one in console.store.accounts.list()] == [("maud", Role.ADMIN)]
    other = Visitor(console)
    assert other.open("/en/desk/begin").headers["location"] == "/en/desk/login"
    again = other.send("/en/desk/begin", "/en/desk/login", code=code, name="eve", password=PASSWORD, again=PASSWORD)
    assert again.headers["location"] == "/en/desk/login"
    assert len(console.store.accounts.list()) == 1


@pytest.mark.fault(110, 132)
def test_a_session_has_a_secret_of_its_own_and_ends_with_signing_out(
    maud: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    visitor = Visitor(maud)
    visitor.cookies[COOKIE] = planted = "A" * 43
    entered = visitor.sign_in("MAUD")
    assert (entered.status, entered.headers["location"]) == (303, "/en/desk/?done=login")
    line = entered.headers["set-cookie"].lower()
    assert "httponly" in line and "samesite=lax" in line and "path=/" in line and "secure" not in line
    secret = visitor.cookies[COOKIE]
    assert secret != planted
    thief = Visitor(maud)
    thief.cookies[COOKIE] = planted
    assert thief.open("/en/desk/").status == 303
    page = visitor.open("/en/desk/")
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert visitor.send("/en/desk/logout").headers["location"] == "/en/desk/login?done=logout"
    visitor.cookies[COOKIE] = secret
    assert visitor.open("/en/desk/").status == 303
    assert acts(maud.store) == [("maud", "logout"), ("maud", "login")]
    with maud.store.snapshot() as connection:
        kept = "".join(str(row) for table in (accounts, sessions, audit) for row in connection.execute(table.select()))
    assert not [one for one in (PASSWORD, secret) if one in kept + caplog.text]


@pytest.mark.fault(110)
def test_a_session_ends_by_itself(maud: Console) -> None:
    store, began = maud.store, datetime.now(UTC)
    account = store.accounts.list()[0]
    token = store.transact(lambda unit: store.accounts.begin(unit, account.id, began))
    assert store.accounts.signed_in(token, began + IDLE - timedelta(minutes=2)) == account
    assert store.accounts.signed_in(token, began + IDLE * 2 - timedelta(minutes=4)) == account
    assert store.accounts.signed_in(token, began + IDLE * 4) is None
    for hours in range(1, 12):
        assert store.accounts.signed_in(token, began + timedelta(hours=hours)) == account
    assert store.accounts.signed_in(token, began + LONGEST + timedelta(minutes=1)) is None


@pytest.mark.fault(110)
def test_another_password_or_a_disabled_account_ends_all_sessions(maud: Console) -> None:
    here, elsewhere = Visitor(maud, Role.OPERATOR, name="maud"), Visitor(maud, Role.OPERATOR, name="maud")
    new = "another lantern entirely"
    wrong = here.send("/en/desk/password", old="no", password=new, again=new)
    assert "Name or password are wrong." in wrong.text
    assert here.send("/en/desk/password", old=PASSWORD, password=new, again=new).status == 303
    assert (here.open("/en/desk/").status, elsewhere.open("/en/desk/").status) == (200, 303)
    assert Visitor(maud).sign_in("maud").status == 403
    assert Visitor(maud).sign_in("maud", new).status == 303
    Visitor(maud, Role.ADMIN)
    maud.store.transact(lambda unit: maud.store.accounts.disable(unit, "maud", datetime.now(UTC)))
    assert here.open("/en/desk/").status == 303
    assert Visitor(maud).sign_in("maud", new).status == 403


@pytest.mark.fault(110)
def test_guessing_is_slow_and_says_nothing_of_names(maud: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str | None] = []

    def is_right(password: str, kept: str | None) -> bool:
        looked.append(kept)
        return False

    monkeypatch.setattr(passwords, "is_right", is_right)
    visitor = Visitor(maud)
    known, unknown = visitor.sign_in("maud", "guess"), visitor.sign_in("nobody", "guess")
    assert (known.status, known.body) == (unknown.status, unknown.body)
    assert looked == [KEPT, None]
    for _ in range(4):
        assert visitor.sign_in("maud", "guess").status == 403
    refused = visitor.sign_in("maud", PASSWORD)
    assert (refused.status, len(looked)) == (429, 6)
    assert "tried too often" in refused.text
    assert acts(maud.store)[0] == ("", "login_refused")


def test_a_hash_takes_its_time_whether_there_is_an_account_or_not() -> None:
    assert passwords.is_right(PASSWORD, KEPT)
    assert not passwords.is_right(PASSWORD + "x", KEPT)
    assert not passwords.is_right(PASSWORD, None)
    assert not passwords.is_right(PASSWORD, "no hash")
    assert KEPT.startswith("$argon2id$")


@pytest.mark.fault(116)
@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/fr/desk/password?x=1", "/en/desk/password?x=1&done=login"),
        ("//elsewhere.test/en/desk/", "/en/desk/?done=login"),
        ("https://elsewhere.test/", "/en/desk/?done=login"),
        ("/en/desk/\r\nX: y", "/en/desk/?done=login"),
        ("/\\elsewhere.test", "/en/desk/?done=login"),
    ],
)
def test_nobody_is_led_away_after_signing_in(maud: Console, wanted: str, led: str) -> None:
    visitor = Visitor(maud)
    assert visitor.sign_in("maud", next=wanted).headers["location"] == led


@pytest.fixture
def behind_tls(database: str, tmp_path: Path) -> Iterator[Console]:
    settings = Settings(base_url="https://harvest.library.example", data_dir=tmp_path)
    with store_at(database) as store, Server(make_app(store, tmp_path, Idle(), settings), "127.0.0.1", 0) as server:
        yield Console(store, server.url)


@pytest.mark.fault(109, 110)
def test_behind_tls_the_cookie_is_sent_no_other_way(behind_tls: Console) -> None:
    visitor = Visitor(behind_tls)
    line = visitor.open("/en/desk/begin").headers["set-cookie"]
    assert line.startswith("__Host-harvester=") and "Secure" in line
    form = {"token": visitor.token("/en/desk/begin"), "code": "0"}
    for origin, status in (("https://harvest.library.example", 403), ("https://other.library.example", 403)):
        said = visitor.ask("POST", "/en/desk/begin", form, Origin=origin)
        assert said.status == status
        assert ("not the code" in said.text) == (origin == "https://harvest.library.example")
