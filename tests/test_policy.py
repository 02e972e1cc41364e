"""Policy: what a reservation, a robots directive and the operator's basis leave of a record and of its page."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from harvester.extraction.extract import extract
from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.page import Page
from harvester.model.record import (
    AbstractPolicy,
    Contributor,
    KeywordList,
    LangText,
    Provenance,
    Record,
    Rights,
    TdmReservation,
    meaning,
)
from harvester.model.signal import Evidence
from harvester.model.source import GENERIC, RightsRules, SelectorRule, Source
from harvester.policy import Kept, abstract_policy, body_to_keep, decide
from harvester.policy.phrases import Phrases
from harvester.policy.rights import abstract_texts, fact_texts
from harvester.sample import Site, seeds
from harvester.sources import load

NOW = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://journal.example/article/1"
TITLE = "Tides and lanterns: a slow survey of harbour lights in winter"
ABSTRACT = (
    "Harbour lights were counted every evening for a whole winter by three observers on the northern quay. "
    "The number of lit lanterns followed the tide tables more closely than the hours of darkness, and it fell "
    "to nothing on the nights of the équinoxe when the harbour master's office was closed for repairs."
)
SENTENCE = "Access to the full text of this article requires a subscription."
RESERVED = TdmReservation(reserved=True)
NO_BASIS = AbstractPolicy(basis="none", keep=False, show="nobody", redistribute=False)


def page(body: str | bytes, *headers: tuple[str, str]) -> Page:
    raw = body if isinstance(body, bytes) else body.encode()
    return Page(
        url=URL,
        final_url=URL,
        headers=(("content-type", "text/html; charset=utf-8"), *headers),
        body=raw,
        fetched_at=NOW,
    )


def record(**more: object) -> Record:
    values: dict[str, object] = {
        "id": "r1",
        "work_id": "r1",
        "source_id": "s",
        "url": URL,
        "languages": ("en",),
        "titles": {"en": LangText(value=TITLE, language="en", kind="title")},
        "abstracts": {"en": LangText(value=ABSTRACT, language="en")},
        "keywords": {"en": KeywordList(items=("Harbour lights", "Tide tables"), language="en")},
        "contributors": (Contributor(name="Maud Quillfeather", order=1, affiliations=("Office of Lamps, Port Anse",)),),
        "access": AccessVerdict(
            status=AccessStatus.SUBSCRIPTION,
            as_of=NOW,
            evidence=(Evidence(vocabulary="text", name="access", quote=SENTENCE, where="/html/body/p"),),
        ),
        "provenance": Provenance(url=URL, fetched_at=NOW, page_digest="sha256:0", rules="1", encoding="utf-8"),
    }
    return Record.model_validate(values | more)


def reserved_record(**more: object) -> Record:
    return record(rights=Rights(tdm=RESERVED), **more)


def keep(body: str | bytes, policy: AbstractPolicy = NO_BASIS, **more: object) -> Kept:
    fulltext = more.pop("fulltext", ())
    assert isinstance(fulltext, tuple)
    robots = more.pop("robots", ())
    assert isinstance(robots, tuple)
    return body_to_keep(page(body), record(**more), policy=policy, robots=robots, fulltext=fulltext)


def cut(body: str | bytes, **more: object) -> str:
    kept = keep(body, **more)
    assert kept.page is not None, kept.reason
    assert kept.state == "cut"
    text = kept.page.body.decode()
    assert not Phrases(abstract_texts(record()), spare=fact_texts(record())).within(text)
    return text


# What the basis allows


def test_nothing_reserved_is_open() -> None:
    assert abstract_policy(None, RightsRules(basis="none"), "none", NOW) == AbstractPolicy()
    assert abstract_policy(TdmReservation(reserved=False), RightsRules(), "none", NOW).basis == "open"


def test_reserved_without_a_basis_keeps_no_abstract() -> None:
    assert abstract_policy(RESERVED, RightsRules(), "none", NOW) == NO_BASIS


def test_research_is_for_signed_in_readers_and_never_handed_on() -> None:
    found = abstract_policy(RESERVED, RightsRules(), "research", NOW)
    assert (found.keep, found.show, found.redistribute) == (True, "signed_in", False)


def test_a_licence_says_itself_what_it_allows() -> None:
    rights = RightsRules(
        basis="licence", reference="L 1", declared_by="me", keep=True, show="public", redistribute=True
    )
    assert abstract_policy(RESERVED, rights, "none", NOW) == AbstractPolicy(basis="licence")
    assert not abstract_policy(RESERVED, rights.model_copy(update={"keep": False}), "none", NOW).keep


def test_the_entry_beats_the_default_and_an_ended_basis_is_none() -> None:
    rights = RightsRules(basis="research", until=date(2026, 11, 1))
    assert abstract_policy(RESERVED, rights, "none", NOW).basis == "research"
    ended = rights.model_copy(update={"until": date(2026, 10, 31)})
    assert abstract_policy(RESERVED, ended, "research", NOW) == NO_BASIS


def decided(found: Record, *, page_robots: tuple[str, ...] = (), visit_robots: tuple[str, ...] = ()) -> Record:
    return decide(found, RightsRules(), "none", page_robots=page_robots, visit_robots=visit_robots, now=NOW)


def test_decide_takes_the_abstracts_and_leaves_the_facts() -> None:
    quoting = LangText(
        value=TITLE,
        language="en",
        evidence=(Evidence(vocabulary="meta", name="description", quote=ABSTRACT[:200], where="/html/head/meta"),),
    )
    left = decided(reserved_record(titles={"en": quoting}))
    assert not left.abstracts
    assert not left.other_abstracts
    assert (left.titles["en"].value, left.contributors, left.access) == (TITLE, record().contributors, record().access)
    assert "lit lanterns" not in left.model_dump_json()
    assert left.rights.abstract_policy == NO_BASIS


def test_the_sites_tdmrep_file_reserves_unless_the_page_says_otherwise() -> None:
    told = ("tdm-reservation: 1", "tdm-policy: https://journal.example/policy.json")
    by_file = decided(record(), visit_robots=told)
    assert by_file.rights.tdm is not None
    assert by_file.rights.tdm.policy_url == "https://journal.example/policy.json"
    assert not by_file.abstracts
    of_page = decided(record(rights=Rights(tdm=TdmReservation(reserved=False))), visit_robots=told)
    assert of_page.abstracts


def test_robots_directives_are_recorded() -> None:
    assert decided(record(), page_robots=("NOINDEX", "noarchive")).rights.robots == ("noarchive", "noindex")
    assert "noindex" in decided(record(), page_robots=("none",)).rights.robots


def test_a_page_past_its_time_is_neither_archived_nor_listed() -> None:
    past = record(rights=Rights(unavailable_after=datetime(2026, 10, 1, tzinfo=UTC)))
    assert {"noarchive", "noindex"} <= set(decided(past).rights.robots)
    later = record(rights=Rights(unavailable_after=datetime(2027, 1, 1, tzinfo=UTC)))
    assert decided(later).rights.robots == ()


# The body


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


# Full text


FULLTEXT = "<p>The first observer kept a second notebook, which is printed here in full and for the first time.</p>" * 8


@pytest.mark.parametrize(
    "walled",
    [
        f'<div class="paywall">{FULLTEXT}</div>',
        f'<div class="article-body" hidden>{FULLTEXT}</div>',
        f'<section id="fulltext" style="display: none">{FULLTEXT}</section>',
        '<script type="application/ld+json">{"@type":"Article","articleBody":"A second notebook here"}</script>',
        '<script type="application/ld+json">{"articleBody": "say \\"second notebook\\"", "name": "x"}</script>',
    ],
)
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
    ],
)
def test_what_only_looks_walled_stays(harmless: str) -> None:
    assert keep(f"<html><body><h1>{TITLE}</h1>{harmless}</body></html>", AbstractPolicy()).state == "kept"


# People


ADDRESSES = {
    "plain": "maud@lamps.example",
    "link": '<a href="mailto:maud@lamps.example">write</a>',
    "entities": "maud&#64;lamps&#46;example",
    "all entities": "".join(f"&#{ord(char)};" for char in "maud@lamps.example"),
    "hexadecimal": "".join(f"&#x{ord(char):x};" for char in "maud@lamps.example"),
    "script": r'<script>var m = "maud\u0040lamps.example";</script>',
    "percent": '<a href="mailto:maud%40lamps.example">write</a>',
    "attribute": '<span data-mail="maud@lamps.example"></span>',
    "split": "maud<span>@</span>lamps.example",
    "spelled": "maud [at] lamps [dot] example",
    "worded": "maud at lamps dot example",
    "several": "{maud,otto}@lamps.example",
    "xored": '<a data-cfemail="0a676b7f6e4a666b677a7924">write</a>',
    "comment": "<!-- maud@lamps.example -->",
}


@pytest.mark.parametrize("shape", ADDRESSES)
@pytest.mark.parametrize("policy", [AbstractPolicy(), NO_BASIS])
def test_no_address_of_a_person_is_kept(shape: str, policy: AbstractPolicy) -> None:
    kept = keep(
        f"<html><body><h1>{TITLE}</h1><p>Maud Quillfeather&#160;{ADDRESSES[shape]}, Anse</p></body></html>", policy
    )
    assert kept.page is not None
    text = kept.page.body.decode()
    assert kept.state == "cut"
    for part in ("maud", "otto", "lamps", "0a676b", "&#109;", "&#x6d;"):
        assert part not in text
    assert "Quillfeather" in text
    assert "e-mail" in kept.reason or not policy.keep


@pytest.mark.parametrize(
    "text",
    [
        "@media print",
        '{"@context": "https://schema.org"}',
        "/npm/jquery@3.6.0/x",
        "logo@2x.png",
        "Follow @lamps",
        "5 @ 3",
    ],
)
def test_what_is_no_address_stays(text: str) -> None:
    assert keep(f"<html><body><p>{text}</p></body></html>", AbstractPolicy()).state == "kept"


def test_a_body_too_large_to_cut_is_not_kept() -> None:
    kept = keep(f"<p>{ABSTRACT}</p>" + "<p>x</p>" * 700_000)
    assert (kept.page, kept.state) == (None, "none")
    assert "too large" in kept.reason


# Replay


class Address:
    url = "http://127.0.0.1:8901"
    host = "127.0.0.1:8901"


def sample_pages(tmp_path: Path) -> list[tuple[Page, Source]]:
    seeds(tmp_path, Address())
    catalogue = load(tmp_path)
    site = Site(Address.url)
    found = []
    for article_id in site.articles:
        path = site.path(article_id)
        answer = site.respond(path)
        if answer.status == 200:
            source = catalogue.for_saved_page(Address.url + path) or GENERIC
            kept = page(answer.body, ("tdm-reservation", "1"))
            found.append((kept.model_copy(update={"url": Address.url + path, "final_url": Address.url + path}), source))
    return found


def test_a_cut_page_reads_as_the_same_facts_and_the_same_verdict(tmp_path: Path) -> None:
    pages = sample_pages(tmp_path)
    assert len(pages) > 20
    for original, source in pages:
        first = extract(original, source)
        assert first.record is not None
        before = decided(first.record, page_robots=first.robots)
        rules = source.read.fulltext
        kept = body_to_keep(original, first.record, policy=before.rights.abstract_policy, robots=(), fulltext=rules)
        assert kept.page is not None
        text = kept.page.body.decode()
        assert not Phrases(abstract_texts(first.record), spare=fact_texts(first.record)).within(text)
        second = extract(kept.page, source)
        assert second.record is not None, (original.url, second.reason)
        assert meaning(decided(second.record, page_robots=second.robots)) == meaning(before), original.url
