"""The requests of the README are answered, and its table names the formats there are."""

import re
from pathlib import Path

import pytest
from provider import asked, errors

from harvester.serving.oai.door import AT_ONCE
from harvester.serving.oai.metadata import FORMATS
from harvester.serving.oai.repository import _PATIENCE_S

SECTION = (
    (Path(__file__).parents[3] / "README.md").read_text("utf-8").partition("## OAI-PMH\n")[2].partition("\n## ")[0]
)
QUERIES = re.findall(r"curl 'http://127\.0\.0\.1:8000/oai\?(.*)'", SECTION)


@pytest.mark.parametrize("query", QUERIES)
def test_every_request_is_one_of_the_protocol(query: str, shared: str) -> None:
    assert set(errors(asked(f"{shared}/oai?{query}"))) <= {"noRecordsMatch"}


def test_formats_and_bounds_are_those_of_the_code() -> None:
    assert QUERIES
    assert re.findall(r"^\| `(\w+)` \|", SECTION, re.MULTILINE) == list(FORMATS)
    assert f"{AT_ONCE} requests" in SECTION
    assert f"{_PATIENCE_S:.0f} seconds" in SECTION
