"""What the demonstration prints: every record with its verdict and why, the sums, and what to type next."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType

from harvester.cli.show import facts, table
from harvester.demo import Demonstration
from harvester.model.record import Record


def shown(result: Demonstration) -> Iterator[RenderableType]:
    """Table, sums, next steps."""
    for run in result.runs:
        records = [record for record in result.records if record.source_id == run.source_id]
        journal = " / ".join(dict.fromkeys(title for one in records for title in one.container.titles.values()))
        yield table(journal, ("titles", "access", "because the page says"), map(_row, records))
    yield facts(_sums(result))
    yield "\nWhat to type next:\n" + "\n".join(f"  {step}" for step in next_steps(result))


def _row(record: Record) -> tuple[str, str, str]:
    titles = "\n".join(f"{lang}  {title.value}" for lang, title in sorted(record.titles.items(), reverse=True))
    verdict = record.access
    until = verdict.embargo_until or verdict.until
    status = verdict.status + (f"\nuntil {until}" if until else "") + ("\ndisputed" if verdict.disputed else "")
    quotes = dict.fromkeys(f"“{evidence.quote}”" for evidence in verdict.evidence)
    return titles, status, "\n".join([*quotes][:2])


def _sums(result: Demonstration) -> Iterator[tuple[str, object]]:
    yield "records", str(len(result.records))
    yield "bilingual", f"{result.bilingual:.0%}"
    yield "access", ", ".join(f"{status} {count}" for status, count in sorted(result.statuses.items()))
    withheld = sum(not record.rights.abstract_policy.keep for record in result.records)
    yield (
        "abstracts withheld",
        f"{withheld} (the publisher reserves text and data mining; titles, names and verdicts are kept)",
    )
    yield "requests", f"{result.requests}, of them for full texts, prints, exports or logins: {len(result.refused)}"
    for run in result.runs:
        yield "run", f"{run.source_id}: {run.outcome}{''.join(f'; {note}' for note in run.notes)}"


def next_steps(result: Demonstration) -> list[str]:
    """Commands that work as they stand, as long as the data folder stays."""
    harvester = f"{_as_typed()} --data {shlex.quote(str(result.folder))}"
    first = next((record for record in result.records if record.access.status == "subscription"), result.records[0])
    export = shlex.quote(str(result.folder / "records.jsonl"))
    return [
        f"{harvester} records --access subscription --lang fr",
        f"{harvester} records show {first.id}",
        f"{harvester} changes",
        f"{harvester} export --format jsonl -o {export}",
        f"{_as_typed()} source list",
    ]


def _as_typed() -> str:
    """How this program was called: by its name where that finds it, else by its path."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m harvester.cli"
    found = shutil.which("harvester")
    if found and Path(found).resolve() == called.resolve():
        return "harvester"
    return shlex.quote(sys.argv[0])
