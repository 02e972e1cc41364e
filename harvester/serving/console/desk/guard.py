"""The table of routes as routes of the application, each behind the same guard.

A look asks for a session and its role. An act asks, in this order, that the form comes from a page of ours (Origin),
for a session, for the token of its forms, and for the role; what it does and its entry in the audit log are one
transaction. Nobody signed in: a page leads to where one signs in (303), everything else is 401. Another role, a form of
another site, no token: 403.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from harvester.errors import UsageError
from harvester.model.account import Role
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Act, Asked, Done, Look
from harvester.serving.console.desk.routes import ROUTES
from harvester.serving.console.wording import LANGUAGES, Wording, wording
from harvester.serving.rates import address_of
from harvester.serving.readers.forms import Said, one, said
from storage.unit import Unit

TOKEN = "token"  # noqa: S105 (the name of a form's field)
_COOKIE = "harvester"
_SECRET = re.compile(r"[\w-]{43}")
_NO_FORM: Said = {}


def router(office: Office, routes: Sequence[Look | Act] = ROUTES) -> APIRouter:
    """Every route of the table, in each language."""
    found = APIRouter(include_in_schema=False)
    for language in LANGUAGES:
        guard = _Guard(office, wording(language))
        found.add_api_route(f"/{language}/desk", _bare)
        for route in routes:
            path = f"/{language}/desk/{route.path}"
            if isinstance(route, Look):
                found.add_api_route(path, guard.looking(route))
            else:
                found.add_api_route(path, guard.acting(route), methods=["POST"])
        found.add_api_route(f"/{language}/desk/{{rest:path}}", guard.looking(_NOTHING_ELSE))
    return found


def is_signed_in(office: Office, request: Request) -> bool:
    """Whether whoever asks for a readers' page has a session: he is shown the way to the desk, and nothing else."""
    secret = _secret(office, request)
    return bool(secret) and office.store.accounts.signed_in(secret, datetime.now(UTC)) is not None


def _cookie(office: Office) -> str:
    """Its name, which other hosts of the domain, and pages without TLS, cannot set (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{_COOKIE}" if office.is_secure else _COOKIE


def _secret(office: Office, request: Request) -> str:
    """The secret of a session as the browser sends it; empty where there is none."""
    secret = request.cookies.get(_cookie(office), "")
    return secret if _SECRET.fullmatch(secret) else ""


def _bare(request: Request) -> Response:
    return RedirectResponse(f"{request.url.path}/", 308)


def _missing(_: Office, asked: Asked) -> Response:
    return asked.page("missing.html", 404, at="")


_NOTHING_ELSE = Look("", Role.VIEWER, _missing)


class _Guard:
    """The guard of the pages of one language."""

    def __init__(self, office: Office, words: Wording) -> None:
        self._office = office
        self._words = words
        self._cookie = _cookie(office)

    def looking(self, route: Look) -> Callable[[Request], Response]:
        """The endpoint of a page."""

        def answer(request: Request) -> Response:
            asked = self._asked(request, _NO_FORM)
            if route.role is None:
                return self._known(asked, route.answer(self._office, asked))
            if asked.account is None:
                return self._to_sign_in(request)
            if not asked.may(route.role):
                return self._refused(asked, "role")
            try:
                return route.answer(self._office, asked)
            except UsageError as error:
                return asked.page("desk/refused.html", 404, at="", why="missing", error=error)

        return answer

    def acting(self, route: Act) -> Callable[..., Response]:
        """The endpoint of a form."""

        def answer(request: Request, form: Annotated[dict[str, list[str]], Depends(said)]) -> Response:
            asked = self._asked(request, form)
            if not self._is_ours(request):
                return self._refused(asked, "origin")
            if route.role is not None and asked.account is None:
                return self._refused(asked, "session", 401)
            if not hmac.compare_digest(one(form, TOKEN).encode(), asked.token.encode()):
                return self._refused(asked, "token")
            if route.role is not None and not asked.may(route.role):
                return self._refused(asked, "role")
            return self._known(asked, self._act(route, asked))

        return answer

    def _act(self, route: Act, asked: Asked) -> Response:
        """Do it; what cannot be done is told on a page."""
        try:
            done = route.answer(self._office, asked)
            return done if isinstance(done, Response) else self._done(route, asked, done)
        except UsageError as error:
            return asked.page("desk/refused.html", 400, at="", why="use", error=error)

    def _done(self, route: Act, asked: Asked, done: Done) -> Response:
        store = self._office.store

        def work(unit: Unit) -> str | None:
            session = done.work(unit)
            store.audit.add(unit, done.who or asked.who, route.name, done.about, asked.address, asked.now)
            return session

        session = store.transact(work)
        mark = f"{'&' if '?' in done.to else '?'}done={route.name}"
        answer = done.page or RedirectResponse(f"/{self._words.language}/desk/{done.to}{mark}", 303)
        answer.headers["Cache-Control"] = "no-store"
        if session or done.signs_out:
            self._set_cookie(answer, session or "")
        return answer

    def _asked(self, request: Request, form: Said) -> Asked:
        now = datetime.now(UTC)
        secret = _secret(self._office, request)
        account = self._office.store.accounts.signed_in(secret, now) if secret else None
        secret = secret or token_urlsafe(32)
        address = address_of(request.scope, self._office.settings.trusted_proxies)
        token = hmac.new(secret.encode(), b"forms of the desk", hashlib.sha256).hexdigest()
        return Asked(request, self._words, account, token, secret, address, now, form)

    def _known(self, asked: Asked, answer: Response) -> Response:
        """Whoever has not signed in yet gets a cookie too, so that his forms have a token; it opens nothing."""
        has_one = asked.request.cookies.get(self._cookie) == asked.session
        if not has_one and "set-cookie" not in answer.headers:
            self._set_cookie(answer, asked.session)
        return answer

    def _set_cookie(self, answer: Response, value: str) -> None:
        answer.set_cookie(
            self._cookie,
            value,
            max_age=None if value else 0,
            path="/",
            secure=self._office.is_secure,
            httponly=True,
            samesite="lax",
        )

    def _is_ours(self, request: Request) -> bool:
        """Whether a browser says that the form stands on a page of this site."""
        origin = request.headers.get("origin", "")
        if self._office.settings.base_url:
            base = urlsplit(self._office.settings.base_url)
            if origin == f"{base.scheme}://{base.netloc}":
                return True
        scheme, _, host = origin.partition("://")
        return scheme in ("http", "https") and bool(host) and host == request.headers.get("host")

    def _to_sign_in(self, request: Request) -> Response:
        if "text/event-stream" in request.headers.get("accept", ""):
            return Response(status_code=401)
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        first = not self._office.store.accounts.exist()
        to = "begin" if first else f"login?next={quote(back)}"
        headers = {"Cache-Control": "no-store"}
        return RedirectResponse(f"/{self._words.language}/desk/{to}", 303, headers=headers)

    @staticmethod
    def _refused(asked: Asked, why: str, status: int = 403) -> Response:
        return asked.page("desk/refused.html", status, at="", why=why, error=None)
