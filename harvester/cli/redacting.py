"""The verb records redact-person: a name goes from everything that is kept, and stays away."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Json
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

if TYPE_CHECKING:
    from storage.names import Person
    from storage.redacting import Outcome


def redact_person(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As the pages print it: 'Ann Example', 'Example, Ann'.")],
    reason: Annotated[str, typer.Option(help="Why, without naming anybody.")],
    orcid: Annotated[
        str | None, typer.Option(metavar="ORCID", help="The person's; who has the same name and another one is spared.")
    ] = None,
    record: Annotated[
        list[str] | None, typer.Option("--record", metavar="ID", help="Only in this record (may be repeated).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be changed.")] = False,
    as_json: Json = False,
) -> None:
    """Take a person's name out of records, their history, the archive and the spool; later harvests keep it out.

    Without --record wherever the full name stands among the contributors or in a text. Where pages print initials only,
    name the records: who shares the initials cannot be told apart. Co-authors stay, and so do addresses of pages.
    """
    from storage.redacting import Request

    request = Request(_person(name), reason, orcid, tuple(dict.fromkeys(record or ())))
    wiring: Wiring = context.obj
    data = wiring.settings.data_dir
    with wiring.store() as store:
        outcome = store.redact(
            request, archive=data / "archive", spool=data / "spool", now=datetime.now(UTC), dry_run=dry_run
        )
    if as_json:
        print(_json(outcome, dry_run))
    else:
        _print(outcome, dry_run)


def _person(name: str) -> "Person":
    from harvester.extraction.normalise.names import read_name
    from storage.names import person

    read = read_name(name)
    found = person(read.family, read.given, read.printed)
    if not found.family or not found.given:
        raise UsageError(f"{name!r} has no family and given names", remedy="write them both: 'Example, Ann'")
    return found


def _json(outcome: "Outcome", dry_run: bool) -> str:
    about = {
        "dry_run": dry_run,
        "records": [asdict(one) for one in outcome.touched],
        "spool_segments": outcome.segments,
        "perhaps": outcome.perhaps,
    }
    return json.dumps(about, ensure_ascii=False, indent=2)


def _print(outcome: "Outcome", dry_run: bool) -> None:
    from harvester.cli.show import console, table

    rows = [(one.record_id, ", ".join(one.fields), one.revisions, one.verdicts, one.pages) for one in outcome.touched]
    if rows:
        columns = ("record", "fields", "#revisions", "#verdicts", "#archived pages")
        console().print(table("", columns, rows))
    print(f"{len(rows)} records, {outcome.segments} spool segments {'would be' if dry_run else 'are'} redacted")
    if outcome.perhaps:
        listed = " ".join(f"--record {one}" for one in outcome.perhaps)
        print(f"perhaps also, by initials (name them if it is the same person): {listed}")
