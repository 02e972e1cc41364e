"""The first account, signing in and out, and one's own password."""

import hmac
import re

from fastapi import Response
from fastapi.responses import RedirectResponse

from harvester import passwords
from harvester.errors import UsageError
from harvester.model.account import Role
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from storage.store import Store
from storage.unit import Unit

# An address of the desk itself: whatever else a link asks for, nobody is led away after signing in.
_OWN = re.compile(r"/[a-z]{2}/desk/(?!login|logout|begin)[\w./~%?=&+-]*", re.ASCII)
_FIRST = "first account"


def first_code(store: Store) -> str:
    """What opens the page of the first account; good for nothing once there is one."""
    return store.secret(_FIRST)[:32]


def show_begin(office: Office, asked: Asked) -> Response:
    """The form of the first account."""
    if office.store.accounts.exist():
        return _to_login(asked)
    return _begin_page(asked, "")


def begin(office: Office, asked: Asked) -> Done | Response:
    """Make the first account, an admin, for whoever knows the code, and sign it in."""
    if office.store.accounts.exist():
        return _to_login(asked)
    if wait_s := office.attempts.wait_s(asked.address, ""):
        return _begin_page(asked, "too_often", 429, wait_s)
    if not hmac.compare_digest(asked.said("code").encode(), first_code(office.store).encode()):
        return _begin_page(asked, "code", 403)
    name, password = asked.said("name").lower(), asked.secret("password")
    if wrong := _wrong(asked, name):
        return _begin_page(asked, wrong, 400)
    kept = passwords.hashed(password)

    def work(unit: Unit) -> str:
        if office.store.accounts.exist(unit):
            raise UsageError("there is an account already", remedy="sign in with it")
        account = office.store.accounts.add(unit, name, Role.ADMIN, kept, asked.now)
        return office.store.accounts.begin(unit, account.id, asked.now)

    return Done(about=name, work=work, who=name)


def show_login(office: Office, asked: Asked) -> Response:
    """The form to sign in."""
    if not office.store.accounts.exist():
        return RedirectResponse(f"/{asked.words.language}/desk/begin", 303)
    return _login_page(asked, "")


def login(office: Office, asked: Asked) -> Done | Response:
    """Begin a session. Whatever is wrong, the answer is the same, and it takes as long."""
    name = asked.said("name").lower()
    if wait_s := office.attempts.wait_s(asked.address, name):
        return _login_page(asked, "too_often", 429, wait_s)
    store = office.store
    found = store.accounts.credentials(name)
    is_right = passwords.is_right(asked.secret("password"), found.password if found else None)
    if found is None or not is_right:
        about = name if found else "unknown name"
        store.transact(lambda unit: store.audit.add(unit, "", "login_refused", about, asked.address, asked.now))
        return _login_page(asked, "wrong", 403)

    def work(unit: Unit) -> str:
        store.accounts.end(unit, asked.session)
        return store.accounts.begin(unit, found.account.id, asked.now)

    wanted = asked.said("next")
    to = wanted[len("/en/desk/") :] if _OWN.fullmatch(wanted) else ""
    return Done(to=to, about=name, work=work, who=name)


def logout(office: Office, asked: Asked) -> Done:
    """End the session."""
    return Done(
        "login", about=asked.who, work=lambda unit: office.store.accounts.end(unit, asked.session), signs_out=True
    )


def show_password(office: Office, asked: Asked) -> Response:  # noqa: ARG001
    """The form of another password."""
    return asked.page("desk/password.html", wrong="")


def change_password(office: Office, asked: Asked) -> Done | Response:
    """Take another password: all sessions end, and this browser begins a new one."""
    assert asked.account
    name, store = asked.account.name, office.store
    if office.attempts.wait_s(asked.address, name):
        return asked.page("desk/password.html", 429, wrong="too_often")
    found = store.accounts.credentials(name)
    if found is None or not passwords.is_right(asked.secret("old"), found.password):
        return asked.page("desk/password.html", 400, wrong="wrong")
    if wrong := _wrong(asked, name):
        return asked.page("desk/password.html", 400, wrong=wrong)
    kept = passwords.hashed(asked.secret("password"))

    def work(unit: Unit) -> str:
        account = store.accounts.set_password(unit, name, kept, asked.now)
        return store.accounts.begin(unit, account.id, asked.now)

    return Done("password", about=name, work=work)


def _wrong(asked: Asked, name: str) -> str:
    """What is wrong with a new password, as it is called in the words; empty where it is good."""
    password = asked.secret("password")
    if not passwords.is_good(password, name):
        return "weak"
    return "" if password == asked.secret("again") else "differ"


def _to_login(asked: Asked) -> Response:
    return RedirectResponse(f"/{asked.words.language}/desk/login", 303)


def _begin_page(asked: Asked, wrong: str, status: int = 200, wait_s: int = 0) -> Response:
    return asked.page("desk/begin.html", status, wrong=wrong, wait_s=wait_s)


def _login_page(asked: Asked, wrong: str, status: int = 200, wait_s: int = 0) -> Response:
    return asked.page("desk/login.html", status, wrong=wrong, wait_s=wait_s)
