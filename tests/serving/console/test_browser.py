"""The console in a real browser: axe finds nothing, nothing is wider than a phone, the keyboard reaches everything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from fresh import store_at
from idle import Idle
from opened import Console
from playwright.sync_api import Browser, Page
from shelved import article

from harvester.model.record import AbstractPolicy, Integrity, Relation, Rights
from harvester.serving.app import make_app
from harvester.serving.server import Server

STATUSES = ("open", "free", "embargoed", "registration", "subscription", "no_fulltext", "unknown")
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


def _special() -> list[object]:
    note = Relation(type="isVariantFormOf", target_text="Journal of Quays in English", state="unresolved")
    marked = Integrity(status="retracted", notice="Counted twice.", date="2026-01-02")
    reserved = Rights(abstract_policy=AbstractPolicy(basis="none", keep=False, show="nobody", redistribute=False))
    return [article(21, relations=(note,), integrity=marked), article(22, rights=reserved, abstracts={}), article(23)]


def _opened(browser: Browser, theme: str, width: int) -> Page:
    return browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if theme == "dark" else "light"
    ).new_page()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, pages: tuple[Console, list[str]], language: str, theme: str
) -> None:
    console, addresses = pages
    axe, page = Axe(), _opened(browser, theme, 320)
    for address in addresses:
        page.goto(f"{console.url}/{language}/{address}")
        wrong = [
            (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in axe.run(page).response["violations"]
        ]
        assert wrong == [], address
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, address
    page.context.close()


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
