"""The verb override: an operator's corrections of access verdicts."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import By, Json, day, group, one_of
from harvester.cli.wiring import COMMAND_LINE, Wiring, user
from harvester.model.base import iso_utc

if TYPE_CHECKING:
    from harvester.model.override import Override
    from storage.unit import Unit

Name = Annotated[str, typer.Argument(metavar="RECORD", help="A record's id, as `harvester records` shows it.")]
Reason = Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; told with the verdict.")]


def set_override(
    context: typer.Context,
    record: Name,
    status: Annotated[
        str,
        typer.Argument(metavar="STATUS", help="open | free | registration | subscription | no_fulltext | unknown"),
    ],
    reason: Reason,
    by: By = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="The last day on which it counts (UTC); else until it is lifted.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Correct one record's access verdict. Who and why are told with it, and what the page says stays as a conflict.

    No later harvest or replay undoes it; they keep what the page says by then, which is the verdict again when the
    override ends. One record has one override: another takes its place. A rule that is wrong for many pages belongs
    into a source file, and `harvester replay` applies it to all of them.
    """
    from harvester.model.override import STATUSES, Override

    one_of("STATUS", status, STATUSES)
    last, now = day("--until", until, last=True), datetime.now(UTC)
    wiring: Wiring = context.obj
    with wiring.store() as store:
        about = {"status": status, "by": by or user(), "reason": reason, "at": now, "until": last}
        wanted = Override.model_validate({"id": 0, "record_id": record, **about})

        def work(unit: "Unit") -> "Override":
            store.audit.add(unit, wanted.by, "override_set", f"{record}: {status}", COMMAND_LINE, now)
            return store.overrides.set(unit, wanted)

        done = store.transact(work)
        store.search.catch_up()
    _tell(
        done,
        f"record {record} is {status} now, whatever its page says{f', until {last}' if last else ''}",
        as_json=as_json,
    )


def lift(context: typer.Context, record: Name, reason: Reason, by: By = None, as_json: Json = False) -> None:
    """End the override of a record: its verdict is again what its page says, as it was read last."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        who, now = by or user(), datetime.now(UTC)

        def work(unit: "Unit") -> "Override":
            store.audit.add(unit, who, "override_lift", record, COMMAND_LINE, now)
            return store.overrides.lift(unit, record, who, reason, now)

        done = store.transact(work)
        found = store.records.get(record)
        store.search.catch_up()
    verdict = f": {found.access.status}" if found else ""
    _tell(done, f"record {record} is again what its page says{verdict}", as_json=as_json)


def list_overrides(
    context: typer.Context,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that were lifted or have seen their day.")] = False,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many, the newest first.")] = 100,
    as_json: Json = False,
) -> None:
    """List overrides, newest first: of which record, what, by whom, why, until when."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        found = store.overrides.list(limit, ended=ended)
    if as_json:
        for one in found:
            print(one.model_dump_json())
    elif found:
        from harvester.cli.show import console, table

        names = ("record", "status", "by", "reason", "since", "until", "ended")
        console().print(table("", names, map(_row, found)))
    else:
        print("no verdict is overridden")


def _row(one: "Override") -> Sequence[object]:
    ended = f"{iso_utc(one.ended_at)[:10]}: {one.ended_reason or 'its last day has passed'}" if one.ended_at else ""
    return one.record_id, one.status, one.by, one.reason, iso_utc(one.at)[:10], one.until, ended


def _tell(done: "Override", words: str, *, as_json: bool) -> None:
    print(json.dumps(done.model_dump(mode="json"), ensure_ascii=False) if as_json else words)


override_verb = group(
    "Correct the access verdict of single records, above what their pages say.",
    {
        "set": (set_override, "harvester override set RECORD_ID subscription --reason 'the banner is wrong'"),
        "list": (list_overrides, "harvester override list --ended"),
        "lift": (lift, "harvester override lift RECORD_ID --reason 'the page was mended'"),
    },
    no_args_is_help=True,
)
