"""The verb keys: who may ask the HTTP API more than everybody."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from harvester.cli.options import Json, group
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

_SCOPES = ("read", "abstracts", "operate")


def add(
    context: typer.Context,
    owner: Annotated[str, typer.Argument(help="Whose it is, for the list.")],
    scope: Annotated[
        list[str] | None, typer.Option(metavar="S", help="read (default) | abstracts | operate; repeatable.")
    ] = None,
    rate: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Requests in a minute; else HARVESTER_API_KEY_RATE.")
    ] = None,
) -> None:
    """Make a key and print it: once, for only its hash is kept.

    read allows more requests, abstracts shows abstracts that may not be passed on, operate what is not listed and
    what runs noted.
    """
    from harvester.model.key import Scope
    from storage.store import Store

    wrong = [one for one in scope or () if one not in _SCOPES]
    if wrong:
        raise UsageError(f"--scope {wrong[0]}: there is no such scope", remedy=f"use one of: {', '.join(_SCOPES)}")
    scopes = [Scope(one) for one in scope or ["read"]]
    wiring: Wiring = context.obj
    wiring.settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Store.open(wiring.settings.database_url, migrate=True) as store:
        key, text = store.transact(lambda unit: store.keys.add(unit, owner, scopes, datetime.now(UTC), rate))
    print(text)
    print(f"key {key.id} of {owner} ({', '.join(key.scopes)}): it is not shown again", file=sys.stderr)


def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """List keys: whose, for what, when they were used last."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        keys = store.keys.list()
    if as_json:
        for key in keys:
            print(key.model_dump_json())
        return
    if not keys:
        print("there are no keys")
        return
    from harvester.cli.show import console, table

    names = ("key", "owner", "scopes", "a minute", "made", "last used", "")
    rows = [
        (
            key.id,
            key.owner,
            " ".join(key.scopes),
            str(key.rate or ""),
            f"{key.created_at:%Y-%m-%d}",
            f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
            f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "",
        )
        for key in keys
    ]
    console().print(table("", names, rows))


def revoke(
    context: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, as the list shows it.")]
) -> None:
    """Shut a key for good, at once."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        was_open = store.transact(lambda unit: store.keys.revoke(unit, key, datetime.now(UTC)))
    print(f"key {key} is revoked" if was_open else f"key {key} was revoked before")


keys_verb = group(
    "Keys of the HTTP API: make, list and revoke them.",
    {
        "add": (add, "harvester keys add 'The library' --scope abstracts --rate 600"),
        "list": (list_keys, "harvester keys list"),
        "revoke": (revoke, "harvester keys revoke KEY_ID"),
    },
    no_args_is_help=True,
)
