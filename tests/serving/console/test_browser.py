"""The console in a real browser: axe finds nothing, nothing is wider than a phone, the keyboard reaches everything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from filled import SOURCES, fill, trying
from fresh import store_at
from idle import Idle
from opened import Console
from playwright.sync_api import Browser, Page
from shelved import NOW, archived, article, disputed
from visitor import COOKIE, PASSWORD, Visitor

from harvester.model.account import Role
from harvester.model.record import AbstractPolicy, Integrity, Relation, Rights
from harvester.model.run import RunOutcome
from harvester.serving.app import make_app
from harvester.serving.console.desk.route import Look
from harvester.serving.console.desk.routes import ROUTES
from harvester.serving.console.desk.signing_in import first_code
from harvester.serving.server import Server

STATUSES = ("open", "free", "embargoed", "registration", "subscription", "no_fulltext", "unknown")
LIVE = "runs/{run_id}/live"
FRAMED = "records/{record_id}/page"  # where no script runs, axe's neither
RECORD = article(9).id
ALIKE = {n: {"title": "The lanterns of the old quay at night", "identifiers": ()} for n in (31, 32)}
GONE = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Console, list[str]]]:
    """A console with every kind of page, and their addresses below the language."""
    folder: Path = tmp_path_factory.mktemp("console")
    with (
        store_at(f"sqlite:///{folder}/harvester.db") as store,
        Server(make_app(store, folder, Idle()), "127.0.0.1", 0) as server,
    ):
        console = Console(store, server.url)
        kept = console.keep(*(article(n, status=status, year=2010 + n) for n, status in enumerate(STATUSES, 1)))
        noted, reserved, gone = console.keep(*_special())
        store.transact(lambda unit: store.records.delete(unit, gone, "gone", GONE))
        shown = [f"records/{one}" for one in (*kept[3:6], noted, reserved, gone, "none")]
        yield console, ["", "?q=harbour", "?access=open&year=2011", "?q=zzz", "?q=%22", *shown]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder: Path = tmp_path_factory.mktemp("desk")
    with (
        store_at(f"sqlite:///{folder}/harvester.db") as store,
        Server(make_app(store, folder, Idle(), sources=lambda: SOURCES, trying=trying), "127.0.0.1", 0) as server,
    ):
        fill(store)
        console = Console(store, server.url)
        console.keep(archived(store, folder, article(9, access=disputed())), *(article(n, **ALIKE[n]) for n in ALIKE))
        while store.transact(lambda unit: store.works.look(unit, NOW)):
            pass
        yield console


def _special() -> list[object]:
    note = Relation(type="isVariantFormOf", target_text="Journal of Quays in English", state="unresolved")
    marked = Integrity(status="retracted", notice="Counted twice.", date="2026-01-02")
    reserved = Rights(abstract_policy=AbstractPolicy(basis="none", keep=False, show="nobody", redistribute=False))
    return [article(21, relations=(note,), integrity=marked), article(22, rights=reserved, abstracts={}), article(23)]


def _opened(browser: Browser, theme: str, width: int) -> Page:
    return browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if theme == "dark" else "light"
    ).new_page()


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("fr", "dark")])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, pages: tuple[Console, list[str]], desk: Console, language: str, theme: str
) -> None:
    console, addresses = pages
    page = _opened(browser, theme, 320)
    for address in addresses:
        _look_through(page, f"{console.url}/{language}/{address}")
    admin = Visitor(desk, Role.ADMIN)
    _look_through(page, f"{desk.url}/{language}/desk/login")
    page.context.add_cookies([{"name": COOKIE, "value": admin.cookies[COOKIE], "url": desk.url}])
    for route in ROUTES:
        if isinstance(route, Look) and route.role and route.path not in (LIVE, FRAMED):
            path = route.path.replace("{source_id}", "alpha").replace("{run_id}", "bad").replace("{record_id}", RECORD)
            _look_through(page, f"{desk.url}/{language}/desk/{path}")
    page.goto(f"{desk.url}/{language}/desk/new-source")
    page.fill("#url", "https://tides.test/article/1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".diff")
    _is_clean(page, "what was tried")
    page.context.close()


def _look_through(page: Page, address: str) -> None:
    page.goto(address)
    _is_clean(page, address)


def _is_clean(page: Page, address: str) -> None:
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == [], address
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


def test_a_search_by_keyboard_alone(browser: Browser, pages: tuple[Console, list[str]]) -> None:
    console, _ = pages
    page = _opened(browser, "light", 1200)
    page.goto(f"{console.url}/en/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "q":
            break
    page.keyboard.type("harbour author:quillfeather")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hits mark")
    page.get_by_role("link", name="open access").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".chosen")
    assert page.get_by_role("heading", name="1 article").is_visible()
    page.context.close()


def test_the_first_account_by_keyboard_alone_and_a_run_as_it_goes_on(browser: Browser, tmp_path: Path) -> None:
    with (
        store_at(f"sqlite:///{tmp_path}/harvester.db") as store,
        Server(make_app(store, tmp_path, Idle(), sources=lambda: SOURCES), "127.0.0.1", 0) as server,
    ):
        fill(store)
        page = _opened(browser, "light", 1200)
        page.goto(f"{server.url}/en/desk/runs/now")
        page.wait_for_url("**/en/desk/begin")
        page.focus("#code")
        for text in (first_code(store), "maud", PASSWORD, PASSWORD):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("The account is made").wait_for()
        page.goto(f"{server.url}/en/desk/runs/now", wait_until="domcontentloaded")
        store.transact(lambda unit: store.runs.note_counts(unit, "now", {"ok": 1234}))
        page.get_by_text("1,234").wait_for()
        page.get_by_role("button", name="Stop").press("Enter")
        page.get_by_text("maud has asked it to stop").wait_for()
        now = datetime.now(UTC)
        store.transact(lambda unit: store.runs.close(unit, "now", RunOutcome.INTERRUPTED, {}, [], now))
        page.locator(".run-interrupted").wait_for()
        page.context.close()
