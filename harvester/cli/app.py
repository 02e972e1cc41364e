"""The command `harvester`: global options, the verbs, errors as one message with a remedy.

A verb's module is imported when the verb is called, so `harvester --help` costs little more than typer itself.
"""

import errno
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command as built

from harvester.cli.options import SETTINGS
from harvester.cli.wiring import Wiring
from harvester.errors import HarvesterError

VERBS = {  # verb: module of this package, what it is for
    "demo": ("harvest", "Harvest the bundled sample publisher over loopback; print records, verdicts and why."),
    "source": ("source", "Check seed files, list sources, try one on a page, propose a new one."),
    "run": ("harvest", "Harvest sources: crawl politely, read, keep what may be kept."),
    "robots": ("harvest", "Say whether a page may be fetched, and by which rule."),
    "runs": ("harvest", "Look at past runs."),
    "schedule": ("schedule", "When sources are harvested: look, pause, resume, run now, change."),
    "serve": ("serving", "Harvest every source when it is due, and answer on HTTP: all in one process."),
    "scheduler": ("serving", "Say what is due, for workers on any machines (PostgreSQL)."),
    "worker": ("serving", "Harvest what a scheduler finds due; any number of them (PostgreSQL)."),
    "extract": ("reading", "Read one page and print the record with its evidence."),
    "evaluate": ("reading", "Score what is read from labelled pages."),
    "import": ("importing", "Take in pages that were saved elsewhere (HTML, WARC), as a harvest would."),
    "replay": ("replay", "Read the archive again with today's rules; say what changes and why."),
    "records": ("records", "List and search records; show one and its past; purge one."),
    "override": (
        "override",
        "Correct the access verdict of a record, above what its page says; list and lift corrections.",
    ),
    "works": ("works", "Editions of one article: list them, answer the review queue, undo a merge."),
    "alert": ("digest", "Saved queries that tell readers what is new: add, list, show, pause, remove."),
    "digest": ("digest", "Look at the next digests, send those that are due."),
    "reader": ("digest", "What is kept about a reader; erase it."),
    "enrich": ("enrich", "Ask registries for lawful open copies of closed articles (off by default)."),
    "export": ("export", "Write all that is kept, or what may be passed on, in one of eight formats."),
    "changes": ("records", "Print the change log in order."),
    "account": ("accounts", "Accounts of the console's desk: make, list, disable, set passwords."),
    "keys": ("keys", "Keys of the HTTP API: make, list and revoke them."),
    "db": ("database", "Upgrade the database's schema, or check that it is sound."),
    "schema": ("reading", "Print the JSON Schema of an exported record."),
}
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
EXAMPLES = """\b
First steps:
  harvester demo                                see everything at work, no network needed
  harvester source list                         what can be harvested
  harvester run SOURCE --limit 20               harvest a little of it
  harvester records lupus --lang fr             look at what came
  harvester replay --dry-run                    what other rules would change, without asking any publisher
  harvester export --format jsonl -o all.jsonl  take it away

\b
`harvester VERB --help` explains a verb with examples.
Exit codes: 0 done, 1 failed or degraded, 2 wrong use, 3 refused by a rule, 4 busy.
Settings are environment variables HARVESTER_DATA_DIR, _DATABASE_URL, _SEEDS_DIR, _CONTACT, _BASE_URL,
_PRIVATE_ALLOW, _TDM_BASIS, _WORKERS ...; the README explains each.
"""


class _Verbs(TyperGroup):
    """The verbs by name; each is built when it is called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = dict.fromkeys(VERBS)  # type: ignore[assignment]  # names, for "did you mean"

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (typer calls it so)
        if cmd_name not in VERBS:
            return None
        module = import_module(f"harvester.cli.{VERBS[cmd_name][0]}")
        return built(getattr(module, f"{cmd_name}_verb"))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in VERBS.items()])


app = typer.Typer(cls=_Verbs, epilog=EXAMPLES, no_args_is_help=True, **SETTINGS)


@app.callback()
def root(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder of database, archive and spool (HARVESTER_DATA_DIR)."),
    ] = None,
) -> None:
    """Harvest bilingual article records, with access verdicts that can say why, from public publisher pages."""
    context.obj = Wiring(data)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line (`sys.argv` when None); an error on purpose becomes its message and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # records are Unicode: what a terminal cannot show is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        app(arguments, prog_name="harvester")
    except HarvesterError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        remedy = "make room there" if error.errno in _FULL else "check that path and its permissions"
        _fail(f"{place}{error.strerror or error}\n  remedy: {remedy}", 1)


def _fail(message: str, code: int) -> None:
    print(f"harvester: {message}", file=sys.stderr)
    _abandon_output()
    sys.exit(code)


def _abandon_output() -> None:
    """Let go of output that cannot be written: Python would try again at exit and end with a code of its own (120)."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
