"""Full text is never kept, hidden or pointed at."""

import base64
import json
import time
from html import escape

import pytest
from pages import ABSTRACT, SENTENCE, TITLE, keep, record

from harvester.model.access import AccessStatus
from harvester.model.record import (
    AbstractPolicy,
)
from harvester.model.source import SelectorRule

FULLTEXT = "<p>The first observer kept a second notebook, which is printed here in full and for the first time.</p>" * 8


@pytest.mark.parametrize(
    "walled",
    [
        f'<div class="paywall">{FULLTEXT}</div>',
        f'<div class="article-body" hidden>{FULLTEXT}</div>',
        f'<section id="fulltext" style="display: none">{FULLTEXT}</section>',
        f'<section style="Display  :  None"><div class="content_body">{FULLTEXT}</div></section>',
        f'<div class="note Members-Only">{FULLTEXT}</div>',
        f'<div class="premium-content">{FULLTEXT}</div>',
        f'<div class="paywall">{FULLTEXT.replace("which is", f"see {TITLE}, which is")}</div>',
        f'<div class="paywall">{FULLTEXT.replace("which is", f"{ABSTRACT[:60]} which is")}</div>',
        '<script type="application/ld+json">{"@type":"Article","articleBody":"A second notebook here"}</script>',
        '<script type="application/ld+json">{"articleBody": "say \\"second notebook\\"", "name": "x"}</script>',
    ],
)
@pytest.mark.fault(82)
def test_hidden_full_text_is_never_kept(walled: str) -> None:
    kept = keep(
        f"<html><body><h1>{TITLE}</h1><p>{ABSTRACT}</p>{walled}<p>{SENTENCE}</p></body></html>", AbstractPolicy()
    )
    assert kept.page is not None
    assert (kept.state, kept.reason) == ("cut", "full text")
    text = kept.page.body.decode()
    assert "second notebook" not in text
    assert ABSTRACT in text
    assert SENTENCE in text


PLAIN = FULLTEXT.replace("<p>", "").replace("</p>", " ")


@pytest.mark.parametrize(
    "unseen",
    [
        f"<section hidden>{FULLTEXT}</section>",
        f'<div class="rest" aria-hidden="true">{FULLTEXT}</div>',
        f'<div style="position: absolute; left: -9999px">{FULLTEXT}</div>',
        f'<div style="opacity:0;height:0">{FULLTEXT}</div>',
        f'<div style="font-size: 0">{FULLTEXT}</div>',
        f"<noscript><div>{FULLTEXT}</div></noscript>",
        f"<template>{FULLTEXT}</template>",
        f"<details><summary>More</summary>{FULLTEXT}</details>",
        f"<style>.a, .rest {{ color: red; display: none }}</style><div class='x rest'>{FULLTEXT}</div>",
        f"<style>@media all {{ p {{ margin: 0 }} }} .rest, p.a {{ display:none }}</style><p class=a>{PLAIN}</p>",
        f"<style>/* closed */ #rest > div {{ visibility: hidden }}</style><div id=rest><div>{FULLTEXT}</div></div>",
        f"<style>@media screen {{ b {{ top: 0 }} .rest {{ display: none }} }}</style><div class=rest>{FULLTEXT}</div>",
        f"<style>div[data-rest='1'] {{ display: none }}</style><div data-rest=1>{FULLTEXT}</div>",
        f"<style>.rest {{ max-height: 9em; overflow: hidden }}</style><div class=rest>{FULLTEXT}</div>",
        f"<style>body .rest p {{ display: none }}</style><div class=rest>{FULLTEXT}</div>",
        f'<div class="content-gated">{FULLTEXT}</div>',
        f'<div itemprop="articleBody">{FULLTEXT}</div>',
        f'<div class="col" id="full-text">{FULLTEXT}</div>',
        f'<div class="box reserve-aux-abonnes">{FULLTEXT}</div>',
        f'<script type="text/xml"><body>{FULLTEXT}</body></script>',
        f'<meta name="description" content="{PLAIN * 12}">',
        f'<script type="application/ld+json">{{"description": {json.dumps(PLAIN * 12)}}}</script>',
        f'<div class="visually-hidden">{FULLTEXT}</div><p class="sr-only">More</p>',
        f"<dialog>{FULLTEXT}</dialog>",
        f"<object data='/x'>{FULLTEXT}</object>",
        f"<svg><desc>{PLAIN}</desc></svg>",
        f'<div style="filter: blur(6px)">{FULLTEXT}</div>',
        f'<div style="transform: scale(0)">{FULLTEXT}</div>',
        f'<div style="clip-path: inset(100%)">{FULLTEXT}</div>',
        f'<div class="text is-locked">{FULLTEXT}</div>',
        f'<div class="subscribers_only">{FULLTEXT}</div>',
        f"<div hidden>{'<i>The</i> first observer kept a <b>second notebook</b>, printed here.<br>' * 12}</div>",
        f'<script type="application/ld+json">{{"isAccessibleForFree": false, "hasPart": [{{"@type": "WebPageElement", '
        f'"isAccessibleForFree": "False", "cssSelector": ".rest"}}]}}</script><div class="rest">{FULLTEXT}</div>',
        f'<meta name="article-body" content="{PLAIN}">',
        f'<meta itemprop="articleBody" content="{PLAIN}">',
        f"<!-- {FULLTEXT} -->",
        f'<div data-rest="{PLAIN}"></div>',
        f'<div data-rest="{escape(json.dumps({"parts": [PLAIN, PLAIN]}))}"></div>',
        f'<div data-page="{escape(json.dumps({"blocks": [{"type": "p", "text": PLAIN[:98]}] * 8}))}"></div>',
        f'<iframe srcdoc="{escape(FULLTEXT)}"></iframe>',
        f'<input type="hidden" value="{PLAIN}">',
        f"<script>window.rest = {json.dumps(FULLTEXT)};</script>",
        f'<script type="application/json">{json.dumps({"props": [PLAIN[:300], PLAIN[:300]]})}</script>',
        f'<script type="application/json">{json.dumps([{"p": PLAIN[:98] + str(n)} for n in range(9)])}</script>',
        f'<script type="text/x-template">{FULLTEXT}</script>',
        f'<script>var rest = "{base64.b64encode(PLAIN.encode()).decode()}";</script>',
    ],
)
@pytest.mark.fault(82)
def test_prose_of_a_closed_article_that_no_reader_sees_is_never_kept(unseen: str) -> None:
    kept = keep(
        f"<html><body><h1>{TITLE}</h1><p>{ABSTRACT}</p><p>{SENTENCE}</p>{unseen}</body></html>", AbstractPolicy()
    )
    assert kept.page is not None
    assert (kept.state, kept.reason) == ("cut", "full text")
    text = kept.page.body.decode()
    assert "second notebook" not in text
    assert base64.b64encode(PLAIN.encode()).decode()[:40] not in text
    assert ABSTRACT in text
    assert SENTENCE in text


@pytest.mark.parametrize("status", [AccessStatus.OPEN, AccessStatus.FREE])
def test_unseen_prose_of_an_article_that_is_free_to_read_stays(status: AccessStatus) -> None:
    access = record().access.model_copy(update={"status": status})
    kept = keep(f"<body><p>{ABSTRACT}</p><section hidden>{FULLTEXT}</section></body>", AbstractPolicy(), access=access)
    assert kept.state == "kept"


@pytest.mark.parametrize("rule", [SelectorRule(css="#whole"), SelectorRule(xpath="//div[@id='whole']")])
def test_full_text_a_source_points_at_is_cut(rule: SelectorRule) -> None:
    kept = keep(f"<body><p>{ABSTRACT}</p><div id=whole>{FULLTEXT}</div></body>", AbstractPolicy(), fulltext=(rule,))
    assert kept.page is not None
    assert kept.reason == "full text"
    assert b"second notebook" not in kept.page.body
    assert ABSTRACT in kept.page.body.decode()


@pytest.mark.parametrize(
    "harmless",
    [
        f'<div class="paywall"><p>{SENTENCE}</p></div>',
        f'<div class="tab" style="display:none"><p>{ABSTRACT}</p></div>',
        '<div class="consent" hidden><p>We use cookies.</p></div>',
        f"<main>{FULLTEXT}</main>",
        f"<details open>{FULLTEXT}</details>",
        f"<style>@media print {{ p {{ top: 0 }} .rest {{ display: none }} }}</style><div class=rest>{FULLTEXT}</div>",
        f"<style>.menu .rest {{ display: none }} </style><div class=rest>{FULLTEXT}</div>",
        f"<style>@media (max-width: 9em) {{ .rest {{ display: none }} }}</style><div class=rest>{FULLTEXT}</div>",
        f"<style>.rest {{ max-height: 90em }}</style><div class=rest>{FULLTEXT}</div>",
        "<div hidden>" + "<a href='/a'>A name of a page of this site</a> | " * 30 + "</div>",
        f"<noscript>{ABSTRACT}</noscript><!-- {ABSTRACT} --><div hidden>{ABSTRACT * 2}</div>",
        f'<meta name="description" content="{PLAIN}">',
        f"<script>var it = {{abstract: {json.dumps(PLAIN)}, text: {json.dumps(ABSTRACT)}}};</script>",
        "<script>" + "function f(a, b) { if (a) { return 'x'; } }\n" * 40 + "</script>",
    ],
)
def test_what_only_looks_walled_stays(harmless: str) -> None:
    assert keep(f"<html><body><h1>{TITLE}</h1>{harmless}</body></html>", AbstractPolicy()).state == "kept"


PARAGRAPHS = [f"<p>{number} {FULLTEXT[3:].partition('</p>')[0] * 3}</p>" for number in range(1_500)]


@pytest.mark.parametrize(
    "nested",
    [
        "<div hidden>" * 200 + "".join(PARAGRAPHS),
        '<div hidden class="article-body">' * 200 + "".join(PARAGRAPHS),
        '<div class="paywall">' * 200 + "".join(PARAGRAPHS),
        f"<script>var all = {json.dumps(PARAGRAPHS)}</script>",
        "<style>* * p:nth-last-child(2n), .a .a .a i.b {display: none}</style><div hidden>"
        + "<div class=a>" * 200
        + "".join(PARAGRAPHS)
        + '<i class="a b"></i>' * 1_500,
    ],
)
def test_thousands_of_hidden_texts_cost_what_they_are_long(nested: str) -> None:
    def cost(hidden: str) -> float:
        began = time.process_time()
        assert keep(f"<html><body><h1>{TITLE}</h1>{hidden}</body></html>", AbstractPolicy()).reason == "full text"
        return time.process_time() - began

    assert cost(nested) < 4 * cost(f"<div hidden>{''.join(PARAGRAPHS)}</div>")
