"""Pages made to cost time or memory: each is answered within bounds, in a process of its own."""

import multiprocessing
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from machine import seconds

from harvester.extraction.extract import extract
from harvester.model.page import Page, VisitOutcome
from harvester.model.source import GENERIC

SECONDS = 5  # of CPU
MEGABYTES = 300  # of resident memory, the program itself included
GT = "'>'"
LONG = "a" * 100_000 + "!"
HEAD = "<!doctype html><html lang='en'><head><title>Of rivers</title>"


def _meta(name: str, *contents: str) -> str:
    return "".join(f'<meta name="{name}" content="{content}">' for content in contents)


def _page(head: str = "", body: str = "") -> bytes:
    known = _meta("citation_title", "Sediment of rivers") + _meta("citation_doi", "10.1234/abc")
    return f"{HEAD}{known}{head}</head><body><h1>Sediment of rivers</h1>{body}</body></html>".encode()


def _nested(tag: str, count: int, attributes: str = "") -> bytes:
    return _page(body=f"<{tag}{attributes}>" * count + "deep" + f"</{tag}>" * count)


def _json_ld(value: str) -> bytes:
    return _page(f'<script type="application/ld+json">{value}</script>')


def _in_item(markup: str) -> bytes:
    article = '<article itemscope itemtype="https://schema.org/ScholarlyArticle" itemref="g">'
    return _page(body=f'{article}<h1 itemprop="headline">Sediment of rivers</h1>{markup}<p>{"It flows. " * 40}</p>')


def _jats(meta: str, prolog: str = "") -> bytes:
    title = "<title-group><article-title>Sediment of rivers</article-title></title-group>"
    front = f"<front><article-meta>{title}{meta}</article-meta></front>"
    return f'<?xml version="1.0"?>{prolog}<article article-type="research-article">{front}</article>'.encode()


def _everywhere(text: str) -> bytes:
    names = ("citation_title", "citation_author", "citation_authors", "citation_abstract", "citation_keywords",
             "DC.date",
             "citation_publication_date", "citation_doi", "citation_issn", "citation_firstpage", "citation_volume",
             "citation_journal_title", "description", "keywords", "DC.rights", "citation_author_institution",
             "DC.identifier", "DC.source", "robots", "citation_pdf_url")  # fmt: skip
    labels = ("Abstract", "Résumé", "Keywords", "Authors", "DOI", "Published")
    blocks = "".join(f"<h2>{label}</h2><p>{text}</p><p>{label}: {text}</p>" for label in labels)
    named = "".join(f'<div class="{name}">{text}</div>' for name in ("abstract", "authors", "keywords", "copyright"))
    return _page("".join(_meta(name, text) for name in names), f"<h1>{text}</h1>{blocks}{named}<p>{text}</p>")


CC_LINK = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a> '
QUICK: dict[str, Callable[[], bytes]] = {
    "10,000 licence links": lambda: _page(body=CC_LINK * 10_000),
    "10,000 licence links in paragraphs": lambda: _page(body=f"<p>This article is under {CC_LINK}.</p>" * 10_000),
    "10,000 licences of other addresses": lambda: _page(
        body="".join(CC_LINK.replace("4.0", f"{n}.0") for n in range(10_000))
    ),
    "10,000 rights in metadata": lambda: _page(_meta("DC.rights", *(f"CC BY {n}" for n in range(10_000)))),
    "JSON-LD broken, 0.8 MB of quotes": lambda: _json_ld('{"@type":"Article","name":"' + 'a "b" c, ' * 90_000),
    "JSON-LD broken, 0.8 MB of people": lambda: _json_ld(
        '{"@type":"ScholarlyArticle","author":[' + '{"@type":"Person","name":"A B"},,' * 25_000
    ),
    "JSON-LD broken, 0.8 MB without quotes": lambda: _json_ld('{"@type":"Article", about: ' + "a b: c, " * 100_000),
    "JSON-LD broken, 140 kB": lambda: _json_ld('{"@type":"ScholarlyArticle","name":"' + 'a "b" c, ' * 15_500),
    "JSON-LD broken, 20 blocks": lambda: b"".join([_json_ld('{"@type":"Article",' + 'a "b" c, ' * 15_000)] * 20),
    "JSON-LD of 250,000 keywords": lambda: _json_ld(
        '{"@type":"ScholarlyArticle","name":"T","keywords":[' + '"a",' * 250_000 + '"b"]}'
    ),
}
ATTACKS: dict[str, Callable[[], bytes]] = QUICK | {
    "one line of 50 MB": lambda: _page(body="<p>" + "word " * 10_000_000 + "</p>"),
    "6 MB of text in one element": lambda: _page(body="<div class=abstract><h2>Abstract</h2>" + "word. " * 990_000),
    "6 MB of paragraphs": lambda: _page(body="<p>word in a row.</p>" * 260_000),
    "100,000 nested divs": lambda: _nested("div", 100_000),
    "100,000 nested abstracts": lambda: _nested("div", 100_000, " class=abstract"),
    "100,000 nested spans": lambda: _nested("span", 100_000),
    "200 nested abstracts of prose": lambda: _page(
        body="<div class='abstract authors'>Prose. " * 200 + "More of it. " * 400
    ),
    "a label over 100,000 nested divs": lambda: _page(body="<h2>Abstract</h2>" + "<div>" * 100_000 + "deep"),
    "20,000 attributes": lambda: _page(body="<div " + " ".join(f"a{n}=x" for n in range(20_000)) + ">text</div>"),
    "600,000 attributes": lambda: _page(body="<div " + " ".join(f"a{n}=x" for n in range(600_000)) + ">text</div>"),
    "600,000 attributes without values": lambda: _page(body=f"<div {' '.join(f'a{n}' for n in range(600_000))}>text"),
    "300,000 attributes that end no tag": lambda: _page(body=f"<p {' '.join(f'a{n}={GT}' for n in range(300_000))}>x"),
    "10,000 attributes 60 times": lambda: _page(body=f"<p {' '.join(f'a{n}' for n in range(10_000))}>x" * 60),
    "700,000 elements": lambda: _page(body="<i>x</i>" * 700_000),
    "1,200,000 line breaks": lambda: _page(body="<br>" * 1_200_000),
    "60,000 properties of 190 nested items": lambda: _page(
        body='<div itemscope itemtype="https://schema.org/ScholarlyArticle"><i itemprop="name">x</i>' * 190
        + '<i itemprop="name">Sediment</i>' * 60_000
    ),
    "20,000 elements that name authors": lambda: _page(body="<span class=author>A. Name</span>" * 20_000),
    "20,000 labels": lambda: _page(body="<h3>Abstract</h3><p>It flows.</p>" * 20_000),
    "20,000 labels without text": lambda: _page(body="<b>Abstract</b>" * 20_000),
    "20,000 tabs": lambda: _page(body="<ul>" + "<li>Abstract</li>" * 20_000 + "</ul>"),
    "20,000 facts": lambda: _page(body="<dl>" + "<dt>DOI</dt>" * 20_000 + "</dl>"),
    "5,000 authors": lambda: _page(_meta("citation_author", *(f"Name{n}, Given{n}" for n in range(5_000)))),
    "10,000 authors of one family": lambda: _page(_meta("citation_author", *(f"Name, G{n}" for n in range(10_000)))),
    "10,000 authors in one list, 9,000 in another": lambda: _page(
        _meta("citation_author", *(f"Name{n}, Given" for n in range(10_000)))
        + '<script type="application/ld+json">{"@type":"ScholarlyArticle","author":['
        + ",".join(f'{{"@type":"Person","name":"Given Name{n}"}}' for n in range(1, 9_001))
        + "]}</script>"
    ),
    "20,000 affiliations of one author": lambda: _page(
        _meta("citation_author", "Name, Given")
        + _meta("citation_author_institution", *(f"University {n}" for n in range(20_000)))
    ),
    "8,000 labelled abstracts": lambda: _page(
        body="".join(f"<h2>Abstract</h2><p>{n}. {'The river flows to the sea. ' * 6}</p>" for n in range(8_000))
    ),
    "5,000 abstracts in metadata": lambda: _page(
        _meta("DC.description", *(f"{n} rivers. " * 30 for n in range(5_000)))
    ),
    "5,000 titles": lambda: _page(_meta("DC.title", *(f"Title number {n} of rivers" for n in range(5_000)))),
    "5,000 identifiers": lambda: _page(_meta("DC.identifier", *(f"10.1234/{n}" for n in range(5_000)))),
    "5,000 dates": lambda: _page(_meta("DC.date", *(f"{1500 + n % 500}-01-{1 + n % 28:02}" for n in range(5_000)))),
    "JSON-LD 100,000 deep": lambda: _json_ld('{"@type":"Article","a":' * 100_000 + "1" + "}" * 100_000),
    "JSON-LD arrays 100,000 deep": lambda: _json_ld("[" * 100_000 + "]" * 100_000),
    "JSON-LD broken, 4 MB": lambda: _json_ld('{"@type":"Article","name":' + "[1," * 1_400_000),
    "JSON-LD broken string": lambda: _json_ld('{"@type":"ScholarlyArticle","name":"' + 'a"b\\' * 100_000),
    "microdata items that name their own group": lambda: _in_item(
        '<div id="g">'
        + '<div itemprop="name" itemscope itemtype="https://schema.org/Thing" itemref="g"></div>' * 300
        + "</div>"
    ),
    "5,000 names of one property": lambda: _in_item(
        f'<div itemprop="{" ".join(f"x{n}" for n in range(5_000))}">' + "word <i>x</i> " * 5_000 + "</div>"
    ),
    "20,000 labels of affiliations": lambda: _jats(
        "<contrib-group><aff>" + "<label>1</label><institution>x</institution>" * 20_000 + "</aff></contrib-group>"
    ),
    "20,000 titles in an abstract": lambda: _jats("<abstract>" + "<title>1</title><p>x</p>" * 20_000 + "</abstract>"),
    "20,000 document types": lambda: _jats("", "<!DOCTYPE a [" * 20_000),
    "20,000 facts in one form": lambda: _page(body="<form>" + "<p><b>Volume:</b> 1</p>" * 20_000 + "</form>"),
    "10,000 labels deep down": lambda: _page(
        body="".join(f'<div class="c{n}">' for n in range(200)) + "<h3>Abstract</h3><p>Words.</p>" * 10_000
    ),
    "20,000 labels of keywords": lambda: _page(body="<dl>" + "<dt>Keywords</dt><dd>a</dd>" * 20_000 + "</dl>"),
    "one long word": lambda: _everywhere(LONG),
    "long run of spaces": lambda: _everywhere("x" + " " * 100_000 + "x"),
    "long run of points": lambda: _everywhere(". " * 50_000),
    "long run of commas": lambda: _everywhere("a, " * 30_000),
    "long run of semicolons": lambda: _everywhere("Name, A; " * 10_000),
    "long run of digits": lambda: _everywhere("1234-" * 20_000),
    "long run of brackets": lambda: _everywhere("(" * 50_000 + ")" * 50_000),
    "long run of open tags": lambda: _everywhere("&lt;p " * 20_000),
    "long run of entities": lambda: _everywhere("&amp;amp;" * 10_000),
    "long run of copyright": lambda: _everywhere("© 2020 " * 15_000),
    "long run of DOIs": lambda: _everywhere("10.1234/" * 12_000),
    "long run of names": lambda: _everywhere("Jean de la " * 10_000),
    "long run of sentences": lambda: _everywhere("The river is of the sand. Le fleuve est dans la mer. " * 2_000),
}


def _answer(name: str, out: Connection) -> None:
    most = int(seconds(4 * SECONDS))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    url = "http://127.0.0.1/article/1"
    page = Page(url=url, final_url=url, body=ATTACKS[name](), fetched_at=datetime(2030, 6, 15, tzinfo=UTC))
    before = time.process_time()
    found = extract(page, GENERIC)
    took = (time.process_time() - before) / seconds(1)
    out.send((found.outcome, took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


@pytest.mark.fault(148)
@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_page_costs_little(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where the server of forks finds what it loads
    # Not a child of this process: what other tests have left in its memory would count.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warmed"])
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(name, sender))
    child.start()
    sender.close()
    try:
        outcome, took, megabytes = receiver.recv()
    except EOFError:
        pytest.fail("the process died")
    finally:
        child.join()
    assert isinstance(outcome, VisitOutcome)
    assert took <= (2 if name in QUICK else SECONDS)
    assert megabytes <= MEGABYTES
