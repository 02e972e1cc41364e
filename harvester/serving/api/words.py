"""What the API tells beside records themselves: shapes of its answers, all of plain JSON types."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from harvester.model.access import AccessVerdict
from harvester.model.base import Utc, Value
from harvester.model.open_copy import Statement
from harvester.model.record import Record
from harvester.model.run import ChangeKind
from harvester.model.search import Expansion, Snippet


class Parameters(BaseModel):
    """What a route can be asked, by name; any other name is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Plain = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
Id = Annotated[
    str, Field(description="As lists, searches and the change feed give it.", examples=["0f3c2a9be41d5c6a7f10"])
]


class Brief(Value):
    """A record in short."""

    id: str
    work_id: str
    source_id: str
    url: str
    doi: str | None
    titles: dict[str, str]
    journal: str | None
    published: str | None
    access: str
    integrity: str
    languages: tuple[str, ...]
    revision: int
    updated_at: Utc | None


def brief(record: Record) -> Brief:
    """The record in short."""
    return Brief(
        id=record.id,
        work_id=record.work_id,
        source_id=record.source_id,
        url=record.url,
        doi=record.identifier("doi"),
        titles={language: title.value for language, title in record.titles.items()},
        journal=next(iter(record.container.titles.values()), None),
        published=next((one.value for one in record.dates if one.kind in ("published", "online", "print")), None),
        access=record.access.status.value,
        integrity=record.integrity.status,
        languages=record.languages,
        revision=record.revision,
        updated_at=record.updated_at,
    )


class Records(Value):
    """Whole records in order of id. Who starts with a list goes on with the Changes after the `seq` of its start."""

    items: tuple[Record, ...]
    next: str | None = None
    seq: int


class FoundRecord(Value):
    """One hit: the record in short, how well it answers (0 where sorted by date), and the places that match."""

    record: Brief
    score: float
    snippets: tuple[Snippet, ...] = ()


class FoundPage(Value):
    """Hits of a search. `total` is exact unless `at_least`; `ranked`: only so many of the newest hits are listed;
    `faceted`: the facets count only so many of the newest hits. 0: all of them.
    """

    items: tuple[FoundRecord, ...]
    next: str | None = None
    total: int
    at_least: bool
    ranked: int
    facets: dict[str, dict[str, int]] = {}
    faceted: int = 0
    expanded: tuple[Expansion, ...] = ()


class WorksMoved(Value):
    """The work a record is in since a merge or a split, and the one it was in."""

    to: str
    origin: Annotated[str, Field(serialization_alias="from")]


class ToldChange(Value):
    """A Change. `work_id` is the record's work by now; `reason` says why it is gone by now, null while it is there."""

    seq: int
    kind: ChangeKind
    at: Utc
    record_id: str
    revision: int
    work_id: str | None
    works: WorksMoved | None = None
    reason: Literal["gone", "duplicate", "legal", "out_of_scope", "operator", "not_listed"] | None = None


class ChangePage(Value):
    """Changes in order. `head` is the latest number there is; `next` asks for those after the last one here."""

    items: tuple[ToldChange, ...]
    next: str
    head: int
    more: bool


class ToldRevision(Value):
    """When a revision stood; `until` is null for the present one, `run_id` the Run that brought it so."""

    revision: int
    since: Utc
    until: Utc | None
    run_id: str | None
    url: str


class Revisions(Value):
    """Every revision that is kept, oldest first, and the record's Changes."""

    items: tuple[ToldRevision, ...]
    changes: tuple[ToldChange, ...]


class Difference(Value):
    """One part of a record, by field and language, in two revisions; null where it is not there."""

    field: str
    language: str | None
    old: Any
    new: Any


class Differences(Value):
    """What differs between two revisions."""

    old: int
    new: int
    items: tuple[Difference, ...]


class ToldVerdict(Value):
    """A verdict, when it was reached and by which Run."""

    at: Utc
    run_id: str | None
    verdict: AccessVerdict


class Verdicts(Value):
    """Every verdict on a record, oldest first."""

    items: tuple[ToldVerdict, ...]


class MergedFrom(Value):
    """A work that went into this one, and what joined the two; `undone_at` where they were split again."""

    at: Utc
    work_id: str
    old_work_id: str
    record_id: str
    other_id: str
    basis: str
    undone_at: Utc | None


class Citation(Value):
    """What a record asks to cite instead of itself."""

    record_id: str
    cite_record: str | None
    cite_doi: str | None
    note: str


class ToldWork(Value):
    """The editions of one article, oldest first, and what joined them."""

    id: str
    records: tuple[Brief, ...]
    merges: tuple[MergedFrom, ...]
    citations: tuple[Citation, ...]
    url: str


class ToldSource(Value):
    """A source and how it stands. `records` by access status, some seconds old; `known`: it has a seed file."""

    id: str
    known: bool
    name: str
    homepage: str | None = None
    hosts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    enabled: bool = True
    basis: str | None = None
    basis_until: date | None = None
    records: dict[str, int] = {}
    rests: bool | None = None
    next_due: Utc | None = None
    last_run: "ToldRun | None" = None


class ToldRun(Value):
    """A Run. What it noted (`notes`) and what its records were like (`seen`) needs the scope `operate`."""

    id: str
    source_id: str
    kind: str
    outcome: str
    started_at: Utc
    ended_at: Utc | None
    resumed_from: str | None
    counts: dict[str, int]
    notes: tuple[str, ...] | None = None
    seen: dict[str, int] | None = None


class ToldProblem(Value):
    """A kind of problem."""

    type: str
    status: int
    title: str
    remedy: str


class OpenCopies(Value):
    """What registries said of a record by its DOI, if they were asked. None of it is the publisher's own word."""

    items: tuple[Statement, ...]
