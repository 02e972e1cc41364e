"""The verb account: who may sign in to the console."""

import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Json, group
from harvester.cli.wiring import COMMAND_LINE, Wiring, user
from harvester.errors import UsageError

if TYPE_CHECKING:
    from storage.store import Store
    from storage.unit import Unit

Name = Annotated[str, typer.Argument(help="The name that is signed in with.")]


class RoleName(StrEnum):
    """What an account may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


def add(
    context: typer.Context,
    name: Name,
    role: Annotated[RoleName, typer.Option(help="What the account may do.")] = RoleName.OPERATOR,
) -> None:
    """Make an account; its password is asked for, or read from standard input.

    A viewer looks at everything but readers' addresses, an operator also runs, pauses, stops, adds and reviews, an
    admin also has the accounts, the audit log and the readers.
    """
    from harvester.model.account import Role
    from harvester.passwords import hashed

    password = hashed(_password(name))

    def work(store: "Store", unit: "Unit", now: datetime) -> None:
        store.accounts.add(unit, name, Role(role.value), password, now)

    _do(context, "account_add", f"{name} ({role.value})", work)
    print(f"account {name.lower()} ({role.value}) is made")


def list_accounts(context: typer.Context, as_json: Json = False) -> None:
    """List accounts: what each may do, and whether it is disabled."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        accounts = store.accounts.list()
    if as_json:
        for account in accounts:
            print(account.model_dump_json())
        return
    if not accounts:
        print("there are no accounts: `harvester serve` tells how to make the first")
        return
    from harvester.cli.show import console, table

    names = ("name", "role", "made", "password of", "")
    rows = [
        (
            one.name,
            one.role.value,
            f"{one.created_at:%Y-%m-%d}",
            f"{one.password_at:%Y-%m-%d}",
            f"disabled {one.disabled_at:%Y-%m-%d}" if one.disabled_at else "",
        )
        for one in accounts
    ]
    console().print(table("", names, rows))


def password(context: typer.Context, name: Name) -> None:
    """Set another password, asked for or read from standard input; sessions of the account end."""
    from harvester.passwords import hashed

    kept = hashed(_password(name))

    def work(store: "Store", unit: "Unit", now: datetime) -> None:
        store.accounts.set_password(unit, name, kept, now)

    _do(context, "password", name, work)
    print(f"account {name.lower()} has another password")


def disable(context: typer.Context, name: Name) -> None:
    """Let nobody sign in with an account any more, at once."""

    def work(store: "Store", unit: "Unit", now: datetime) -> None:
        store.accounts.disable(unit, name, now)

    _do(context, "account_disable", name, work)
    print(f"account {name.lower()} is disabled")


def _do(context: typer.Context, act: str, about: str, work: Callable[["Store", "Unit", datetime], None]) -> None:
    """One change of an account, with its entry in the audit log."""
    from storage.store import Store

    wiring: Wiring = context.obj
    wiring.settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC)

    def both(unit: "Unit") -> None:
        work(store, unit, now)
        store.audit.add(unit, user(), act, about.lower(), COMMAND_LINE, now)

    with Store.open(wiring.settings.database_url, migrate=True) as store:
        store.transact(both)


def _password(name: str) -> str:
    """From the terminal, twice, or one line of standard input; never from the arguments, which others can read."""
    from harvester.passwords import SHORTEST, is_good

    if sys.stdin.isatty():
        found = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != found:
            raise UsageError("the two passwords differ", remedy="type the same twice")
    else:
        found = sys.stdin.readline().rstrip("\r\n")
    if not is_good(found, name):
        raise UsageError(
            "this is no good password", remedy=f"give at least {SHORTEST} characters that are not just the name"
        )
    return found


account_verb = group(
    "Accounts of the console's desk: make, list, disable, set passwords.",
    {
        "add": (add, "harvester account add maud --role operator"),
        "list": (list_accounts, "harvester account list"),
        "password": (password, "harvester account password maud"),
        "disable": (disable, "harvester account disable maud"),
    },
    no_args_is_help=True,
)
