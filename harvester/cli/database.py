"""Verbs over the database itself: db upgrade, db check."""

import typer

from harvester.cli.options import group
from harvester.cli.wiring import Wiring


def upgrade(context: typer.Context) -> None:
    """Bring the database to this version's schema; one that is not there is made. Make a backup first."""
    from storage.store import Store

    settings = context.obj.settings
    with Store.open(settings.database_url, migrate=True) as store:
        print(f"{store.name} has the schema of this version")


def check(context: typer.Context) -> None:
    """Look for damage and for a schema of another version. Exit code 1 when something is wrong."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        problems = store.check()
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print("no problem found")


db_verb = group(
    "Bring the database to this version's schema, or look whether it is sound.",
    {"upgrade": (upgrade, "harvester db upgrade"), "check": (check, "harvester --data /srv/harvest db check")},
    no_args_is_help=True,
)
