"""The pages of readers: valid, clean by axe, and no wider than a phone, in both languages, light and dark."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from desk import BASE, Desk, article
from post_office import Office
from site_of_readers import Site, links
from valid_html import complaints

from harvester.digests.links import KEY, Links
from harvester.model.open_copy import OpenCopy, Registry, Statement

KEPT = os.environ.get("HARVESTER_TEST_SHOTS")  # a folder in which to keep pictures
ANN = "ann@reader.example"


def addresses(desk: Desk, site: Site, post: Office, language: str) -> dict[str, str]:
    """Every page that a reader can come to by a link."""
    said = {"address": ANN, "query": "lupus", "news": ["new", "freed"], "rhythm": "weekly", "language": language}
    site.ask("/readers", said | {"journals": "Revue des Exemples", "name": "Lupus <érythémateux>"})
    desk.rounds.look()
    found = {"sign_up": "/readers", "link": "/readers/link", "invalid": "/readers/mine/x/y"}
    found["confirm"] = links(post, ANN)["confirm"]
    assert "Lupus &lt;érythémateux&gt;" in site.ask(found["confirm"]).text
    desk.alert(ANN, name="Second", language=language)
    desk.save(article(1), article(2, status="open"))
    follow, keep = desk.store.lookups.follow, desk.store.lookups.answered
    copy = OpenCopy(url="https://hal.example/hal-1")
    said_by = Statement(registry=Registry.UNPAYWALL, doi="10.5555/alpha.1", asked_at=desk.now, copies=(copy,))
    desk.store.transact(lambda unit: follow(unit, Registry.UNPAYWALL, desk.now))
    desk.store.transact(lambda unit: keep(unit, said_by, desk.now))
    desk.rounds.look()
    digest = next(one for one in desk.store.deliveries.all() if one.kind == "digest")
    found |= {kind: url for kind, url in links(post, ANN).items() if kind in ("mine", "unsubscribe")}
    found["digest"] = Links(BASE, desk.store.secret(KEY)).digest(digest)
    return {kind: url.removeprefix(BASE) for kind, url in found.items()}


@pytest.mark.parametrize(("language", "scheme"), [("fr", "light"), ("en", "dark")])
def test_they_are_valid_clean_and_narrow(
    desk: Desk, site: Site, post: Office, tmp_path: Path, language: str, scheme: str
) -> None:
    found = addresses(desk, site, post, language)
    with chromium() as browser:
        page = browser.new_page(locale=language, color_scheme=scheme, viewport={"width": 320, "height": 900})  # type: ignore[arg-type]
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text))
        for kind, path in found.items():
            page.goto(site.server.url + path)
            for summary in page.query_selector_all("details:not([open]) > summary"):
                summary.click()
            clean = Axe().run(page).response["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in clean] == [], kind
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, kind
            assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "640px"
            for width in (320, 1200) if KEPT else ():
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=f"{KEPT}/readers-{kind}-{language}-{width}-{scheme}.png", full_page=True)
            page.set_viewport_size({"width": 320, "height": 900})
        assert [one for one in refused if "404" not in one] == []  # the policy lets its own style pass
    for kind, path in found.items():
        (tmp_path / f"{kind}.html").write_bytes(site.ask(path, **{"Accept-Language": language}).body)
    assert complaints(tmp_path, "form-dup-name") == ""  # check boxes of one question share their name
