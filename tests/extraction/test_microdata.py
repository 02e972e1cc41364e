"""Microdata: the item of this page's article is read as its JSON-LD would be; other articles' items are not."""

from datetime import UTC, datetime

import pytest
from quotes import all_evidence, standing

from harvester.extraction.document import Document
from harvester.extraction.extract import extract
from harvester.extraction.signals import microdata
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.source import GENERIC

URL = "https://journal.example/article/9"
TITLE = "Ferries of the northern sound"
TEXT = (
    "The timetables of six ferries are compared with the log books of their masters. Crossings that were printed as "
    "daily ran on four days out of seven, and the reason given was the wind in nine cases out of ten."
)
OTHER = (
    '<div itemscope itemtype="https://schema.org/ScholarlyArticle"><a itemprop="name">Bridges of the southern sound</a>'
    '<meta itemprop="isAccessibleForFree" content="true"><link itemprop="license" '
    'href="https://creativecommons.org/licenses/by/4.0/"><span itemprop="author">Other Person</span></div>'
)


def page(body: str, head: str = "", lang: str = "en") -> Page:
    html = f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
    headers = (("content-type", "text/html"),)
    return Page(
        url=URL, final_url=URL, headers=headers, body=html.encode(), fetched_at=datetime(2026, 3, 10, tzinfo=UTC)
    )


def item(properties: str = "", kind: str = "ScholarlyArticle") -> str:
    return (
        f'<article itemscope itemtype="https://schema.org/{kind}"><h1 itemprop="headline">{TITLE}</h1>'
        f'<span itemprop="author">Ida Vane</span>{properties}<p itemprop="description">{TEXT}</p></article>'
    )


def record_of(served: Page) -> Record:
    found = extract(served, GENERIC)
    assert found.record is not None, found.reason
    for evidence in all_evidence(found.record):
        assert standing(served, evidence) == evidence.quote
    return found.record


def names(served: Page) -> dict[str, str]:
    return {signal.name: signal.value for signal in microdata.read(Document(served))[0]}


@pytest.mark.parametrize("kind", ["ScholarlyArticle", "MedicalScholarlyArticle", "Article", "Thesis", "Chapter"])
def test_types_of_articles(kind: str) -> None:
    assert names(page(item(kind=kind)))["headline"] == TITLE


@pytest.mark.parametrize("kind", ["NewsArticle", "WebPage", "Organization", "Product", "Recipe"])
def test_types_of_other_things(kind: str) -> None:
    assert not names(page(item(kind=kind)))


@pytest.mark.parametrize(
    ("flag", "status"),
    [("true", "free"), ("True", "free"), ("false", "subscription"), ("http://schema.org/False", "subscription")],
)  # fmt: skip
def test_the_flag_of_this_article(flag: str, status: str) -> None:
    record = record_of(page(item(f'<meta itemprop="isAccessibleForFree" content="{flag}">')))
    assert record.access.status == status


@pytest.mark.parametrize(
    "around",
    ["{}", "<aside>{}</aside>", '<section class="related">{}</section>', "<ul><li>{}</li></ul>", "<footer>{}</footer>"],
    ids=["bare", "aside", "related", "list", "footer"],
)
def test_other_articles_items_are_theirs(around: str) -> None:
    record = record_of(page(item() + around.format(OTHER)))
    assert record.access.status == "unknown"
    assert not record.rights.licences
    assert [person.name for person in record.contributors] == ["Ida Vane"]


def test_items_of_others_inside_this_articles() -> None:
    record = record_of(page(item(f'<div class="box">{OTHER}</div>')))
    assert record.access.status == "unknown"
    assert [person.name for person in record.contributors] == ["Ida Vane"]


def test_only_items_of_others() -> None:
    assert not names(page(f"<h1>{TITLE}</h1>{OTHER}{OTHER}"))


def test_references_inside_the_item() -> None:
    references = (
        '<ol class="references"><li><span itemprop="author">Old Author</span> <span itemprop="datePublished">1902'
    )
    served = page(item(f'<time itemprop="datePublished" datetime="2020-05-06">May</time>{references}</span></li></ol>'))
    record = record_of(served)
    assert [date.value for date in record.dates] == ["2020-05-06"]
    assert [person.name for person in record.contributors] == ["Ida Vane"]


def test_the_text_of_the_article_is_never_a_value() -> None:
    assert "SECRET" not in record_of(page(item('<div itemprop="articleBody">SECRET text</div>'))).model_dump_json()


def test_people_with_orcid_and_marks() -> None:
    people = '<span itemprop="author">Tom Weir<sup>1,2</sup> <a href="https://orcid.org/0000-0002-1825-0097">orcid</a></span>'
    record = record_of(page(item(people)))
    assert [(person.name, person.orcid) for person in record.contributors] == [
        ("Ida Vane", None),
        ("Tom Weir", "0000-0002-1825-0097"),
    ]


def test_marks_in_a_title_are_its_own() -> None:
    assert (
        names(page(item().replace(TITLE, "Salt and Ca<sup>2+</sup> in ferries")))["headline"]
        == "Salt and Ca2+ in ferries"
    )


def test_a_language_declared_on_the_property() -> None:
    served = page(item('<p lang="fr" itemprop="alternativeHeadline">Les bacs du détroit du nord</p>'))
    assert record_of(served).titles["fr"].value == "Les bacs du détroit du nord"


def test_references_to_other_elements_and_loops_end() -> None:
    body = (
        '<div id="a" itemprop="isPartOf" itemscope itemtype="https://schema.org/Periodical" itemref="a">'
        '<span itemprop="name">Sound Papers</span></div>' + item().replace("<article", '<article itemref="a nothing a"')
    )
    assert record_of(page(body)).container.titles == {"und": "Sound Papers"}


def test_hostile_nesting_ends() -> None:
    deep = '<div itemprop="isPartOf" itemscope itemtype="https://schema.org/Periodical">' * 3_000
    assert names(page(item(deep)))["headline"] == TITLE


def test_a_template_that_calls_every_page_an_article_proves_nothing() -> None:
    html = page(f'<h1 itemprop="name">Ferries and bridges</h1><ul>{"<li><a href=/a/1>One</a></li>" * 5}</ul>')
    body = html.body.replace(b'<html lang="en">', b'<html lang="en" itemscope itemtype="https://schema.org/Article">')
    body = body.replace(b"</head>", b'<meta itemprop="keywords" content="ferry, bridge"></head>')
    assert extract(html.model_copy(update={"body": body}), GENERIC).record is None


@pytest.mark.parametrize(
    "box",
    [
        '<div class="teaser"><h3>Bridges</h3><meta itemprop="isAccessibleForFree" content="true">{}</div>',
        '<div><h3><a href="/8">Bridges</a></h3><meta itemprop="isAccessibleForFree" content="true">{}</div>',
    ],
)
def test_what_stands_in_a_teaser_of_a_page_that_is_one_item_is_anothers(box: str) -> None:
    head = f'<meta name="citation_title" content="{TITLE}"><meta name="citation_author" content="Vane, Ida">'
    other = box.format('<span itemprop="author">Other Person</span>')
    body = f"<h1>{TITLE}</h1><h2>Abstract</h2><p>{TEXT}</p>{other}"
    made = page(body, head)
    whole = made.body.replace(b"<body", b'<body itemscope itemtype="https://schema.org/ScholarlyArticle"')
    record = extract(made.model_copy(update={"body": whole}), GENERIC).record
    assert record is not None
    assert record.access.status == "unknown"
    assert [person.name for person in record.contributors] == ["Vane, Ida"]
