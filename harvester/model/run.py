"""Runs, visits and Changes: what we did, what happened to us, what changed."""

from collections.abc import Sequence
from enum import StrEnum

from harvester.model.base import Utc, Value
from harvester.model.page import Page, VisitOutcome


class RunOutcome(StrEnum):
    """How a Run ended; `running` until it does."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEGRADED = "degraded"  # ended, but an Expectation was missed or a host stayed shut
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # killed or stopped; the next Run goes on


class RunKind(StrEnum):
    """What a Run does: only a harvest asks anything of a publisher."""

    HARVEST = "harvest"
    IMPORT = "import"
    REPLAY = "replay"


# The first note of a Run that is no harvest, from its beginning on.
IMPORT_NOTE = "an import: the pages were saved elsewhere, none was fetched"
REPLAY_NOTE = "a replay: pages of the archive were read again, none was fetched"
_KINDS = {IMPORT_NOTE: RunKind.IMPORT, REPLAY_NOTE: RunKind.REPLAY}


def kind_of(notes: Sequence[str]) -> RunKind:
    """What a Run with these notes does."""
    return _KINDS.get(notes[0], RunKind.HARVEST) if notes else RunKind.HARVEST


class Run(Value):
    """One execution for one Source. `counts` are by VisitOutcome and by effect (created, updated, unchanged ...).

    `seen` says what the records read were like: `records`, and by field how many of them had it; empty where nothing
    was measured (imports, replays, Runs that are at work or died).
    """

    id: str
    source_id: str
    outcome: RunOutcome = RunOutcome.RUNNING
    started_at: Utc
    ended_at: Utc | None = None
    resumed_from: str | None = None
    counts: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    seen: dict[str, int] = {}

    @property
    def kind(self) -> RunKind:
        """Whether it harvests, or reads what is here already."""
        return kind_of(self.notes)


class ChangeKind(StrEnum):
    """Kinds of entries of the change log."""

    CREATED = "created"
    UPDATED = "updated"
    ACCESS_CHANGED = "access_changed"
    INTEGRITY_CHANGED = "integrity_changed"
    MERGED = "merged"
    SPLIT = "split"
    DELETED = "deleted"
    RESTORED = "restored"


class Change(Value):
    """One entry of the one ordered change log. `seq` is strictly increasing.

    `merged` and `split` name the work the record is in since, and the one it was in before.
    """

    seq: int
    record_id: str
    kind: ChangeKind
    at: Utc
    revision: int
    work_id: str | None = None
    old_work_id: str | None = None


class FrontierItem(Value):
    """One URL to visit, as the frontier hands it to the crawl."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    failures: int = 0


class Visit(Value):
    """One spooled attempt: the frontier's URL, what the transport made of it, and the Page if a body came.

    With `not_modified` the Page has the headers of the answer and no body.
    `outcome` is the transport's word; ingest refines `ok` (not_article, login, challenged ...).
    """

    run_id: str
    url: str
    outcome: VisitOutcome
    detail: str = ""
    page: Page | None = None
    at: Utc
    robots: tuple[str, ...] = ()  # site-wide statements found while fetching (TDMRep file), as "name: value"
