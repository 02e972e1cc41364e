"""Somebody at the desk: signs in with a role, keeps cookies, fills in forms as a browser does."""

import http.client
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from opened import Console, Seen

from harvester.model.account import Role
from harvester.passwords import hashed

PASSWORD = "lantern quay tide"
KEPT = hashed(PASSWORD)
COOKIE = "harvester"


class Visitor:
    """A browser with one cookie jar, at one console."""

    def __init__(self, console: Console, role: Role | None = None, *, name: str = "") -> None:
        self.console = console
        self.cookies: dict[str, str] = {}
        self.name = name or (role.value if role else "")
        if role is not None:
            self.cookies[COOKIE] = console.store.transact(lambda unit: self._begin(unit, role))

    def _begin(self, unit: Any, role: Role) -> str:
        accounts, now = self.console.store.accounts, datetime.now(UTC)
        known = accounts.credentials(self.name)
        account = known.account if known else accounts.add(unit, self.name, role, KEPT, now)
        return accounts.begin(unit, account.id, now)

    def ask(self, method: str, address: str, form: dict[str, str] | None = None, /, **headers: str) -> Seen:
        """One request; no redirect is followed."""
        connection = http.client.HTTPConnection(urlsplit(self.console.url).netloc, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, address.partition("#")[0], urlencode(form) if form is not None else None, sent)
            answer = connection.getresponse()
            for line in answer.headers.get_all("set-cookie") or ():
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value.strip('"')
            return Seen(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def open(self, address: str, **headers: str) -> Seen:
        return self.ask("GET", address, **headers)

    def token(self, page: str = "/en/desk/password") -> str:
        """What a form of a page brings back."""
        return str(self.open(page).find("input[name=token]")[0].get("value"))

    def send(self, address: str, page: str = "/en/desk/password", /, **form: str) -> Seen:
        """A form of a page, sent as a browser sends it."""
        return self.ask("POST", address, {"token": self.token(page), **form}, Origin=self.console.url)

    def sign_in(self, name: str, password: str = PASSWORD, **form: str) -> Seen:
        return self.send("/en/desk/login", "/en/desk/login", name=name, password=password, **form)
