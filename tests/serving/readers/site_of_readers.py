"""The application on loopback, asked with the addresses that stand in mails."""

import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPMessage
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from desk import BASE, Desk
from fastapi import FastAPI
from idle import Idle
from lxml import html
from post_office import Office

from harvester.serving import readers
from harvester.serving.app import make_app
from harvester.serving.server import Server


class Answer(NamedTuple):
    """An answer of the application."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def title(self) -> str:
        return str(html.fromstring(self.body).xpath("string(//h1)"))


class Site:
    """Use as a context manager."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk = desk
        app = FastAPI()
        app.include_router(readers.router(desk.store, desk.settings, lambda: desk.now))  # at the desk's time
        app.mount("/", make_app(desk.store, folder, Idle(), desk.settings))
        self.server = Server(app, "127.0.0.1", 0)

    def __enter__(self) -> "Site":
        self.server.__enter__()
        return self

    def __exit__(self, *given: object) -> None:
        self.server.__exit__(*given)

    def ask(self, url: str, form: Mapping[str, object] | None = None, **headers: str) -> Answer:
        """GET, or POST of a form; of an address as it stands in a mail."""
        path = url.removeprefix(BASE)
        body = None if form is None else urlencode(form, doseq=True).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.server.url + path, body, named)
        try:
            with urllib.request.urlopen(request, timeout=30) as found:
                return Answer(found.status, found.headers, found.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


def links(office: Office, address: str) -> dict[str, str]:
    """By kind, the links of the latest mail to an address."""
    text = office.to(address)[-1].message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    return {kind: url for url, kind in re.findall(rf"({BASE}/readers/(\w+)/\S+)", text)}
