"""Whose ORCID iD a printed link is: the name it stands behind, the one name of its entry, or nobody's."""

from datetime import UTC, datetime

import pytest

from harvester.extraction.document import Document
from harvester.extraction.fields.printed_ids import printed_ids
from harvester.model.page import Page

ONE, OTHER = "0000-0002-1825-0097", "0000-0001-5109-3700"
A, B = (f'<a href="https://orcid.org/{one}"><img alt=""></a>' for one in (ONE, OTHER))
NAMES = [("Quill", "Ann"), ("Rook", "Bo")]


def read(markup: str, names: list[tuple[str, str]]) -> dict[int, str]:
    url = "https://journal.example/1"
    page = Page(
        url=url,
        final_url=url,
        headers=(("content-type", "text/html; charset=utf-8"),),
        body=f"<body>{markup}</body>".encode(),
        fetched_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    return printed_ids(Document(page), names)


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        (f"<p>Ann Quill {A}, Bo Rook {B}</p>", {0: ONE, 1: OTHER}),
        (f"<p>Ann Quill and Bo Rook {B}</p>", {1: OTHER}),
        (f"<ul><li>A. Quill {A}</li><li>Bo Rook<div>{B}</div></li></ul>", {0: ONE, 1: OTHER}),
        (f"<p>Ann Quill <span>{A}{A}</span></p>", {0: ONE}),
        (f"<p>{A} Ann Quill, {B} Bo Rook</p>", {}),
        (f"<p>Ann Quill {A}{B}</p>", {}),
        (f"<p>Ann Quill</p><div>Editor: Zed Crow {B}</div>", {}),
        ("<p>Ann Quill <a href='https://orcid.org/0000-0002-1825-0098'>iD</a></p>", {}),
    ],
)
def test_a_link_is_of_the_name_that_it_stands_with(markup: str, found: dict[int, str]) -> None:
    assert read(markup, NAMES) == found


def test_one_family_name_is_told_apart_by_the_given_names() -> None:
    assert read(f"<p>Y. Chen {A}, J. Chen {B}</p>", [("Chen", "Yang"), ("Chen", "Jin")]) == {0: ONE, 1: OTHER}
