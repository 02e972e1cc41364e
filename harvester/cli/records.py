"""Verbs over what was harvested: records (list, show, purge), changes."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from harvester.cli.options import Json, Since, group, moment, one_of, verb
from harvester.cli.redacting import redact_person
from harvester.cli.searching import list_records
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

REASONS = ("legal", "operator")
_FOLLOW_SECONDS = 1.0


class _ListByDefault(TyperGroup):
    """`records lupus` means `records list lupus`: the other verbs have to be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def show(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="ID", help="A record's id, as the list shows it.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="As it stood then: the end of a day, or a time (UTC).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show one record with the words its verdict rests on."""
    then = moment("--as-of", as_of) if as_of else None
    wiring: Wiring = context.obj
    with wiring.store() as store:
        found = store.records.as_of(record, then) if then else store.records.get(record)
        known = found is not None or store.records.get(record) is not None
    if found is None and known:
        raise UsageError(
            f"nothing is kept of {record} as of {as_of}", remedy="`harvester records history` shows its past"
        )
    if found is None:
        remedy = "`harvester records QUERY` shows ids in its first column"
        raise UsageError(f"there is no record {record}", remedy=remedy)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    from harvester.cli.record_view import full
    from harvester.cli.show import console

    console().print(full(found))


def diff(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="ID", help="A record's id.")],
    old: Annotated[int | None, typer.Argument(metavar="[REV", help="Number of a revision.")] = None,
    new: Annotated[int | None, typer.Argument(metavar="REV]", help="Number of a later one.")] = None,
    as_json: Json = False,
) -> None:
    """Say what differs between two revisions, by field and language; without numbers, between the last two."""
    if old is not None and new is None:
        raise UsageError("one revision has nothing to differ from", remedy=f"harvester records diff {record} 1 2")
    wiring: Wiring = context.obj
    with wiring.store() as store:
        found = store.records.diff(record, old, new)
    from harvester.cli.history_view import changed_json, changed_rows

    if as_json:
        print(changed_json(found))
        return
    from harvester.cli.show import console, facts

    console().print(facts(changed_rows(found))) if found else print("nothing differs")


def history(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="ID", help="A record's id.")],
    as_json: Json = False,
) -> None:
    """Show a record's past: revisions, dated verdicts with the words they rest on, and the runs that brought them."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        past = store.records.history(record)
    if not past.revisions:
        raise UsageError(
            f"there is no record {record}", remedy="`harvester records QUERY` shows ids in its first column"
        )
    from harvester.cli.history_view import past_json, past_tables

    if as_json:
        print(past_json(past))
        return
    from harvester.cli.show import console

    for shown in past_tables(past):
        console().print(shown)


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
    "List and search records, show one and its past, or purge one. `list` may be left out: records [QUERY] [OPTIONS].",
    {
        "list": (list_records, 'harvester records "lupus syst*" --lang fr --access subscription'),
        "show": (show, "harvester records show RECORD_ID"),
        "diff": (diff, "harvester records diff RECORD_ID 1 2"),
        "history": (history, "harvester records history RECORD_ID"),
        "redact-person": (redact_person, "harvester records redact-person 'Ann Example' --reason request --dry-run"),
        "purge": (purge, "harvester records purge RECORD_ID --reason legal"),
    },
    cls=_ListByDefault,
)
changes_verb = verb(changes, "harvester changes --since 1200", "harvester changes --follow --json")
