"""Verbs over the database itself: db upgrade, db check, db backup, db restore."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import group
from harvester.cli.wiring import Wiring

if TYPE_CHECKING:
    from storage.store import Store


def upgrade(context: typer.Context) -> None:
    """Bring the database to this version's schema; one that is not there is made. Make a backup first."""
    from storage.store import Store

    settings = context.obj.settings
    with Store.open(settings.database_url, migrate=True) as store:
        print(f"{store.name} has the schema of this version")


def check(context: typer.Context) -> None:
    """Look for damage, a schema of another version, archive files that are short. Exit code 1 if there is any."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        problems = store.check() + _unreadable(store, wiring.settings.data_dir / "archive")
    for problem in problems:
        print(problem)
    if problems:
        raise typer.Exit(1)
    print("no problem found")


def _unreadable(store: "Store", archive: Path) -> list[str]:
    """Archive files that lack bytes the database points to."""
    found = []
    for source_id in store.archive_index.sources():
        for name, wanted in store.archive_index.committed_lengths(source_id).items():
            path = archive / name
            there = path.stat().st_size if path.is_file() else 0
            if there < wanted:
                found.append(f"archive: {path} has {there} bytes, the database points to {wanted}")
    return found


File = Annotated[Path, typer.Argument(help="The backup: one file, of the same kind whatever the database.")]


def backup(context: typer.Context, file: File) -> None:
    """Write all of the database to one file, while harvests go on.

    Copy the folder archive/ after it, with any tool: its files only grow. The spool is never backed up.
    """
    from storage.backup import backup as write

    wiring: Wiring = context.obj
    with wiring.store() as store:
        write(store, file, datetime.now(UTC), _told)
        print(f"{store.name} is backed up in {file}, up to change {store.changes.head()}")


def restore(context: typer.Context, file: File) -> None:
    """Put a backup into a database that is empty or not there yet; its kind may be another than the backup's origin.

    Put archive/ back beside it, then `harvester db check`. The next runs go on from there.
    """
    from storage.backup import restore as read
    from storage.store import Store

    settings = context.obj.settings
    with Store.open(settings.database_url, migrate=True) as store:
        read(store, file, datetime.now(UTC), _told)
        print(f"{store.name} holds what {file} held, up to change {store.changes.head()}")


def _told(table: str, rows: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{table}: {rows}", end="\r", file=sys.stderr, flush=True)


db_verb = group(
    "Bring the database to this version's schema, look whether it is sound, back it up, restore it.",
    {
        "upgrade": (upgrade, "harvester db upgrade"),
        "check": (check, "harvester --data /srv/harvest db check"),
        "backup": (backup, "harvester db backup harvest-2026-03-01.sqlite"),
        "restore": (restore, "HARVESTER_DATABASE_URL=postgresql://harvester@db/harvest harvester db restore FILE"),
    },
    no_args_is_help=True,
)
