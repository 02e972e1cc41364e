"""Pages of a console, opened over HTTP and looked at as trees."""

import http.client
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from shelved import NOW

from harvester.model.record import Record
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
