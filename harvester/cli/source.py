"""The verb source: check, list, try, new."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvester.cli.options import Json, PageFile, PageUrl, Reader, group
from harvester.cli.pages import open_page
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.trial.proposal import Proposal
    from harvester.trial.trial import Trial


def check(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Seed files; without any, all.")
    ] = None,
) -> None:
    """Check seed files; every mistake is told with file, line, key and remedy. Exit code 2 when there is one."""
    from harvester.sources import check as mistakes_of
    from harvester.sources import count, report

    settings = context.obj.settings
    mistakes = mistakes_of(files or None, settings.seeds_dir, private_allow=settings.private_allow)
    if mistakes:
        print(report(mistakes))
        raise typer.Exit(2)
    print(f"{len(files) if files else count(settings.seeds_dir)} seed files are sound")


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
    page: PageFile,
    url: PageUrl = None,
    source: Reader = None,
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


def new(
    context: typer.Context,
    pages: Annotated[
        list[str], typer.Argument(metavar="FILE_OR_URL...", help="Article pages, saved or by address; two are better.")
    ],
    url: Annotated[str | None, typer.Option(help="Where a single saved page was; else its canonical link.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Write the file and the test cases there.")
    ] = None,
) -> None:
    """Propose a source file, and a test case for each page, and show what the proposal rests on.

    Told are the platform by its marks or host, hosts, languages, a pattern for article addresses, places where articles
    may be found, which fields generic signals already give and which are missing. The source is off (verified = false)
    until you have read the pages yourself. Without -o nothing is written; nothing is ever overwritten. A test case
    holds what policy lets be kept of the page.
    """
    from harvester.cli.proposal_view import proposal_view
    from harvester.cli.show import console
    from harvester.trial.proposal import propose_source
    from harvester.trial.trial import try_page

    wiring: Wiring = context.obj
    if url and len(pages) > 1:
        raise UsageError("--url belongs to one page", remedy="give one page, or pages that state their address")
    trials = []
    for place in pages:
        page, reader, robots = open_page(wiring, place, url)
        basis, marks = wiring.settings.tdm_basis, wiring.catalogue.fingerprints
        now = datetime.now(UTC)
        trials.append(try_page(page, reader, fingerprints=marks, default_basis=basis, visit_robots=robots, now=now))
    proposal = propose_source(trials, wiring.catalogue)
    for part in proposal_view(trials, proposal):
        console().print(part)
    if output is None:
        print(f"\n# {proposal.id}.toml (write it with -o DIR)\n\n{proposal.text}", end="")
        return
    for path in _write(output, proposal, trials, wiring.settings.seeds_dir):
        print(f"wrote {path}")
    print(f"Next: harvester source check {output / proposal.id}.toml")
    print(f"Then: move it into {wiring.settings.seeds_dir}/sources, and look through each expected.json")


def _write(folder: Path, proposal: "Proposal", trials: "list[Trial]", seeds_dir: Path) -> list[Path]:
    """DIR/ID.toml and DIR/ID/CASE/. All of it is made elsewhere first, so that nothing half stays behind."""
    from harvester.sources import load_files
    from harvester.trial.case import case_of

    with tempfile.TemporaryDirectory(prefix="harvester-") as draft:
        made = Path(draft) / f"{proposal.id}.toml"
        made.write_text(proposal.text, encoding="utf-8")
        source = load_files([made], seeds_dir).get(proposal.id)
    files = {folder / f"{proposal.id}.toml": proposal.text.encode()}
    for trial in trials:
        if case := case_of(trial.page, source, trial.archive):
            place = _unused(folder / proposal.id / case.shows, files)
            files |= {place / name: body for name, body in case.files.items()}
        else:
            reason = trial.archive.reason if trial.archive else trial.reason
            print(f"no test case of {trial.page.final_url}: no copy of it may be kept ({reason})")
    there = next((path for path in files if path.exists()), None)
    if there:
        raise UsageError(f"{there} exists already", remedy="move it away, or name another folder with -o")
    for path, body in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(body)
    return list(files)


def _unused(place: Path, files: dict[Path, bytes]) -> Path:
    """The folder's name, numbered if another case of this proposal has it."""
    taken = {path.parent for path in files}
    numbered = (place.with_name(f"{place.name}-{number}") for number in range(2, len(taken) + 3))
    return place if place not in taken else next(one for one in numbered if one not in taken)


source_verb = group(
    "Check seed files, list the sources they declare, try one on a page, propose a new one.",
    {
        "check": (check, "harvester source check my-journal.toml"),
        "list": (list_sources, "harvester source list --json"),
        "try": (try_one, "harvester source try page.html --source my-journal"),
        "new": (new, "harvester source new page.html --url https://journal.example.org/article/1 -o proposed/"),
    },
    no_args_is_help=True,
)
