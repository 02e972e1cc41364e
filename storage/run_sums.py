"""What the Runs of each Source add up to. What has ended changes no more: it is read once and remembered."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, takewhile
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, func, or_, select, type_coerce

from harvester.model.page import VisitOutcome
from harvester.model.run import RunKind, RunOutcome, kind_of
from storage.tables import runs, string

EFFECTS = frozenset(("created", "updated", "unchanged"))
_MANY = 50  # Sources with news, from which on everything is read at once
_STATUS = "status:"
_VISITS = frozenset(outcome.value for outcome in VisitOutcome)
_Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(slots=True)
class SourceRuns:
    """Sums over the Runs of one Source; all but `runs` are of harvests.

    `visits` by VisitOutcome and `saved` by effect, as far as they have come; of those that have ended `verdicts` by
    AccessStatus, their number and `seconds`, when one last succeeded, and the `last` one with its outcome.
    `damaged` rows count for nothing else.
    """

    runs: Counter[tuple[RunKind, RunOutcome]] = field(default_factory=Counter)
    visits: Counter[str] = field(default_factory=Counter)
    saved: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    ended: int = 0
    succeeded_at: datetime | None = None
    last: tuple[str, RunOutcome] | None = None
    damaged: int = 0

    def copy(self) -> "SourceRuns":
        """The same, to go on from."""
        counters = {name: getattr(self, name).copy() for name in ("runs", "visits", "saved", "verdicts")}
        return replace(self, **counters)

    def add(self, row: Row[*tuple[Any, ...]]) -> None:
        """Count one Run."""
        try:
            outcome, kind = RunOutcome(row.outcome), kind_of(orjson.loads(row.notes))
            counts, seen = orjson.loads(row.counts).items(), orjson.loads(row.seen).items()
            began_at = datetime.fromisoformat(row.started_at)
            ended_at = datetime.fromisoformat(row.ended_at) if row.ended_at else None
            took = (ended_at - began_at).total_seconds() if ended_at else 0.0
        except (ValueError, TypeError, AttributeError, KeyError):
            self.damaged += 1
            return
        self.runs[kind, outcome] += 1
        if kind is RunKind.HARVEST:
            for name, count in counts:
                if name in _VISITS and type(count) is int:
                    self.visits[name] += count
                elif name in EFFECTS and type(count) is int:
                    self.saved[name] += count
            for name, count in seen:
                if name.startswith(_STATUS) and type(count) is int:
                    self.verdicts[name[len(_STATUS) :]] += count
            self._note_end(row.id, outcome, ended_at, took)

    def _note_end(self, run_id: str, outcome: RunOutcome, ended_at: datetime | None, took: float) -> None:
        if ended_at is None:
            return
        self.last = (run_id, outcome)
        self.seconds += max(0.0, took)  # the clock may have been put back meanwhile
        self.ended += 1
        if outcome is RunOutcome.SUCCEEDED:
            self.succeeded_at = max(self.succeeded_at or ended_at, ended_at)


@dataclass(frozen=True, slots=True)
class _Read:
    """Runs of one Source that have ended, up to the first that has not; `last` by its start and id."""

    rows: int = 0
    last: tuple[str, str] = ("", "")
    sums: SourceRuns = field(default_factory=SourceRuns)


class RunSums:
    """Sums over all Runs, by Source. Any thread may ask."""

    def __init__(self) -> None:
        self._read: dict[str, _Read] = {}
        self._lock = threading.Lock()

    def of(self, connection: Connection) -> dict[str, SourceRuns]:
        """The sums as they are now; not to be changed by the caller."""
        query = select(runs.c.source_id, func.count()).group_by(runs.c.source_id)
        with self._lock:
            totals = {name: total for name, total in connection.execute(query) if isinstance(name, str)}
            self._read = {name: self._read.get(name, _Read()) for name in totals}
            news = [name for name, total in totals.items() if total != self._read[name].rows]
            found = {name: read.sums for name, read in self._read.items()}
            if len(news) > _MANY:
                return found | self._anew(connection)
            return found | {name: self._after(connection, name, totals[name]) for name in news}

    def _anew(self, connection: Connection) -> dict[str, SourceRuns]:
        rows = connection.execute(_ROWS).all()
        return {name: self._taken(name, _Read(), [*some]) for name, some in groupby(rows, lambda row: row.source_id)}

    def _after(self, connection: Connection, name: str, total: int) -> SourceRuns:
        """What came since; everything where that does not add up (a clock was put back, a backup restored)."""
        read, ours = self._read[name], _ROWS.where(runs.c.source_id == name)
        at, run_id = read.last
        later = or_(_began > at, and_(_began == at, runs.c.id > run_id))
        rows = connection.execute(ours.where(later)).all()
        if read.rows + len(rows) != total:
            read, rows = _Read(), connection.execute(ours).all()
        return self._taken(name, read, rows)

    def _taken(self, name: str, read: _Read, rows: _Rows) -> SourceRuns:
        sums = read.sums.copy()
        ended = [*takewhile(lambda row: row.ended_at is not None, rows)]
        for row in ended:
            sums.add(row)
        last = (ended[-1].started_at, ended[-1].id) if ended else read.last
        self._read[name] = _Read(read.rows + len(ended), last, sums)
        if len(ended) == len(rows):
            return sums
        present = sums.copy()
        for row in rows[len(ended) :]:
            present.add(row)
        return present


# Moments as the text they are: one that is damaged must not break the reading of all others.
_began = type_coerce(runs.c.started_at, string())
_ROWS = select(
    runs.c.source_id,
    runs.c.id,
    runs.c.outcome,
    _began.label("started_at"),
    type_coerce(runs.c.ended_at, string()).label("ended_at"),
    runs.c.counts,
    runs.c.notes,
    runs.c.seen,
).order_by(runs.c.source_id, _began, runs.c.id)
