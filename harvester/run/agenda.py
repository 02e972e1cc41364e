"""What the next Run of a Source would visit, when each page is due, and why then. Nothing is asked of anybody."""

from datetime import UTC, datetime
from typing import NamedTuple

from harvester.crawl.revisit import why_due
from harvester.ingest import turning_point
from storage.pages import PageState
from storage.store import Store


class Planned(NamedTuple):
    """One page, when it is due and why."""

    url: str
    due: datetime
    reason: str
    last_outcome: str | None
    visited_at: datetime | None


class Agenda(NamedTuple):
    """`due_now` of `known` pages, and the first pages in the order in which they come."""

    known: int
    due_now: int
    pages: tuple[Planned, ...]


def agenda(store: Store, source_id: str, limit: int) -> Agenda:
    """The next `limit` pages of a Source. What lists will name when they are read again is not known yet."""
    planned = tuple(_planned(store, state) for state in store.pages.agenda(source_id, limit))
    return Agenda(store.pages.total(source_id), store.pages.due_count(source_id, datetime.now(UTC)), planned)


def _planned(store: Store, state: PageState) -> Planned:
    assert state.due
    record = store.records.get(state.record_id) if state.record_id else None
    reason = why_due(
        state.due,
        state.outcome,
        state.visited_at,
        failures=state.failures,
        first_seen=state.first_seen,
        lastmod=state.lastmod,
        known=record is not None,
        turns=turning_point(record) if record else None,
    )
    return Planned(state.url, state.due, reason, state.outcome and state.outcome.value, state.visited_at)
