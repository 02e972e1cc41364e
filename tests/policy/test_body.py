"""What of a page's body may be archived."""

import time

import pytest
from machine import seconds
from pages import ABSTRACT, NO_BASIS, SENTENCE, TITLE, cut, keep, page, record

from harvester.model.record import (
    AbstractPolicy,
    Contributor,
)
from harvester.policy import body_to_keep


def test_a_page_without_anything_to_cut_is_kept_byte_for_byte() -> None:
    body = f"<html><body><h1>{TITLE}</h1><p>{ABSTRACT}</p></body></html>".encode("cp1252")
    assert keep(body, AbstractPolicy(), provenance=record().provenance.model_copy(update={"encoding": "cp1252"})) == (
        page(body),
        "kept",
        "",
    )


@pytest.mark.parametrize("directive", ["noarchive", "nocache"])
def test_noarchive_keeps_no_body(directive: str) -> None:
    assert keep("<p>x</p>", AbstractPolicy(), robots=(directive,)) == (None, "none", f"robots: {directive}")


HIDING_PLACES = {
    "paragraph": "<p>{}</p>",
    "inline markup": "<p>{markup}</p>",
    "meta description": '<meta name="description" content="{}">',
    "truncated meta": '<meta property="og:description" content="{start}...">',
    "Dublin Core": '<meta name="DC.Description" content="{}">',
    "Highwire": '<meta name="citation_abstract" content="&lt;p&gt;{}&lt;/p&gt;">',
    "JSON-LD": '<script type="application/ld+json">{{"@type":"Article","description":"{json}"}}</script>',
    "script": "<script>var state = {{abstract: '{single}'}};</script>",
    "script state": '<script>window.__S = JSON.parse("{{\\"a\\":\\"{twice}\\"}}");</script>',
    "title attribute": '<a href="/x" title="{}">share</a>',
    "data attribute": '<div data-json=\'{{"text":"{entities}"}}\'></div>',
    "alternative text": '<img alt="{}">',
    "comment": "<!-- {} -->",
    "numeric entities": "<p>{numeric}</p>",
    "twice escaped": "<textarea>&amp;lt;p&amp;gt;{}</textarea>",
    "mail link": '<a href="mailto:?body={percent}">send</a>',
    "COinS": '<span class="Z3988" title="rft.description={percent}"></span>',
    "noscript": "<noscript><p>{}</p></noscript>",
    "template": "<template><p>{}</p></template>",
    "hidden pane": '<div style="display:none"><p>{}</p></div>',
    "option": "<select><option>{}</option></select>",
    "upper case, no accents": "<p>{upper}</p>",
}


def hidden(shape: str) -> str:
    percent = "".join(f"%{byte:02X}" if not chr(byte).isalnum() else chr(byte) for byte in ABSTRACT.encode())
    escaped = "".join(char if char.isascii() else f"\\u{ord(char):04x}" for char in ABSTRACT)
    return shape.format(
        ABSTRACT,
        start=ABSTRACT[:120],
        markup=ABSTRACT.replace(" of ", " <i>of</i> ")
        .replace("lanterns", "lan<b>terns</b>")
        .replace(" the ", "<br>the "),
        json=escaped,
        single=ABSTRACT.replace("'", "\\'"),
        twice=escaped.replace("\\", "\\\\"),
        entities=ABSTRACT.replace("'", "&#39;").replace("é", "&eacute;"),
        numeric="".join(f"&#{ord(char)};" for char in ABSTRACT),
        percent=percent,
        upper=ABSTRACT.upper().replace("É", "E"),
    )


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_an_abstract_is_found_wherever_it_stands(place: str) -> None:
    shape = hidden(HIDING_PLACES[place])
    text = cut(f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{shape}<p>{SENTENCE}</p></body></html>")
    assert TITLE in text
    assert SENTENCE in text
    for words in ("tide tables more closely", "evening for a whole winter", "lanterns followed the tide"):
        assert words not in text


@pytest.mark.parametrize("place", ["paragraph", "meta description", "truncated meta", "JSON-LD", "comment", "noscript"])
def test_an_abstract_that_extraction_missed_is_cut_too(place: str) -> None:
    shape = hidden(HIDING_PLACES[place])
    text = cut(f"<html><body><h1>{TITLE}</h1>{shape}<p>{SENTENCE}</p></body></html>", abstracts={})
    assert TITLE in text
    assert SENTENCE in text


def test_missed_parts_of_a_structured_abstract_are_cut_too() -> None:
    parts = "".join(f"<div class=part><h4>Part</h4><p>{part}.</p></div>" for part in ABSTRACT.split(". "))
    assert "lit lanterns" not in cut(f"<body><section>{parts}</section></body>", abstracts={})


def test_glued_blocks_lose_the_abstract_and_keep_label_and_keywords() -> None:
    glued = f"Summary | {ABSTRACT} Keywords: Harbour lights, Tide tables Access to the full text"
    text = cut(f"<html><body><div>{glued}</div></body></html>")
    assert "Summary |" in text
    assert "Keywords: Harbour lights, Tide tables" in text


def test_long_rows_of_facts_stay() -> None:
    names = [f"Ottilie Vander{'aeiou'[n % 5]}mark{n}" for n in range(40)]
    people = tuple(Contributor(name=name, order=n + 1) for n, name in enumerate(names))
    text = cut(f"<html><body><p>{', '.join(names)}</p><p>{ABSTRACT}</p></body></html>", contributors=people)
    assert ", ".join(names) in text


def test_the_verdicts_words_stay_even_inside_long_prose() -> None:
    prose = "Many words of the house about its own services and their terms follow each other here. " * 6
    text = cut(f"<html><body><p>{prose}{SENTENCE} {prose}</p></body></html>")
    assert SENTENCE.rstrip(".") in text
    assert "terms follow each other" not in text


def test_visible_full_text_goes_without_a_basis() -> None:
    body = "".join(
        f"<p>Paragraph {n} of the article itself, which says at length what was seen.</p>" for n in range(30)
    )
    assert "which says at length" not in cut(f"<html><body><h1>{TITLE}</h1><div>{body}</div></body></html>")


def test_the_cut_page_says_which_encoding_it_is_written_in() -> None:
    body = f'<html><head><meta charset="iso-8859-1"></head><body><p>{ABSTRACT}</p><p>é</p></body></html>'.encode(
        "cp1252"
    )
    latin = page(body).model_copy(update={"headers": (("content-type", "text/html; charset=iso-8859-1"),)})
    read = record(provenance=record().provenance.model_copy(update={"encoding": "cp1252"}))
    kept = body_to_keep(latin, read, policy=NO_BASIS, robots=())
    assert kept.page is not None
    assert kept.page.header("content-type") == "text/html; charset=utf-8"
    assert kept.page.body.decode().count("charset") == 1
    assert "<p>é</p>" in kept.page.body.decode()


def test_prose_of_thousands_of_pieces_beside_each_other_costs_little() -> None:
    body = f"<html><body><h1>{TITLE}</h1><p>{ABSTRACT}</p><p>{'Lamps burn.<br>' * 20_000}</p></body></html>"
    began = time.process_time()
    keep(body, NO_BASIS)
    assert time.process_time() - began < seconds(5)
