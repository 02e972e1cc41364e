"""Saved pages and what must be read from them: one test per field of each case folder, and no surplus field.

`tests/sources/<source>/<case>/` holds `page.html` or `page.xml`, `page.json` (url, status, headers,
fetched_at: the frozen clock) and
`expected.json`: either the fields of `summary`, or `{"outcome": ...}` for a page that is no article. The folder's name
is a platform or source id of `seeds/`, or `generic`.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harvester.extraction.extract import Extraction, extract
from harvester.model.page import Page
from harvester.model.source import GENERIC
from harvester.sources import load
from harvester.trial.case import summary

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in (HERE / "sources").glob("*/*/expected.json"))


def read_page(folder: Path) -> Page:
    about = json.loads((folder / "page.json").read_text("utf-8"))
    return Page(
        url=about["url"],
        final_url=about["url"],
        status=about["status"],
        headers=tuple(about["headers"].items()),
        body=next(folder.glob("page.*ml")).read_bytes(),
        fetched_at=about["fetched_at"],
    )


@cache
def read(folder: Path) -> Extraction:
    source_id = folder.parent.name
    source = GENERIC if source_id == "generic" else load(HERE.parent / "seeds").get(source_id)
    return extract(read_page(folder), source)


def expected(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / "expected.json").read_text("utf-8"))
    return said


def field_cases() -> list[Any]:
    return [
        pytest.param(folder, field, id=f"{folder.parent.name}/{folder.name}:{field}")
        for folder in CASES
        for field in expected(folder)
    ]


@pytest.mark.parametrize(("folder", "field"), field_cases())
def test_field(folder: Path, field: str) -> None:
    found = read(folder)
    if field == "outcome":
        assert found.outcome == expected(folder)["outcome"], found.reason
        return
    assert found.record is not None, found.reason
    assert summary(found.record).get(field) == expected(folder)[field]


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_no_surplus_field(folder: Path) -> None:
    found = read(folder)
    if found.record is None:
        assert "outcome" in expected(folder), found.reason
    else:
        assert sorted(summary(found.record)) == sorted(expected(folder))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_no_mail_address_anywhere(folder: Path) -> None:
    found = read(folder)
    assert found.record is None or not re.search(r"[\w.+-]+@[\w-]+\.\w", found.record.model_dump_json())
