"""An archived page comes back as text in a few elements, its quotes marked at the very place evidence names."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.signal import Evidence
from harvester.model.source import GENERIC
from harvester.sample import Site
from harvester.serving.console.archived import Standing, replica
from harvester.serving.console.evidence import quotes, stated

HARMLESS = set(
    "html head meta title body p div section article main aside header footer nav h1 h2 h3 h4 h5 h6 ul ol li dl dt dd"
    " table thead tbody tfoot tr td th caption blockquote q cite em strong b i sub sup small span br hr pre code figure"
    " figcaption address mark".split()
)
HOSTILE = (Path(__file__).parent / "hostile.html").read_text("utf-8")


def page(body: str | bytes, kind: str = "text/html; charset=utf-8") -> Page:
    raw = body.encode() if isinstance(body, str) else body
    url = "https://journal.example/1"
    headers = (("content-type", kind),)
    return Page(url=url, final_url=url, headers=headers, body=raw, fetched_at=datetime(2026, 5, 1, tzinfo=UTC))


def said(quote: str, where: str, offset: int = 0) -> Evidence:
    return Evidence(vocabulary="page", name="sentence", quote=quote, where=where, offset=offset)


def marks(text: str) -> list[tuple[str, str]]:
    return [(one.get("id"), one.text_content()) for one in html.fromstring(text).iter("mark")]


@pytest.mark.fault(103, 104, 119)
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/xhtml+xml"])
def test_nothing_of_a_hostile_page_executes_or_loads(kind: str) -> None:
    body = (
        HOSTILE if "xml" not in kind else f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">{HOSTILE}'
    )
    made = replica(page(body, kind), [said("free", "/html/body/p[1]")], 'the "title" </title><script>')
    root = html.document_fromstring(made.html)
    assert {one.tag for one in root.iter()} <= HARMLESS
    told = {(one.tag, name) for one in root.iter() for name in one.attrib}
    metas = {("meta", "charset"), ("meta", "name"), ("meta", "content")}
    assert {name for _, name in told - metas} <= {"lang", "dir", "id"}
    assert {one.get("id") for one in root.iter("mark")} <= {"quote-1"}
    assert not re.search(
        r"<(script|style|svg|img|base|link|iframe|object|form|input)|http-equiv|evil\.example", made.html
    )


def test_quotes_are_marked_at_their_offset_across_elements() -> None:
    body = "<html><body><p>free then</p><p>not free. Is <b>free <i>for</i></b><!-- x --> all, free</p></body></html>"
    made = replica(
        page(body),
        [
            said("free for all", "/html/body/p[2]", 13),
            said("free", "/html/body/p[1]"),
            said("all, free", "/html/body/p[2]", 22),
        ],
        "t",
    )
    assert made.standings == (Standing.MARKED,) * 3
    assert marks(made.html) == [
        ("quote-2", "free"),
        ("quote-1", "free "),
        ("quote-1", "for"),
        ("quote-1", " all"),
        ("quote-3", ", free"),
    ]
    assert "not free. Is <b><mark" in made.html


def test_what_no_reader_sees_and_what_is_gone_is_told_apart() -> None:
    body = """<html><head><meta name="citation_access" content="yes: free"><script>{"free": true}</script></head>
    <body><div><p>It is free.</p></div></body></html>"""
    found = replica(
        page(body),
        [
            said("free", "/html/head/meta[1]/@content", 5),
            said('"free": true', "/html/head/script[1]", 1),
            said("1", "header:x-free"),
            said("https://journal.example/1", "url"),
            said("It is free", "/html/body/p[4]"),
            said("closed", "/html/body/div/p"),
            said("x", "/html/head/meta[1]/@other"),
            said("x", "document('file:///etc/passwd')"),
        ],
        "t",
    )
    assert found.standings == (*[Standing.UNSEEN] * 4, Standing.MOVED, *[Standing.MISSING] * 3)


def test_a_page_nested_without_end_is_shown() -> None:
    made = replica(page("<div>" * 100_000 + "free" + "</div>" * 100_000), [], "t")
    assert made.html.count("<div>") <= 200
    replica(page(b"\x00\xff<"), [said("x", "/html")], "t")
    replica(page(b""), [], "t")


def test_many_words_that_moved_on_a_large_page_are_found_at_once() -> None:
    text = "<i>x</i>" * 40_000 + "".join(f"<p>word {n}.</p>" for n in range(100))
    quotes = [said(f"word {n}.", "/html/body/h6") for n in range(100)]
    spent: list[float] = []
    for some in (quotes[:1], quotes):
        began = time.process_time()
        made = replica(page(text), some, "t")
        spent.append(time.process_time() - began)
    assert spent[1] < 20 * spent[0]  # a walk for each would be a hundred
    assert {*made.standings} == {Standing.MOVED}
    assert len(marks(made.html)) == 100


def test_an_article_in_xml_is_shown_as_text() -> None:
    jats = (
        '<article xml:lang="en"><front><title>One <italic>x</italic></title></front><script>alert(1)</script></article>'
    )
    made = replica(page(jats, "application/xml"), [said("One x", "/article/front/title")], "t")
    assert marks(made.html) == [("quote-1", "One "), ("quote-1", "x")]
    assert "alert" not in made.html


def test_every_quote_of_the_sample_publisher_stands_where_it_says() -> None:
    site = Site("https://halvern.example")
    for one in site.listed("hrsh"):
        answer = site.respond(site.path(one.id))
        url = f"https://halvern.example{site.path(one.id)}"
        read = page(answer.body).model_copy(update={"url": url, "final_url": url})
        record = extract(read, GENERIC).record
        if record is None:
            continue
        told = quotes(record)
        assert Standing.MISSING not in replica(read, told, "t").standings
        assert Standing.MOVED not in replica(read, told, "t").standings
        assert {one.vocabulary for one in stated(read, GENERIC)}
