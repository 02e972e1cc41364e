"""Verbs over what was harvested: records (list, show, purge), export, changes."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from harvester.cli.options import Json, Since, group, one_of, verb
from harvester.cli.searching import list_records
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

REASONS = ("legal", "operator")
_FOLLOW_SECONDS = 1.0


class _ListByDefault(TyperGroup):
    """`records lupus` means `records list lupus`: only show and purge have to be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def show(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="ID", help="A record's id, as the list shows it.")],
    as_json: Json = False,
) -> None:
    """Show one record with the words its verdict rests on."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        found = store.records.get(record)
    if found is None:
        remedy = "`harvester records QUERY` shows ids in its first column"
        raise UsageError(f"there is no record {record}", remedy=remedy)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    from harvester.cli.record_view import full
    from harvester.cli.show import console

    console().print(full(found))


def purge(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="ID", help="A record's id.")],
    reason: Annotated[str, typer.Option(help=f"Why: {', '.join(REASONS)}.")],
) -> None:
    """Remove a record's texts and revisions for good; a tombstone stays and it is never harvested again."""
    one_of("--reason", reason, REASONS)
    wiring: Wiring = context.obj
    with wiring.store() as store:
        store.purge(wiring.settings.data_dir / "archive", record, reason, datetime.now(UTC))
    print(f"{record} is purged ({reason}); its id stays as a tombstone")


def export(
    context: typer.Context,
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help="jsonl: one JSON object per line.")],
    since: Since = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Replaced in one step when complete.")
    ] = None,
) -> None:
    """Write all that is kept of every record, for yourself.

    Each record's rights.abstract_policy says whether its abstracts may be passed on. With --since also the tombstones
    of deleted records. The last entry of the change log is told on standard error, for the next --since.
    """
    one_of("--format", format_, ("jsonl",))
    from harvester.cli.export import to_file, to_stdout, told

    wiring: Wiring = context.obj
    with wiring.store() as store:
        head = store.changes.head()
        found = store.records.iter(since=since, include_deleted=since > 0)
        count = to_file(found, output) if output else to_stdout(found)
    told(count, head, output)


def changes(
    context: typer.Context,
    since: Since = 0,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Print the change log in order."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        while True:
            batch = store.changes.since(since)
            for change in batch:
                line = change.model_dump_json()
                print(
                    line
                    if as_json
                    else f"{change.seq:>8}  {change.at:%Y-%m-%dT%H:%M:%SZ}  {change.kind:<17}  {change.record_id}"
                )
                since = change.seq
            if batch:
                continue
            if not follow:
                return
            _wait_for_more()


def _wait_for_more() -> None:
    import sys

    sys.stdout.flush()
    time.sleep(_FOLLOW_SECONDS)


records_verb = group(
    "List and search records, show one, or purge one. `list` may be left out: records [QUERY] [OPTIONS].",
    {
        "list": (list_records, 'harvester records "lupus syst*" --lang fr --access subscription'),
        "show": (show, "harvester records show RECORD_ID"),
        "purge": (purge, "harvester records purge RECORD_ID --reason legal"),
    },
    cls=_ListByDefault,
)
export_verb = verb(
    export, "harvester export --format jsonl -o all.jsonl", "harvester export --format jsonl --since 1200"
)
changes_verb = verb(changes, "harvester changes --since 1200", "harvester changes --follow --json")
