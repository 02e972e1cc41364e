"""Real pages, where they stand beside the project: every quote holds, nothing is invented."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.source import GENERIC
from tests.extraction.quotes import all_evidence, standing

CORPUS = Path(os.environ.get("HARVESTER_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "dev"
LABELS: list[dict[str, Any]] = (
    [json.loads(line) for line in (CORPUS / "labels.jsonl").read_text("utf-8").splitlines()]
    if (CORPUS / "labels.jsonl").is_file()
    else []
)


@pytest.mark.skipif(not LABELS, reason="no labelled pages beside the project")
@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["file"])
def test_every_quote_stands_where_it_says(label: dict[str, Any]) -> None:
    url = label["url"] or "https://journal.example/x"
    page = Page(
        url=url,
        final_url=url,
        body=(CORPUS / label["file"]).read_bytes(),
        fetched_at="2026-03-10T08:00:00Z",  # type: ignore[arg-type]
    )
    record = extract(page, GENERIC).record
    if record is None:
        assert label["kind"] != "article"
        return
    assert label["kind"] == "article"
    assert record.access.status == "unknown" or record.access.evidence
    for evidence in all_evidence(record):
        assert standing(page, evidence) == evidence.quote, evidence
