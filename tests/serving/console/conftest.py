"""The console of a real server over a store with a few records; its pages are looked at as trees."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lxml.html
import pytest
from articles import NOW
from fresh import store_at
from idle import Idle

from harvester.model.record import Record
from harvester.serving.app import make_app
from harvester.serving.server import Server
from storage.store import Store


@dataclass
class Seen:
    """An answer, and its page as a reader sees it."""

    status: int
    headers: Message
    body: bytes

    @property
    def tree(self) -> Any:
        return lxml.html.document_fromstring(self.body)

    @property
    def text(self) -> str:
        return " ".join(self.tree.find("body").text_content().split())

    def find(self, selector: str) -> list[Any]:
        found: list[Any] = self.tree.cssselect(selector)
        return found

    def link(self, words: str) -> str:
        """Where the first link leads whose text or label begins with these words."""
        said = ((one, (one.get("aria-label") or one.text_content()).strip()) for one in self.find("a[href]"))
        return str(next(one.get("href") for one, text in said if text.startswith(words)))


class Console:
    """Stores records, opens pages."""

    def __init__(self, store: Store, url: str) -> None:
        self.store = store
        self.url = url

    def keep(self, *records: Record) -> list[str]:
        saved = self.store.transact(lambda unit: self.store.records.save(unit, records, run_id=None, now=NOW))
        assert not [one.error for one in saved if one.error]
        return [one.record_id for one in saved]

    def open(self, address: str, **headers: str) -> Seen:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request("GET", address, headers={k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return Seen(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@pytest.fixture
def console(database: str, tmp_path: Path) -> Iterator[Console]:
    with store_at(database) as store, Server(make_app(store, tmp_path, Idle()), "127.0.0.1", 0) as server:
        yield Console(store, server.url)
