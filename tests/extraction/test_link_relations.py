"""Link relations: elements, HTTP Link headers by RFC 8288, and what signposting lets them say."""

import time
from datetime import UTC, datetime

import pytest
from machine import seconds
from quotes import all_evidence, standing

from harvester.extraction.document import Document
from harvester.extraction.extract import extract
from harvester.extraction.signals import links
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.source import GENERIC, Source, UrlRules

URL = "https://journal.example/article/5"


def page(*headers: str, head: str = "", body: str = "", author: str = "Ida Vane") -> Page:
    html = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{head}'
        '<meta name="citation_title" content="Locks of the upper town">'
        f'<meta name="citation_author" content="{author}"></head><body>'
        f"<h1>Locks of the upper town</h1>{body}</body></html>"
    )
    pairs = (("content-type", "text/html"), *(("link", header) for header in headers))
    return Page(url=URL, final_url=URL, headers=pairs, body=html.encode(), fetched_at=datetime(2026, 3, 10, tzinfo=UTC))


def record_of(served: Page) -> Record:
    found = extract(served, GENERIC)
    assert found.record is not None, found.reason
    for evidence in all_evidence(found.record):
        assert standing(served, evidence) == evidence.quote
    return found.record


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<https://doi.org/10.5555/a>; rel=cite-as", [("cite-as", "https://doi.org/10.5555/a")]),
        ('<https://doi.org/10.5555/a> ;rel = "cite-as"', [("cite-as", "https://doi.org/10.5555/a")]),
        ('<https://a.example/x,y;z>; rel="item"', [("item", "https://a.example/x,y;z")]),
        ('</files/5.pdf>; rel="item"; type="application/pdf"', [("item", "https://journal.example/files/5.pdf")]),
        ('<https://a.example/>; title="x, <y>; rel=license"; rel="type"', [("type", "https://a.example/")]),
        ('<https://a.example/>; title="a \\" quote"; rel="type"', [("type", "https://a.example/")]),
        ('<https://a.example/1>; rel="type", , <https://a.example/2>; rel="license"',
         [("type", "https://a.example/1"), ("license", "https://a.example/2")]),
        ('<https://a.example/>; rel="author license"', [("author", "https://a.example/"), ("license", "https://a.example/")]),
        ('<https://a.example/>; REL="Author"', [("author", "https://a.example/")]),
        ('<https://a.example/>; rel="stylesheet"; rel="license"', []),
        ('<https://a.example/>; rev="license"', []),
        ('<https://a.example/>; rel="license"; anchor="#figure"', [("license", "https://a.example/")]),
        ('<https://a.example/>; rel="license"; anchor="/article/6"', []),
        ('<https://a.example/1>; what?! is "this, <https://a.example/2>; rel="license"', [("license", "https://a.example/2")]),
        ("<https://a.example/", []),
        ("rel=license", []),
        ("", []),
    ],
    ids=[
        "token", "spaces", "commas in the target", "relative", "quoted links", "escaped quote", "several",
        "two relations", "upper case", "first rel counts", "rev", "same page", "another page", "broken", "unclosed",
        "no target", "empty",
    ],
)  # fmt: skip
def test_headers(header: str, expected: list[tuple[str, str]]) -> None:
    found = links.of_headers(Document(page(header)))
    assert [(signal.name, signal.value) for signal in found] == expected


def test_extended_titles() -> None:
    header = "<https://a.example/>; rel=author; title=plain; title*=UTF-8''%C3%89lise%20V"
    assert links.of_headers(Document(page(header)))[0].items[1] == "Élise V"


@pytest.mark.parametrize("header", ["<" * 60_000, "<a>;" * 15_000, '<a>;b="' * 9_000, "<a>" + ";" * 60_000])
def test_hostile_headers_are_read_in_no_time(header: str) -> None:
    before = time.process_time()
    links.of_headers(Document(page(header)))
    assert time.process_time() - before <= seconds(5)  # seconds of CPU, as any hostile page may cost


def test_signposting_of_a_landing_page() -> None:
    record = record_of(
        page(
            '<https://doi.org/10.5555/LOCKS.5>; rel="cite-as", <https://orcid.org/0000-0002-1825-0097>; rel="author"',
            '<https://creativecommons.org/licenses/by/4.0/>; rel="license", '
            '<https://journal.example/5.pdf>; rel="item"; type="application/pdf", '
            '<https://schema.org/ScholarlyArticle>; rel="type", <https://journal.example/5.json>; rel="linkset"',
        )
    )
    assert record.identifier("doi") == "10.5555/locks.5"
    assert record.contributors[0].orcid == "0000-0002-1825-0097"
    assert [licence.spdx for licence in record.rights.licences] == ["CC-BY-4.0"]
    assert [(one.url, one.content) for one in record.locations[1:]] == [
        ("https://journal.example/5.pdf", "fulltext_pdf")
    ]
    assert record.access.status == "open"
    assert record.access.evidence[0].where == "header:link"


def test_one_orcid_never_goes_to_one_of_several() -> None:
    record = record_of(page('<https://orcid.org/0000-0002-1825-0097>; rel="author"', author="Vane, Ida; Weir, Tom"))
    assert [person.orcid for person in record.contributors] == [None, None]


def test_an_author_link_with_a_name_goes_to_that_name() -> None:
    body = '<a rel="author" href="https://orcid.org/0000-0002-1825-0097">Tom Weir</a>'
    record = record_of(page(body=body, author="Ida Vane; Tom Weir"))
    assert [person.orcid for person in record.contributors] == [None, "0000-0002-1825-0097"]


def test_several_files_are_no_full_text() -> None:
    record = record_of(
        page(
            '<https://journal.example/5.pdf>; rel="item"; type="application/pdf", '
            '<https://journal.example/5s.pdf>; rel="item"; type="application/pdf"'
        )
    )
    assert len(record.locations) == 1


def test_a_link_in_the_text_does_not_name_the_page() -> None:
    body = '<p>See <a rel="cite-as" href="https://doi.org/10.5555/another">this</a></p>'
    assert "cite-as" not in [signal.name for signal in links.read(Document(page(body=body)))]


@pytest.mark.parametrize(
    ("pattern", "stated", "url"),
    [
        (r"/article/\d+", "/article/5/locks", "https://journal.example/article/5/locks"),
        (r"/article/(?P<id>\d+)", "http://journal.example/article/5/locks", "https://journal.example/article/5/locks"),
        (r"/article/(?P<id>\d+)", "/article/6", URL),
        (r"/article/\d+", "https://other.example/article/5", URL),
        (r"/article/\d+", "https://journal.example/", URL),
    ],
    ids=["stated", "same id", "another id", "another host", "no article"],
)
@pytest.mark.fault(92, 99)
def test_an_article_has_the_address_that_it_states(pattern: str, stated: str, url: str) -> None:
    source = Source(id="a", name="A", hosts=("journal.example",), languages=("en",), urls=UrlRules(article=(pattern,)))
    record = extract(page(head=f'<link rel="canonical" href="{stated}">'), source).record
    assert record is not None
    assert record.url == url
