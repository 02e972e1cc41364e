"""Every route of the application, asked without an account and with every role."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fresh import store_at
from idle import Idle
from opened import Console, Seen
from visitor import Visitor

from harvester.model.account import Role
from harvester.serving.app import make_app
from harvester.serving.console.desk.route import Act, Look
from harvester.serving.console.desk.routes import ROUTES
from harvester.serving.server import Server

STREAM = "/api/v1/changes/stream"  # has no end
ASKED_BY_POST = "/oai"  # OAI-PMH, 3.1.1
READERS = "/readers"  # forms of readers prove themselves by signed addresses


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Console, FastAPI]]:
    folder: Path = tmp_path_factory.mktemp("walk")
    with store_at(f"sqlite:///{folder}/harvester.db") as store:
        app = make_app(store, folder, Idle())
        with Server(app, "127.0.0.1", 0) as server:
            console = Console(store, server.url)
            Visitor(console, Role.ADMIN)
            yield console, app


def everything(routes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Method and address of every route, also of those in routers within."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from everything(route.effective_route_contexts())
        else:
            yield from ((method, filled(route.path)) for method in route.methods - {"HEAD"})


def filled(path: str) -> str:
    return re.sub(r"{\w+(:path)?}", "x1", path)


def refusal(seen: Seen) -> str:
    """Why the guard refused, as its page says."""
    said = {
        "Your account may not do this.": "role",
        "The form is out of date. Open its page again.": "token",
        "The form did not come from a page of this site.": "origin",
        "Nobody is signed in any more. Sign in and try again.": "session",
    }
    words = [one.text_content() for one in seen.find("[role=alert]")] if seen.status in (401, 403) else []
    return next((said[word] for word in words if word in said), "")


@pytest.mark.fault(108, 109)
def test_the_table_of_routes_is_walked_with_every_role(opened: tuple[Console, FastAPI]) -> None:
    console, _ = opened
    looks = {route.path for route in ROUTES if isinstance(route, Look)}
    for role in (None, *Role):
        for route in ROUTES:
            visitor, path = Visitor(console, role), f"/en/desk/{filled(route.path)}"
            may = route.role is None or (role is not None and role.covers(route.role))
            if isinstance(route, Look):
                seen = visitor.open(path)
                if role is None and route.role is not None:
                    assert (seen.status, seen.headers["location"].partition("?")[0]) == (303, "/en/desk/login"), path
                else:
                    assert refusal(seen) == ("" if may else "role"), (path, role)
                continue
            assert isinstance(route, Act)
            if route.path not in looks:
                assert visitor.open(path).status == (404 if role else 303), path
            page = "/en/desk/login" if role is None else "/en/desk/password"
            token, own = visitor.token(page), console.url
            assert refusal(visitor.ask("POST", path, {"token": token})) == "origin", path
            for origin in ("http://elsewhere.test", "http://[", "null", own + ".test")[: 4 if role is None else 1]:
                assert refusal(visitor.ask("POST", path, {"token": token}, Origin=origin)) == "origin", (path, origin)
            unsigned = refusal(visitor.ask("POST", path, {"token": "0" * 64}, Origin=own))
            assert unsigned == ("session" if role is None and route.role is not None else "token"), path
            said = refusal(visitor.ask("POST", path, {"token": token}, Origin=own))
            assert said == ("" if may else "session" if role is None else "role"), (path, role)


@pytest.mark.fault(108, 109)
def test_an_account_changes_nothing_outside_of_the_desk(opened: tuple[Console, FastAPI]) -> None:
    """Everything else is for anybody, reads only, and what readers may change is proved by a signed address."""
    console, app = opened
    nobody, admin = Visitor(console), Visitor(console, Role.ADMIN)
    walked = 0
    for method, path in sorted(everything(app.routes)):
        if "/desk" in path or path == STREAM:
            continue
        walked += 1
        answers = [one.ask(method, path, {"token": "x"} if method == "POST" else None) for one in (nobody, admin)]
        assert answers[0].status == answers[1].status, path
        assert answers[0].status not in (401, 500), path
        if method != "GET" and path != ASKED_BY_POST:
            assert path.startswith(READERS), path
            assert 400 <= answers[0].status < 500, path
    assert walked > 30
