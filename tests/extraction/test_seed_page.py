"""The page that started it all, rebuilt from its text in several markups, where that text stands beside the project."""

import html
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.source import GENERIC, Source
from harvester.sources import load

ROOT = Path(__file__).parents[2]
TEXTS = sorted(Path(os.environ.get("HARVESTER_SEED_TEXTS", ROOT.parent / "shared" / "seed")).glob("*.txt"))
BOILERPLATE = "Le texte complet de cet article est disponible en PDF."
pytestmark = pytest.mark.skipif(not TEXTS, reason="no seed text beside the project")


def lines() -> list[str]:
    return [line for line in TEXTS[0].read_text("utf-8").splitlines() if line.strip()]


def in_paragraphs() -> str:
    title, other, *rest = map(html.escape, lines())
    return f"<html lang=fr><body><h1>{title}</h1><h2>{other}</h2>" + "".join(f"<p>{line}</p>\n" for line in rest)


def in_the_sites_markup() -> str:
    text = lines()
    title, date = text[0].rsplit(" - ", 1)
    escaped = [html.escape(line) for line in text]

    def cell(word: str) -> str:
        return f"<table><tr><td><h2>{word}</h2></td></tr></table>"

    def keywords(line: str) -> str:
        label, _, words = line.partition(":")
        return f"<p><b>{label}: </b>{words}</p>"

    return (
        f"<html lang=fr><body><div id=article_corps><header><h1>{html.escape(title)}<span> - {date}</span></h1>"
        f"<h2>{escaped[1]}</h2></header><div id=pane_resume>{cell('Résumé')}<p>{escaped[3]}</p>{BOILERPLATE}"
        f"{cell('Summary')}<p>{escaped[5]}</p>{BOILERPLATE}{keywords(escaped[6].partition('PDF.')[2])}"
        f"{keywords(escaped[7])}<h2>Plan</h2><div class=static_note_article>{escaped[9]}</div></div>"
        f"<div id=article_bandeau><div class=article_bandeau_message><p>{escaped[10]}<br>{escaped[11]}<br>"
        f"{escaped[12]}</p></div></div></div>"
    )


def platform() -> Source:
    return load(ROOT / "seeds").get("em-consulte")


@pytest.mark.parametrize("source", [platform, lambda: GENERIC], ids=["platform", "generic"])
@pytest.mark.parametrize("markup", [in_paragraphs, in_the_sites_markup])
def test_the_seed_page_gives_what_is_written_of_it(markup: Callable[[], str], source: Callable[[], Source]) -> None:
    url = "https://www.em-consulte.com/article/1650001/cellules"
    page = Page(
        url=url,
        final_url=url,
        body=markup().encode(),
        fetched_at="2026-03-10T08:00:00Z",  # type: ignore[arg-type]
    )
    record = extract(page, source()).record
    assert record is not None
    check(record)


def check(record: Record) -> None:
    text = lines()
    assert record.titles["fr"].value == text[0].rsplit(" - ", 1)[0]
    assert record.titles["en"].value == text[1]
    assert {date.value for date in record.dates} == {"2025-04-11"}
    assert record.abstracts["fr"].value == text[3]
    assert record.abstracts["en"].value == text[5]
    assert all(abstract.boilerplate == (BOILERPLATE,) for abstract in record.abstracts.values())
    assert record.keywords["fr"].items == tuple(text[6].rpartition(": ")[2].split(", "))
    assert record.keywords["en"].items == tuple(text[7].rpartition(": ")[2].split(", "))
    assert (record.keywords["fr"].paired_with, record.keywords["en"].paired_with) == ("en", "fr")
    assert record.access.status == "subscription"
    assert record.access.evidence[0].quote == text[11]
    assert [(r.state, r.target, r.target_text) for r in record.relations] == [("unresolved", None, "Joint Bone Spine")]
    assert record.contributors == ()
    assert record.identifier("doi") is None
    assert record.container.volume is None
