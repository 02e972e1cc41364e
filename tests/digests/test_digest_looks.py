"""What a digest looks like: valid HTML by html-validate, and whole in a browser at two widths, light and dark."""

import os
import shutil
from pathlib import Path

import pytest
from desk import BASE, MONDAY, Desk, article
from valid_html import complaints, missing

from harvester.digests.letters import heading
from harvester.digests.render import Addresses, letter_html
from harvester.digests.wording import wording
from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.alert import News
from harvester.model.open_copy import Notice, OpenCopy, Registry, Statement, Version
from harvester.model.record import AbstractPolicy, Integrity, LangText, Rights
from storage.store import Store

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WIDTHS = (320, 1200)
KEPT = os.environ.get("HARVESTER_TEST_SHOTS")  # a folder in which to keep the pictures


def sample(store: Store, language: str = "fr") -> str:
    """A digest with everything in it: every kind of news and status, long words, a retraction, no abstract."""
    desk = Desk(store)
    alert = desk.alert(
        language=language, name="Lupus érythémateux systémique", query="",
        news=[News.NEW, News.FREED, News.RETRACTED, News.CLOSED_AGAIN],
    )  # fmt: skip
    reserved = AbstractPolicy(basis="none", keep=False, show="nobody", redistribute=False)
    long = "Pneumonoultramicroscopicsilicovolcanoconiose" * 2
    desk.save(article(20), article(21), article(22, status="free"))
    desk.rounds.watch.look()
    desk.rounds.make()
    desk.later(days=1)
    free = AccessVerdict(status=AccessStatus.FREE, as_of=MONDAY)
    closed = AccessVerdict(status=AccessStatus.SUBSCRIPTION, as_of=MONDAY)
    desk.save(
        article(1, status="open"),
        article(2, titles={"fr": LangText(value=f"{long} et lupus", language="fr")}),
        article(3, status="embargoed"),
        article(4, status="unknown", rights=Rights(abstract_policy=reserved)),
        article(5, titles={"en": LangText(value="Only in English: lupus", language="en")}, abstracts={}),
        article(20).model_copy(update={"access": free}),
        article(21).model_copy(update={"integrity": Integrity(status="retracted")}),
        article(22).model_copy(update={"access": closed}),
    )
    copy = OpenCopy(url="https://hal.example/hal-01234567/a-very-long-name-of-a-copy", version=Version.ACCEPTED)
    notice = Notice(kind="expression_of_concern", doi="10.5555/notice.1", on=MONDAY.date())
    said = Statement(
        registry=Registry.UNPAYWALL, doi="10.5555/alpha.3", asked_at=MONDAY, copies=(copy,), notices=(notice,)
    )
    store.transact(lambda unit: store.lookups.follow(unit, Registry.UNPAYWALL, MONDAY))
    store.transact(lambda unit: store.lookups.answered(unit, said, MONDAY))
    desk.rounds.watch.look()
    letters, words = desk.rounds.post.letters, wording(language)
    found = letters.entries(alert, store.deliveries.waiting(alert.id))
    assert len(found) == 8
    made = letters.digest(found, words, 7)
    links = Addresses(f"{BASE}/readers/mine/x/y", f"{BASE}/readers/unsubscribe/x/y", f"{BASE}/readers/digest/x/y")
    whole = letters.renderer.html(made, words, alert.name, heading(made, words, desk.now), links)
    assert copy.url in whole and "10.5555/notice.1" in whole
    return whole


def test_html_is_valid(store: Store, tmp_path: Path) -> None:
    (tmp_path / "digest.html").write_text(sample(store), "utf-8")
    for kind in ("confirm", "link"):
        (tmp_path / f"{kind}.html").write_text(letter_html(wording("fr"), kind, f"{BASE}/readers/x"), "utf-8")
    # Mails need inline styles; void elements and doctype are as the inliner writes them, which HTML allows.
    assert complaints(tmp_path, "no-inline-style", "doctype-style", "void-style", "no-trailing-whitespace") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_holds_in_a_browser(store: Store, tmp_path: Path, width: int, scheme: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium", "make system-deps")
    from playwright.sync_api import sync_playwright

    (tmp_path / "digest.html").write_text(sample(store), "utf-8")
    shot = Path(KEPT or tmp_path) / f"digest-{width}-{scheme}.png"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "digest.html").as_uri())
        page.screenshot(path=str(shot), full_page=True)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        contrasts = page.evaluate(_CONTRASTS)
        browser.close()
    assert wider <= 0
    assert [url for url in asked if not url.startswith("file:")] == []
    assert shot.stat().st_size > 10_000
    assert contrasts
    assert min(contrasts.values()) >= 4.5, contrasts  # WCAG 2.2, 1.4.3


_CONTRASTS = """() => {
  const parse = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (let one = node; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const node of document.querySelectorAll('p, h1, h2, h3, a, span, summary, li')) {
    if (!node.textContent.trim()) continue;
    const pair = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    const name = node.tagName + '.' + node.className;
    found[name] = Math.min(found[name] ?? 99, (pair[0] + 0.05) / (pair[1] + 0.05));
  }
  return found;
}"""
