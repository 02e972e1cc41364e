"""The verb export: every record in one of the formats, or what changed since an entry of the change log."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvester.cli.options import Json, Since, one_of, verb
from harvester.cli.wiring import Wiring
from harvester.errors import UsageError

if TYPE_CHECKING:
    from harvester.model.record import Record
    from storage.store import Store

NAMES = ("jsonl", "csv", "parquet", "ris", "bibtex", "csl-json", "jats", "oai_dc")
TOMBSTONES = ("jsonl", "csv", "parquet")  # formats that have a form for them
_OF_A_TOMBSTONE = (
    "id",
    "work_id",
    "source_id",
    "revision",
    "created_at",
    "updated_at",
    "deleted_at",
    "deletion_reason",
)
_MOST_LANGUAGES = 12  # with columns of their own in CSV
_LANGUAGES = re.compile(r'"languages":\[([^\]]*)\]')


def export(
    context: typer.Context,
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help=f"One of: {', '.join(NAMES)}.")],
    since: Since = 0,
    public: Annotated[
        bool, typer.Option("--public", help="Only what may be passed on: no reserved abstracts, no unlisted records.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV: cells as they are, also those a spreadsheet takes for formulas.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Replaced in one step when complete.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write every record, all of it for yourself, or what may be passed on (--public).

    What is written is one moment of the database. The last entry of its change log is told on standard error, for the
    next --since (with --json as an object); XML and Parquet also carry it. With --since, jsonl, csv and parquet hold
    the tombstones of deleted records; for the other formats they are counted.
    """
    one_of("--format", format_, NAMES)
    if raw and format_ != "csv":
        raise UsageError(f"--raw is for CSV, not for {format_}", remedy="leave it out")
    from harvester.cli.writing import to_file, to_stdout

    wiring: Wiring = context.obj
    tally, door = Tally(), Door(public, since, format_ in TOMBSTONES)
    with wiring.store() as store:
        languages = _common_languages(store, since) if format_ == "csv" else ()
        with store.records.dump(since) as dump:
            tally.since = dump.head
            chunks = _chunks(format_, dump.documents, door, tally, raw=raw, languages=languages)
            to_file(chunks, output) if output else to_stdout(chunks)
    print(tally.as_json() if as_json else tally.told(output), file=sys.stderr)


@dataclass
class Tally:
    """What was written and what not; `since` is for the next time."""

    records: int = 0
    deleted: int = 0  # tombstones that the format cannot tell
    unlisted: int = 0  # records that ask not to be listed, left out of a public export
    since: int = 0

    def as_json(self) -> str:
        """The counts as a JSON object."""
        return json.dumps(asdict(self))

    def told(self, path: Path | None) -> str:
        """The counts in words."""
        parts = [f"{self.records} records" + (f" to {path}" if path else "")]
        parts += [f"{self.deleted} deleted left out (`harvester changes` tells them)"] if self.deleted else []
        parts += [f"{self.unlisted} unlisted left out"] if self.unlisted else []
        return "; ".join([*parts, f"next time: --since {self.since}"])


@dataclass(frozen=True)
class Door:
    """Which records leave: in `public` what anybody may have; `since` a Change, tombstones too."""

    public: bool
    since: int
    tombstones: bool

    def let_out(self, documents: Iterable[str], tally: Tally) -> "Iterator[Record]":
        """The records as they may leave."""
        from harvester.model.record import Record
        from harvester.policy import is_listed, redistributed

        for document in documents:
            record = Record.model_validate_json(document)
            listed = is_listed(record) or not self.public
            if record.deleted_at is None and listed:
                tally.records += 1
                yield redistributed(record) if self.public else record
            elif self.tombstones and self.since:
                tally.records += 1
                yield bare(record) if self.public else record
            elif record.deleted_at is not None:
                tally.deleted += 1
            else:
                tally.unlisted += 1

    def lines(self, documents: Iterable[str], tally: Tally) -> Iterator[bytes]:
        """JSON Lines: stored documents are pasted; only those that may not leave as they are get read."""
        from harvester.formats.jsonl import line, pasted

        for document in documents:
            if not self.public or _leaves_whole(document):
                tally.records += 1
                yield pasted(document)
            else:
                yield from map(line, self.let_out([document], tally))


def _chunks(name: str, documents: Iterable[str], door: Door, tally: Tally, **how: Any) -> Iterator[bytes]:
    if name == "jsonl":
        return door.lines(documents, tally)
    from harvester.formats.files import chunks

    return chunks(name, door.let_out(documents, tally), since=tally.since, **how)


def _leaves_whole(document: str) -> bool:
    """True if the document says that anybody may have all of it; inside its texts quotation marks are escaped."""
    return '"redistribute":true' in document and '"deleted_at":null' in document and '"noindex"' not in document


def bare(record: "Record") -> "Record":
    """A tombstone for the public: that the record is gone (or not listed any more) and since when, nothing it said."""
    from harvester.model.access import AccessVerdict
    from harvester.model.record import Provenance, Record

    read = record.provenance.fetched_at
    said = {name: getattr(record, name) for name in _OF_A_TOMBSTONE}
    said["deleted_at"] = record.deleted_at or record.updated_at or read
    provenance = Provenance(url="", fetched_at=read, page_digest="", rules="")
    return Record(**said, url="", access=AccessVerdict(as_of=record.access.as_of), provenance=provenance)


def _common_languages(store: "Store", since: int) -> tuple[str, ...]:
    """The languages of the records, the commonest first: each has columns in CSV."""
    counts: Counter[str] = Counter()
    with store.records.dump(since) as dump:
        for document in dump.documents:
            if found := _LANGUAGES.search(document):
                counts.update(json.loads(f"[{found[1]}]"))
    return tuple(lang for lang, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST_LANGUAGES])


export_verb = verb(
    export,
    "harvester export --format jsonl -o all.jsonl",
    "harvester export --format jsonl --since 1200",
    "harvester export --format csv --public -o public.csv",
)
