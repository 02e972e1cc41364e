"""An article that comes as XML is archived without its text, and reads as before."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.record import AbstractPolicy, Record, meaning
from harvester.model.source import GENERIC
from harvester.policy.body import Kept, body_to_keep
from harvester.policy.xml_text import without_text

CASE = Path(__file__).parents[1] / "sources" / "generic" / "jats-two-languages" / "page.xml"
RESERVED = AbstractPolicy(basis="none", keep=False, show="nobody", redistribute=False)


def page(body: bytes) -> Page:
    url = "https://journal.example/article/3/xml"
    headers = (("content-type", "application/xml"),)
    return Page(url=url, final_url=url, headers=headers, body=body, fetched_at=datetime(2026, 3, 10, tzinfo=UTC))


def kept(served: Page, policy: AbstractPolicy) -> tuple[Record, Kept]:
    record = extract(served, GENERIC).record
    assert record is not None
    return record, body_to_keep(served, record, policy=policy, robots=())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_archive_holds_what_describes_the_article(encoding: str) -> None:
    text = CASE.read_text("utf-8").replace("UTF-8", encoding.upper())
    record, found = kept(page(text.encode(encoding)), AbstractPolicy())
    assert found.state == "cut"
    assert "full text" in found.reason
    assert found.page is not None
    assert "TEXTE-ENTIER" not in found.page.body.decode(encoding)
    again = extract(found.page, GENERIC).record
    assert again is not None
    assert meaning(again) == meaning(record)


def test_a_reserved_abstract_is_cut_too() -> None:
    _, found = kept(page(CASE.read_bytes()), RESERVED)
    assert found.page is None or b"saumons" not in found.page.body


@pytest.mark.parametrize(
    "text",
    [
        "<article><front><a/></front><body><p>SECRET</p></article>",
        "<article><front><a/></front><body></body><p>SECRET</p></body></article>",
        '<!DOCTYPE article [<!ENTITY b "]><p>SECRET</p>">]><article><front><a/></front></article>',
        "<article><front><a/></front></article><body>SECRET</body>",
        "<article><front><a/></front></body></article>",
    ],
    ids=["unclosed", "ends twice", "a subset that ends twice", "two roots", "only an end"],
)
def test_what_cannot_be_cut_with_certainty_is_not_kept(text: str) -> None:
    assert without_text(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><html><body><p>In front of the mill.</p></body></html>",
        "<article><front><a/></front></article>",
        "<article><front><a/></front><body/></article>",
    ],
    ids=["html", "metadata alone", "empty"],
)
def test_pages_without_such_a_text_stay_as_they_are(text: str) -> None:
    assert without_text(text) == text


def test_prefixes_and_parts() -> None:
    text = '<j:article><j:front><a/></j:front><j:body id="b">one</j:body><j:back>two</j:back></j:article>'
    assert without_text(text) == "<j:article><j:front><a/></j:front><j:body/><j:back/></j:article>"


@pytest.mark.parametrize(
    "more", ["<body>", "<!--", "a", "<![CDATA[", "<a '"], ids=["tags", "comments", "name", "data", "quotes"]
)
def test_what_never_ends_costs_little(more: str) -> None:
    assert without_text("<article><front><a/></front><a" + more * 500_000) is None


FRONT = (
    "<title-group><article-title>Slate roofs</article-title></title-group><abstract><p>Lichens on slate roofs were "
    "counted by hand in nine years, and the counts compared with the rain.</p></abstract>"
)


@pytest.mark.parametrize(
    "text",
    [
        f"<article><front-stub>{FRONT}</front-stub><body><p>SECRET</p></body></article>",
        f"<article><front><article-meta>{FRONT}</article-meta></front><!--{'x' * 2000} <html > SECRET -->"
        "<body><p>SECRET</p></body></article>",
        f"<article><front><article-meta>{FRONT}</article-meta></front><sec><p>SECRET</p></sec></article>",
        f"<article><front><article-meta>{FRONT}</article-meta></front><Body><p>SECRET</p></Body></article>",
        f"<article><front><article-meta>{FRONT}</article-meta></front>SECRET<![CDATA[SECRET]]></article>",
        f"<article><front><article-meta>{FRONT}</article-meta></front><response><front-stub/><p>SECRET</p></response>"
        "</article>",
        "<!DOCTYPE article [<!ENTITY b 'SECRET'>]>"
        f"<article><front><article-meta>{FRONT}</article-meta></front><body>&b;</body></article>",
        f"<article><front><article-meta>{FRONT}</article-meta></front><body><![CDATA[</body>]]>SECRET</body></article>",
    ],
    ids=["front-stub", "html in a comment", "sec", "capital", "bare words", "response", "entity", "character data"],
)
@pytest.mark.parametrize("policy", [AbstractPolicy(), RESERVED], ids=["open", "reserved"])
def test_only_the_front_of_an_article_is_kept(text: str, policy: AbstractPolicy) -> None:
    served = page(f'<?xml version="1.0"?>{text}'.encode())
    record, found = kept(served, policy)
    assert found.page is None or b"SECRET" not in found.page.body
    if policy.keep:
        assert found.page
        again = extract(found.page, GENERIC).record
        assert again
        assert meaning(again) == meaning(record)
