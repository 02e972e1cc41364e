"""A client of the API that keeps to HTTP: what was answered, with its headers, as bytes and as JSON."""

import http.client
import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from harvester.model.key import Scope
from harvester.model.record import Record
from storage.store import Store

sys.path.append(str(Path(__file__).parents[2] / "storage"))

from made import make_record

__all__ = ["Answer", "Client", "key_for", "make_record", "put"]


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The kind of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self
        assert self.json["status"] == self.status
        return str(self.json["type"].rpartition("/")[2])

    @property
    def links(self) -> dict[str, list[str]]:
        """Targets by relation."""
        found: dict[str, list[str]] = {}
        for one in self.headers.get("link", "").split(", <"):
            target, _, rest = one.lstrip("<").partition(">")
            found.setdefault(rest.partition('rel="')[2].partition('"')[0], []).append(target)
        return found


@dataclass
class Client:
    """Asks one server, with a key if it has one."""

    url: str
    key: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, path: str, method: str = "GET", body: bytes | None = None, **query: Any) -> Answer:
        headers = {name: str(query.pop(name)) for name in list(query) if name[0].isupper()}
        said = urlencode(query, doseq=True)
        target = f"{path if path.startswith('/') else f'/api/v1/{path}'}{'?' if said else ''}{said}"
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return self.ask(target, method, body, sent)

    def ask(self, target: str, method: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            connection.request(method, target, body, headers)
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        finally:
            connection.close()

    def with_key(self, key: str) -> "Client":
        return Client(self.url, key)


def put(store: Store, *records: Record, at: datetime | None = None) -> None:
    """Save records."""
    now = at or datetime.now(UTC)
    saved = store.transact(lambda unit: store.records.save(unit, records, run_id=None, now=now))
    assert not [one.error for one in saved if one.error]


def key_for(store: Store, *scopes: Scope, rate: int | None = None) -> str:
    """A new key."""
    return store.transact(lambda unit: store.keys.add(unit, "tests", scopes, datetime.now(UTC), rate))[1]
