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
        "<article><front><a/></front><body><![CDATA[</body>]]><p>SECRET</p></body></article>",
        "<article><front><a/></front></body></article>",
    ],
    ids=["unclosed", "ends twice", "only an end"],
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


def test_many_elements_that_never_end_cost_little() -> None:
    assert without_text("<article><front><a/></front></body>" + "<body>" * 500_000) is None
