"""When to come back to a page. Pure: the moment of the visit comes in, the next one goes out."""

from datetime import datetime, timedelta
from typing import NamedTuple

from harvester.model.page import VisitOutcome

_DAY = timedelta(days=1)
_FIRST = timedelta(days=7)
_LONGEST = timedelta(days=90)
_REFUSED = timedelta(days=7)
_RETRY_LONGEST = timedelta(days=30)

_SEEN = {VisitOutcome.OK, VisitOutcome.NOT_MODIFIED}
_NOT_OURS = {VisitOutcome.NOT_ARTICLE, VisitOutcome.WRONG_CONTENT, VisitOutcome.TOO_LARGE, VisitOutcome.REDIRECTED}
_SOON = {
    VisitOutcome.SERVER_ERROR,
    VisitOutcome.NETWORK_ERROR,
    VisitOutcome.RATE_LIMITED,
    VisitOutcome.TRUNCATED,
}


class NextVisit(NamedTuple):
    """When the page is due again, and why then."""

    due: datetime
    reason: str


def next_due(
    outcome: VisitOutcome, now: datetime, *, failures: int = 0, first_seen: datetime | None = None, changed: bool = True
) -> NextVisit:
    """When a page visited at `now` with `outcome` is due again.

    `failures` counts failed visits in a row including this one, `changed` says whether the visit brought anything new.
    """
    if outcome in _SEEN:
        return _after_reading(now, first_seen or now, changed and outcome is VisitOutcome.OK)
    if outcome in _SOON:
        wait = min(timedelta(hours=1) * 2 ** min(max(failures - 1, 0), 16), _RETRY_LONGEST)
        return NextVisit(now + wait, f"{outcome}, failure {max(failures, 1)} in a row")
    if outcome is VisitOutcome.GONE:
        return NextVisit(now + min(_DAY * 2 ** min(max(failures - 1, 0), 8), _LONGEST), "gone: looked for again")
    if outcome in _NOT_OURS:
        return NextVisit(now + _LONGEST, f"{outcome}: unlikely to become an article")
    return NextVisit(now + _REFUSED, f"{outcome}: refused, asked again rarely")


def _after_reading(now: datetime, first_seen: datetime, changed: bool) -> NextVisit:
    """New or changing pages are looked at weekly; the longer one stays the same the rarer, up to 90 days."""
    if changed:
        return NextVisit(now + _FIRST, "new or changed")
    return NextVisit(now + min(max((now - first_seen) / 2, _FIRST), _LONGEST), "unchanged")
