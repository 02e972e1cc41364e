"""Loaded once in the process from which those that read hostile pages are forked: extraction, its tables read."""

from datetime import UTC, datetime

from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.source import GENERIC

_URL = "http://127.0.0.1/article/1"
_PAGE = (
    b'<html lang="en"><head><meta name="citation_title" content="Of tides"></head><body><h1>Of tides</h1></body></html>'
)

extract(Page(url=_URL, final_url=_URL, body=_PAGE, fetched_at=datetime(2030, 6, 15, tzinfo=UTC)), GENERIC)
