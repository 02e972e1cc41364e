"""Pages whose bytes or data are damaged: read rightly, or flagged; what is lost in one place is read in another."""

import json
import unicodedata
from datetime import UTC, datetime

import pytest

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.source import GENERIC

URL = "https://journal.example/article/12"
TITLE = "Œdèmes et fièvres de l’été à Besançon"
TEXT = (
    "Les carnets de deux médecins de la citadelle sont dépouillés pour la première fois. Les œdèmes y paraissent après "
    "chaque été pluvieux, et l’eau du puits est mise en cause dès la troisième année."
)


def html(title: str = TITLE, head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="fr"><head>{head}<title>{title}</title><meta name="citation_title" '
        f'content="{title}"><meta name="citation_date" content="2025/03/04"></head>'
        f"<body><h1>{title}</h1><h2>Résumé</h2><p>{TEXT}</p></body></html>"
    )


def record_of(body: bytes, content_type: str = "text/html") -> Record:
    headers = (("content-type", content_type),)
    page = Page(url=URL, final_url=URL, headers=headers, body=body, fetched_at=datetime(2026, 3, 10, tzinfo=UTC))
    record = extract(page, GENERIC).record
    assert record is not None
    return record


META = '<meta charset="{}">'


@pytest.mark.fault(146)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (html().encode("cp1252"), "text/html"),
        (html().encode("cp1252"), "text/html; charset=utf-8"),
        (html().encode("cp1252"), "text/html; charset=ISO-8859-1"),
        (html(head=META.format("iso-8859-1")).encode("cp1252"), "text/html"),
        (html(head=META.format("utf-8")).encode("cp1252"), "text/html"),
        (html(head=META.format("iso-8859-1")).encode(), "text/html; charset=utf-8"),
        (b"\xef\xbb\xbf" + html(head=META.format("iso-8859-1")).encode(), "text/html"),
        (html(head=META.format("utf-8")).encode("utf-16"), "text/html"),
        (b"\xff\xfe" + html().encode("utf-16-le"), "text/html; charset=utf-8"),
    ],
    ids=[
        "cp1252, unlabelled", "cp1252 as utf-8", "cp1252 as latin-1", "cp1252, meta latin-1", "cp1252, meta utf-8",
        "utf-8, meta latin-1", "bom, meta latin-1", "utf-16 with bom", "utf-16 as utf-8",
    ],
)  # fmt: skip
def test_mislabelled_bytes_are_the_right_letters(body: bytes, content_type: str) -> None:
    record = record_of(body, content_type)
    assert record.titles["fr"].value == TITLE
    assert record.abstracts["fr"].value == TEXT


@pytest.mark.fault(146)
def test_letters_that_are_lost_are_never_lost_silently() -> None:
    record = record_of(html().encode().replace("é".encode(), b"\xc3(", 1), "text/html; charset=utf-8")
    assert "encoding_suspect" in record.flags
    assert record.provenance.encoding_suspect


@pytest.mark.fault(147)
@pytest.mark.parametrize(
    "title",
    [
        TITLE.replace("é", "&amp;eacute;"),
        unicodedata.normalize("NFD", TITLE),
        TITLE.replace("fièvres", "fiè\u200bv\u2060res").replace("et ", "et \u202a"),
        TITLE.encode().decode("cp1252", "replace"),
    ],
    ids=["escaped twice", "decomposed", "invisible marks", "encoded twice"],
)
def test_damaged_letters_are_mended_or_flagged(title: str) -> None:
    record = record_of(html(title).encode())
    assert record.titles["fr"].value == TITLE or "encoding_suspect" in record.flags
    for one in (*record.titles.values(), *record.abstracts.values()):
        assert unicodedata.is_normalized("NFC", one.value)


DATA = {
    "@type": "ScholarlyArticle",
    "headline": TITLE,
    "author": [{"@type": "Person", "name": "Ida Vane"}, {"@type": "Person", "name": "Otto Kern"}],
    "datePublished": "2025-03-04",
    "isPartOf": {"@type": "Periodical", "name": "Annales des eaux", "issn": "0378-5955"},
}


def scripted(text: str) -> bytes:
    return html(head=f'<script type="application/ld+json">{text}</script>').encode()


@pytest.mark.fault(149)
@pytest.mark.parametrize(
    "text",
    [
        json.dumps([{"@type": "WebSite", "name": "Annales"}, DATA]),
        json.dumps({"@context": "https://schema.org", "@graph": [{"@type": "BreadcrumbList"}, DATA]}),
        json.dumps(DATA)[:-1] + ",}",
        "<!--" + json.dumps(DATA) + "-->",
        json.dumps(DATA, ensure_ascii=False).replace('"2025-03-04"', '"2025-03-04",\n"description": "two\nlines"'),
    ],
    ids=["list", "graph", "trailing comma", "comment", "bare line end"],
)
def test_linked_data_in_any_shape_is_read(text: str) -> None:
    record = record_of(scripted(text))
    assert record.container.titles and "Annales des eaux" in record.container.titles.values()
    assert [one.name for one in record.contributors] == ["Ida Vane", "Otto Kern"]
    assert record.titles["fr"].value == TITLE


@pytest.mark.fault(149)
@pytest.mark.parametrize(
    "text", ['{"@type": "ScholarlyArticle", "headline": "X', "]{", "", "null", '"text"', "[[[[1]]]]"]
)
def test_what_is_no_linked_data_leaves_the_page(text: str) -> None:
    record = record_of(scripted(text))
    assert record.titles["fr"].value == TITLE
    assert record.abstracts["fr"].value == TEXT
