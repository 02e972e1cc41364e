"""Verbs over what was harvested: records (list, show, purge), export, changes."""

import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from harvester.cli.options import STATUSES, Json, Since, group, language, one_of, verb
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvester.model.record import Record

REASONS = ("legal", "operator")
_FOLLOW_SECONDS = 1.0


class _ListByDefault(TyperGroup):
    """`records lupus` means `records list lupus`: only show and purge have to be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def list_records(
    context: typer.Context,
    query: Annotated[
        str | None, typer.Argument(help="Words in titles, keywords or identifiers; accents optional.")
    ] = None,
    access: Annotated[str | None, typer.Option(metavar="STATUS", help=f"One of: {', '.join(STATUSES)}.")] = None,
    lang: Annotated[
        str | None, typer.Option(metavar="LANG", help="Only records with a title in it: fr, en ...")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="At most so many in the table; 0: all.")] = 50,
    as_json: Json = False,
) -> None:
    """List records: every one, or those that match. With --json one whole record per line."""
    one_of("--access", access, STATUSES)
    language("--lang", lang)
    from harvester.model.access import AccessStatus

    wiring: Wiring = context.obj
    with wiring.store() as store:
        found = store.records.iter(query=query, access=AccessStatus(access) if access else None, lang=lang)
        if as_json:
            _print_lines(found)
        else:
            _print_table(found, limit)


def _print_lines(found: "Iterator[Record]") -> None:
    from harvester.cli.export import to_stdout
    from harvester.formats.jsonl import line

    to_stdout(map(line, found))


def _print_table(found: "Iterator[Record]", limit: int) -> None:
    shown = list(islice(found, limit or None))
    if not shown:
        print("no record matches")
        return
    from harvester.cli.record_view import listing
    from harvester.cli.show import console

    console().print(listing(shown))
    more = limit and next(found, None) is not None
    print(f"the first {limit}; --limit 0 shows all" if more else f"{len(shown)} records")


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
    of deleted records. What is written is one moment of the database; the last entry of its change log is told on
    standard error, for the next --since.
    """
    one_of("--format", format_, ("jsonl",))
    from harvester.cli.export import to_file, to_stdout, told
    from harvester.formats.jsonl import pasted

    wiring: Wiring = context.obj
    with wiring.store() as store, store.records.dump(since) as dump:
        lines = map(pasted, dump.documents)
        count = to_file(lines, output) if output else to_stdout(lines)
    told(count, dump.head, output)


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
        "list": (list_records, "harvester records lupus --lang fr --access subscription"),
        "show": (show, "harvester records show RECORD_ID"),
        "purge": (purge, "harvester records purge RECORD_ID --reason legal"),
    },
    cls=_ListByDefault,
)
export_verb = verb(
    export, "harvester export --format jsonl -o all.jsonl", "harvester export --format jsonl --since 1200"
)
changes_verb = verb(changes, "harvester changes --since 1200", "harvester changes --follow --json")
