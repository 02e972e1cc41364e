"""Verbs that harvest: demo, run, runs (list, show)."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Json, Port, group, verb
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.model.run import Run
    from harvester.model.source import Source
    from harvester.settings import Settings
    from storage.store import Store


def list_runs(context: typer.Context, as_json: Json = False) -> None:
    """List runs, newest first."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        runs = store.runs.list(limit=50)
    if as_json:
        print(json.dumps([one.model_dump(mode="json") for one in runs], ensure_ascii=False, indent=2))
        return
    from harvester.cli.run_view import listing
    from harvester.cli.show import console

    console().print(listing(runs))


def show_run(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="ID", help="A run's id, as the list shows it.")],
    as_json: Json = False,
) -> None:
    """Show one run: counts by outcome, and what was noted."""
    wiring: Wiring = context.obj
    with wiring.store() as store:
        found = store.runs.get(run_id)
    if found is None:
        raise UsageError(f"there is no run {run_id}", remedy="`harvester runs list` shows ids in its first column")
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    _print_run(found)


def _print_run(found: "Run") -> None:
    from harvester.cli.run_view import full
    from harvester.cli.show import console

    console().print(full(found))


def demo(
    context: typer.Context,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then show it all in a browser, on this machine only, until Ctrl-C.")
    ] = False,
    port: Port = 8000,
) -> None:
    """Harvest the bundled sample publisher over loopback into a fresh folder; print records, verdicts and why.

    The folder is --data, else demo-data/ here. No address off this machine is asked. With --serve pages, API, OAI-PMH
    and the operators' desk stand over it, and the publisher can be harvested again; what to sign in with is printed.
    """
    from harvester.cli.demo_view import shown
    from harvester.cli.progress import progress
    from harvester.cli.show import console
    from harvester.demo import demonstration
    from harvester.model.run import RunOutcome

    wiring: Wiring = context.obj
    folder = wiring.data or Path("demo-data")
    print(f"Harvesting the sample publisher into {folder}/ ...", flush=True)
    with ExitStack() as opened:
        with progress() as watch:
            result = opened.enter_context(demonstration(folder, watch))
        console().print(*shown(result), sep="\n")
        if any(one.outcome is not RunOutcome.SUCCEEDED for one in result.runs):
            raise typer.Exit(1)
        if serve:
            from harvester.cli.serving import serve_until_stopped

            print("Serving it until Ctrl-C:", flush=True)
            serve_until_stopped(result.settings, "127.0.0.1", port)


def run(
    context: typer.Context,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Ids as `harvester source list` shows them.")
    ],
    full: Annotated[bool, typer.Option("--full", help="Visit every known page, due or not.")] = False,
    refetch: Annotated[
        bool, typer.Option("--refetch", help="As --full, and ask for every page whole, changed or not.")
    ] = False,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Visit at most so many pages.")] = None,
    urls: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Visit these first: an address of the source or a DOI a line.")
    ] = None,
    at_once: Annotated[int, typer.Option(metavar="N", min=1, max=32, help="Harvest so many sources at a time.")] = 4,
    explain: Annotated[
        bool, typer.Option("--explain", help="Ask nobody: say which pages are due, when, and why then.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --explain: JSON instead of a table.")] = False,
) -> None:
    """Harvest sources, several at a time: crawl politely, read, keep what may be kept.

    A host that sources share is asked once at a time all the same. Ctrl-C or SIGTERM ends every run in order; the next
    run goes on from there. Exit code 1 when a run failed or is degraded, 4 when another run of the source is at work.
    """
    from harvester.cli.progress import progress
    from harvester.garbage import search_rarely
    from harvester.model.run import RunOutcome
    from harvester.run import run_sources
    from storage.store import Store

    wiring: Wiring = context.obj
    wanted = [wiring.catalogue.get(source_id) for source_id in dict.fromkeys(sources)]
    settings = wiring.settings
    if explain:
        _explain(wiring, [source.id for source in wanted], limit or 50, as_json=as_json)
        return
    search_rarely()
    codes = []
    good = (RunOutcome.SUCCEEDED, RunOutcome.INTERRUPTED)
    with Store.open(settings.database_url, migrate=True) as store, progress() as watch:
        if urls:
            _put(store, wanted, settings, urls)
        ended = run_sources(
            store,
            wanted,
            settings,
            at_once=at_once,
            full=full,
            refetch=refetch,
            limit=limit,
            on_progress=watch,
        )
        for one in ended:
            if one.error:
                print(f"harvester: {one.error}", file=sys.stderr)
                codes.append(one.error.exit_code)
            elif one.run:
                _print_run(one.run)
                codes.append(0 if one.run.outcome in good else 1)
    raise typer.Exit(max(codes, default=0))


def _put(store: "Store", sources: "list[Source]", settings: "Settings", file: Path) -> None:
    from harvester.run.given import put

    if len(sources) != 1:
        raise UsageError("--urls belongs to one source", remedy="name one source")
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        remedy = "give the path of a text file in UTF-8, one address or DOI a line"
        raise UsageError(f"{file}: {error}", remedy=remedy) from None
    given = put(store, sources[0], settings, lines)
    for line, reason in given.rejected:
        print(f"{file}: {line}: {reason}", file=sys.stderr)
    if not given.urls:
        raise UsageError(f"{file} names no page to visit", remedy="write addresses of the source, or DOIs")


def _explain(wiring: Wiring, source_ids: list[str], limit: int, *, as_json: bool) -> None:
    from harvester.run.agenda import agenda

    with wiring.store() as store:
        plans = {source_id: agenda(store, source_id, limit) for source_id in source_ids}
    if as_json:
        shown = {
            source_id: {"known": plan.known, "due_now": plan.due_now, "pages": [page._asdict() for page in plan.pages]}
            for source_id, plan in plans.items()
        }
        print(json.dumps(shown, ensure_ascii=False, indent=2, default=str))
        return
    from harvester.cli.run_view import planned
    from harvester.cli.show import console

    for source_id, plan in plans.items():
        for part in planned(source_id, plan):
            console().print(part)


def robots(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The address of a page.")],
    source: Annotated[str | None, typer.Option(metavar="ID", help="Source whose own rules count as well.")] = None,
    as_json: Json = False,
) -> None:
    """Say whether a page may be fetched, and by which rule. The page itself is not asked for.

    robots.txt is read as a harvest reads it (RFC 9309), at most once a day. Exit code 3 when it may not be fetched.
    """
    from harvester.model.source import GENERIC
    from harvester.run.robots import ask_robots

    wiring: Wiring = context.obj
    reader = wiring.catalogue.for_saved_page(url, source) or GENERIC
    answer = ask_robots(url, reader, wiring.settings)
    if as_json:
        print(json.dumps(answer.as_json(), ensure_ascii=False, indent=2))
    else:
        from harvester.cli.run_view import robots_view
        from harvester.cli.show import console

        console().print(robots_view(answer))
    raise typer.Exit(0 if answer.allowed else 3)


demo_verb = verb(demo, "harvester demo", "harvester demo --serve")
run_verb = verb(
    run,
    "harvester run my-journal --limit 20",
    "harvester run my-journal --full",
    "harvester run my-journal --explain",
)
robots_verb = verb(robots, "harvester robots https://journal.example.org/article/1")
runs_verb = group(
    "Look at past runs.",
    {"list": (list_runs, "harvester runs list"), "show": (show_run, "harvester runs show RUN_ID")},
    no_args_is_help=True,
)
