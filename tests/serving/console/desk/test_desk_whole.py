"""A real service from its first minute: an account, a source by its address, a harvest that is watched and stopped."""

import re
import sys
from pathlib import Path

import pytest
from browser import chromium
from playwright.sync_api import expect
from visitor import PASSWORD

from harvester.model.run import RunOutcome
from harvester.sample import serve
from harvester.serving.console.desk.signing_in import first_code
from storage.store import Store

sys.path.append(str(Path(__file__).parents[3] / "scheduling"))

from serving import House, Serve, until

PATIENCE_MS = 60_000.0
SITEMAP = re.compile(r'# (\[\[discovery\]\])\n# (kind = "sitemap")\n# (url = .*)')


@pytest.mark.slow
def test_from_the_first_account_to_a_harvest_that_is_watched_and_stopped(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'data' / 'harvester.db'}"
    with serve() as publisher, Store.open(database, migrate=True) as store, chromium() as browser:
        house = House(tmp_path, database, publisher, delay=1)
        for path in house.seeds.glob("sources/*.toml"):
            path.unlink()
        service = Serve(house)
        try:
            page = browser.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{service.url}/en/desk/")
            page.get_by_label("Code").fill(first_code(store))
            page.get_by_label("Name").fill("maud")
            for field in ("Password", "The same once more"):
                page.get_by_label(field, exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Make the account").click()

            page.get_by_role("link", name="Sources").first.click()
            page.get_by_role("link", name="Add a source").click()
            page.get_by_label("Address of an article’s page").fill(publisher.url + publisher.site.path("700201"))
            page.get_by_role("button", name="Try it").click()
            page.get_by_label("Name of the source").fill("halvern")
            page.get_by_text("Change the text first").click()
            text = page.get_by_label("Text of the seed file")
            text.fill(SITEMAP.sub(r"\1\n\2\n\3\n", text.input_value()))
            page.get_by_label("I have read these pages").check()
            page.get_by_role("button", name="Save the source").click()

            page.get_by_role("button", name="Run now").click()
            until(lambda: bool(store.runs.running()))
            page.goto(f"{service.url}/en/desk/runs/{store.runs.running()[0].id}")
            expect(page.locator("#live b").first).not_to_have_text("0", timeout=PATIENCE_MS)
            before = page.locator("#live").inner_text()
            expect(page.locator("#live")).not_to_have_text(before, timeout=PATIENCE_MS)
            page.get_by_role("button", name="Stop").click()
            page.locator(".run-interrupted").wait_for()
            assert "stopped by maud" in page.locator("main").inner_text()

            run = store.runs.list("halvern", 1)[0]
            assert run.outcome is RunOutcome.INTERRUPTED
            assert 0 < run.counts["created"] < 11
            until(lambda: not store.schedules.open())
            page.goto(f"{service.url}/en/?q=halvern")
            assert page.locator(".hits li").count() == run.counts["created"]
            assert [one.act for one in store.audit.list()] == ["stop", "run_now", "add_source", "try_page", "begin"]
        finally:
            service.kill()
