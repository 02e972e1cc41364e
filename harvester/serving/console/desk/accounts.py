"""Accounts: who may sign in, and what each may do."""

from fastapi import Response

from harvester import passwords
from harvester.errors import UsageError
from harvester.model.account import Role
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from storage.unit import Unit


def show(office: Office, asked: Asked) -> Response:
    """Every account, and the form of another."""
    return _page(office, asked)


def add(office: Office, asked: Asked) -> Done | Response:
    """Make an account; whoever gets it changes the password that was chosen for him."""
    name, password = asked.said("name", 64).lower(), asked.secret("password")
    role = _role(asked)
    if not passwords.is_good(password, name):
        return _page(office, asked, "weak")
    kept = passwords.hashed(password)

    def work(unit: Unit) -> None:
        office.store.accounts.add(unit, name, role, kept, asked.now)

    return Done("accounts", f"{name} ({role.value})", work)


def set_role(office: Office, asked: Asked) -> Done:
    """Let it do more or less; what is open in its browsers ends."""
    name, role = asked.place("name"), _role(asked)

    def work(unit: Unit) -> None:
        office.store.accounts.set_role(unit, name, role)

    return Done("accounts", f"{name} ({role.value})", work)


def disable(office: Office, asked: Asked) -> Done:
    """Let nobody sign in with it any more."""
    name = asked.place("name")

    def work(unit: Unit) -> None:
        office.store.accounts.disable(unit, name, asked.now)

    return Done("accounts", name, work)


def enable(office: Office, asked: Asked) -> Done:
    """Let it sign in again."""
    name = asked.place("name")

    def work(unit: Unit) -> None:
        office.store.accounts.enable(unit, name)

    return Done("accounts", name, work)


def _page(office: Office, asked: Asked, wrong: str = "") -> Response:
    accounts = office.store.accounts.list()
    status = 400 if wrong else 200
    return asked.page("desk/accounts.html", status, at="accounts", accounts=accounts, roles=[*Role], wrong=wrong)


def _role(asked: Asked) -> Role:
    found = next((role for role in Role if role.value == asked.said("role")), None)
    if found is None:
        raise UsageError("there is no such role", remedy=f"choose one of {', '.join(Role)}")
    return found
