"""What a page's head says of its other languages."""

import time
from datetime import UTC, datetime

from machine import seconds

from harvester.ingest.faces import other_faces
from harvester.model.page import Page

URL = "https://journal.example/en/1"


def _page(head: str) -> Page:
    body = f"<html><head>{head}</head><body></body></html>".encode()
    return Page(url=URL, final_url=URL, headers=(), body=body, fetched_at=datetime(2026, 3, 10, tzinfo=UTC))


def test_links_in_any_spelling_are_read() -> None:
    page = _page('<LINK rel="stylesheet" href="/x"><LINK REL="alternate" HREFLANG="fr" href="/fr/1">')
    assert other_faces(page) == {"fr": "https://journal.example/fr/1"}


def test_links_that_never_close_cost_little() -> None:
    began = time.process_time()
    assert other_faces(_page("<link " * 300_000 + "hreflang")) == {}
    assert time.process_time() - began < seconds(5)
