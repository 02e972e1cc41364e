"""One story in a real browser, on a real service with a real harvest behind it and a real mail server beside it.

A reader searches, reads a record, and has an alert confirmed by mail. An operator signs in, adds a source by the
address of an article, runs it and watches, reviews its disputed verdict and overrides it. The reader's digest tells of
the article; the API and OAI-PMH tell what the operator said.

SCREENSHOTS=1 in the environment writes the pictures of the README anew, into `screenshots/` beside this file.
"""

import json
import os
import re
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import Browser, Locator, Page, expect
from quay_letters import ARTICLE, TITLE, Quays

from harvester.run import run_source
from harvester.sample import Publisher, seeds, serve
from harvester.settings import Settings, load
from harvester.sources import load as load_sources
from storage.store import Store

sys.path += [str(Path(__file__).parents[2] / folder) for folder in ("digests", "scheduling")]

from post_office import Office, office
from serving import Process, environment

READER, PASSWORD, REASON = "ann@reader.example", "lantern quay tide", "asked the library"
PICTURES = Path(__file__).parent / "screenshots"


@contextmanager
def service(folder: Path, sample: Publisher, other: Publisher, post: Office) -> Iterator[tuple[Process, str]]:
    """`harvester serve` over what was harvested of the sample publisher; the code of the first account."""
    seeds(folder / "seeds", sample)
    (folder / "seeds" / "sources" / "cahiers-orvaliens.toml").unlink()
    database = f"sqlite:///{folder}/harvester.db"
    harvest(folder, database, sample)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    told = environment(folder, database, folder / "seeds", f"{sample.host},{other.host}") | {
        "HARVESTER_BASE_URL": f"http://127.0.0.1:{port}",
        "HARVESTER_SMTP_URL": post.url,
        "HARVESTER_MAIL_FROM": "digests@harvest.example",
        "HARVESTER_SIGN_UPS": "true",
        "HARVESTER_PRIVACY_NOTICE": "https://harvest.example/privacy",
    }
    running = Process(told, "serve", "--port", port)
    try:
        yield running, running.wait_for("nobody can sign in yet").rpartition(" ")[2]
        running.stop()
    finally:
        running.kill()


def harvest(folder: Path, database: str, sample: Publisher) -> None:
    settings: Settings = load(
        data_dir=folder / "data",
        database_url=database,
        seeds_dir=folder / "seeds",
        contact="desk@harvest.example",
        private_allow=(sample.host,),
    )
    catalogue = load_sources(settings.seeds_dir, private_allow=settings.private_allow)
    with Store.open(database, migrate=True) as store:
        run_source(store, catalogue.get("halvern-review"), settings)


def until(found: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for what is not told to anybody."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def until_shown(page: Page, address: str, what: Locator) -> None:
    """Open a page until it shows something."""
    until(lambda: (page.goto(address), what.count())[1], f"{address} shows {what}")


def picture(page: Page, name: str) -> None:
    if os.environ.get("SCREENSHOTS"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.slow
def test_from_a_search_to_a_digest(browser: Browser, tmp_path: Path) -> None:
    quays = Quays()
    with (
        serve() as sample,
        serve(quays) as other,  # type: ignore[arg-type]
        office() as post,
        service(tmp_path, sample, other, post) as (running, code),
    ):
        page = browser.new_context(viewport={"width": 1200, "height": 800}, locale="en").new_page()
        page.set_default_timeout(30_000)
        search_and_read(page, running.url)
        set_an_alert(page, running.url, post)
        sign_in(page, running.url, code)
        record = add_and_run(page, running.url, f"{other.url}{ARTICLE}", quays)
        until(lambda: any(TITLE in mail.message["Subject"] for mail in post.to(READER)), "a digest")
        override(page, running.url)
        nothing_is_left_to_look_at(page, running.url)
        told_everywhere(running.url, record)
        page.context.close()


def search_and_read(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    page.wait_for_url("**/en/")
    page.fill("#q", "memory OR smoke OR sky")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".hits > li").first).to_be_visible()
    picture(page, "search")
    page.get_by_role("link", name=re.compile("^by subscription")).click()
    page.get_by_role("link", name="Lichens on slate roofs").click()
    expect(page.locator(".access q").first).to_contain_text("requires a subscription")
    expect(page.get_by_text("Les lichens des toits d'ardoise")).to_be_visible()
    picture(page, "record")


def set_an_alert(page: Page, site: str, post: Office) -> None:
    page.goto(f"{site}/en/?q=lichens&language=fr")
    page.get_by_role("button", name="Set an alert").click()
    expect(page.locator("#query")).to_have_value("lichens")
    expect(page.locator("#languages")).to_have_value("fr")
    page.fill("#address", READER)
    page.select_option("#rhythm", "at_once")
    page.locator("button[type=submit]").click()
    until(lambda: post.to(READER), "a mail that asks to confirm")
    body = post.to(READER)[0].message.get_body(("plain",))
    assert body
    page.goto(re.search(r"http\S+/readers/confirm/\S+", body.get_content())[0])  # type: ignore[index]
    page.locator("button").click()
    expect(page.get_by_role("heading")).to_have_text("Confirmed")


def sign_in(page: Page, site: str, code: str) -> None:
    page.goto(f"{site}/en/desk/")
    page.wait_for_url("**/begin")
    for name, text in (("code", code), ("name", "maud"), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"#{name}", text)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_role("button", name="Sign out").click()
    page.fill("#name", "maud")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Is everything all right?")).to_be_visible()


def add_and_run(page: Page, site: str, article: str, quays: Quays) -> str:
    """Id of the record that came of it."""
    page.goto(f"{site}/en/desk/new-source")
    page.fill("#url", article)
    page.get_by_role("button", name="Try").click()
    expect(page.locator(".diff")).to_contain_text('name = "Quay Letters"')
    page.check("#verified")
    page.locator(".fields.broad button").click()
    source = f"{site}/en/desk/sources/quay-letters"
    page.wait_for_url(f"{source}**")
    quays.hold()
    until_shown(page, source, page.get_by_role("button", name="Run now"))
    page.get_by_role("button", name="Run now").click()
    page.wait_for_url(f"{source}?done=run_now")
    until_shown(page, source, page.locator("a[href*='/desk/runs/']"))
    page.locator("a[href*='/desk/runs/']").first.click()
    expect(page.locator("[data-live]")).to_be_visible()
    quays.let_go()
    page.locator(".run-succeeded").wait_for()  # told by the stream: nothing was reloaded by hand
    expect(page.locator("body")).to_contain_text(ARTICLE)
    page.goto(f"{site}/en/?q=digue")
    page.get_by_role("link", name=TITLE).click()
    return page.url.rpartition("/")[2]


def override(page: Page, site: str) -> None:
    page.goto(f"{site}/en/desk/")
    picture(page, "overview")
    page.get_by_role("link", name="Disputed verdicts").click()
    page.get_by_role("link", name=TITLE).click()
    framed = page.frame_locator("iframe")
    expect(framed.locator("#quote-1")).to_have_text("The full text of this article is free for all.")
    expect(framed.locator("#quote-2")).to_contain_text("requires a subscription")
    expect(framed.locator("body")).not_to_contain_text("executed")
    page.locator(".access").scroll_into_view_if_needed()
    picture(page, "evidence")
    page.select_option("#status", "subscription")
    page.fill("#reason", REASON)
    page.get_by_role("button", name="Override").click()
    expect(page.get_by_role("status")).to_contain_text("overridden")
    page.get_by_role("link", name="as readers see it").click()
    expect(page.locator(".access")).to_contain_text(f"maud: {REASON}")


def nothing_is_left_to_look_at(page: Page, site: str) -> None:
    """The service itself looks for editions of one work."""
    until_shown(page, f"{site}/en/desk/review/works", page.get_by_text("All changes have been looked at."))


def told_everywhere(site: str, record: str) -> None:
    with urllib.request.urlopen(f"{site}/api/v1/records/{record}") as answer:
        access = json.load(answer)["access"]
    assert (access["status"], access["decided_by"]) == ("subscription", "operator.override@1")
    with urllib.request.urlopen(f"{site}/api/v1/changes?limit=500") as answer:
        changes = json.load(answer)["items"]
    assert [one["kind"] for one in changes if one["record_id"] == record] == ["created", "access_changed"]

    def listed() -> bool:
        question = f"verb=GetRecord&metadataPrefix=oai_openaire&identifier=oai:harvester.localhost:{record}"
        with urllib.request.urlopen(f"{site}/oai?{question}") as answer:
            return "http://purl.org/coar/access_right/c_16ec" in answer.read().decode()

    until(listed, "OAI-PMH tells of restricted access")
