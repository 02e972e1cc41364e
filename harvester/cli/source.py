"""The verb source: check, list, try, new."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from harvester.cli.options import Json, group
from harvester.cli.pages import open_page
from harvester.cli.wiring import Wiring


def check(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Seed files; without any, all.")
    ] = None,
) -> None:
    """Check seed files; every mistake is told with file, line, key and remedy. Exit code 2 when there is one."""
    from harvester.sources import check as mistakes_of
    from harvester.sources import report

    settings = context.obj.settings
    mistakes = mistakes_of(files or None, settings.seeds_dir, private_allow=settings.private_allow)
    if mistakes:
        print(report(mistakes))
        raise typer.Exit(2)
    print(f"{len(files) if files else 'all'} seed files are sound")


def list_sources(context: typer.Context, as_json: Json = False) -> None:
    """List what can be harvested."""
    wiring: Wiring = context.obj
    sources = sorted(wiring.catalogue.sources.values(), key=lambda source: source.id)
    if as_json:
        print(json.dumps([source.model_dump(mode="json") for source in sources], ensure_ascii=False, indent=2))
        return
    from harvester.cli.show import console, table

    rows = [
        (
            source.id,
            source.name,
            source.platform or "",
            ", ".join(source.languages),
            len(source.journals) or "",
            source.verified or "no",
            "yes" if source.enabled else "no",
        )
        for source in sources
    ]
    columns = ("id", "name", "platform", "languages", "#journals", "verified", "scheduled")
    console().print(table("", columns, rows))


def try_one(
    context: typer.Context,
    page: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="A saved HTML page, or an address.")],
    url: Annotated[str | None, typer.Option(help="Where the page was; else its canonical link or og:url.")] = None,
    source: Annotated[str | None, typer.Option(metavar="ID", help="Source (or platform) whose rules read it.")] = None,
    as_json: Json = False,
) -> None:
    """Try a source on one page: what each rule finds, which value won, what would be stored, what policy forbids.

    Rules that find nothing are marked. An address is fetched as a harvest would fetch it, and nothing is kept. Exit
    code 1 when the page is no article.
    """
    from harvester.trial.trial import try_page

    wiring: Wiring = context.obj
    opened = open_page(wiring, page, url, source)
    trial = try_page(
        opened.page,
        opened.reader,
        fingerprints=wiring.catalogue.fingerprints,
        default_basis=wiring.settings.tdm_basis,
        visit_robots=opened.robots,
        now=datetime.now(UTC),
    )
    if as_json:
        print(json.dumps(trial.as_json(), ensure_ascii=False, indent=2))
    else:
        from harvester.cli.show import console
        from harvester.cli.trial_view import trial_view

        for part in trial_view(trial):
            console().print(part)
    if trial.record is None:
        raise typer.Exit(1)


source_verb = group(
    "Check seed files, list the sources they declare, try one on a page, propose a new one.",
    {
        "check": (check, "harvester source check my-journal.toml"),
        "list": (list_sources, "harvester source list --json"),
        "try": (try_one, "harvester source try page.html --source my-journal"),
    },
    no_args_is_help=True,
)
