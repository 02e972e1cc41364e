"""When to come back to a page. Pure: the moment of the visit comes in, the next one goes out."""

from datetime import datetime, timedelta
from typing import NamedTuple

from harvester.model.page import VisitOutcome

_DAY = timedelta(days=1)
_NEW = timedelta(days=2)
_CHANGED = timedelta(days=7)
_LONGEST = timedelta(days=90)
_REFUSED = timedelta(days=7)
_RETRY_LONGEST = timedelta(days=30)
_SAME = timedelta(seconds=1)
_AT_ONCE = 2  # failures in a row after which the next Run still tries again

_SEEN = {VisitOutcome.OK, VisitOutcome.NOT_MODIFIED}
_NOT_OURS = {VisitOutcome.NOT_ARTICLE, VisitOutcome.WRONG_CONTENT}
_FIXED = {
    VisitOutcome.TOO_LARGE: (_LONGEST, "too large"),
    VisitOutcome.REDIRECTED: (_LONGEST, "another address of a page that is visited there"),
    VisitOutcome.DISALLOWED: (_DAY, "disallowed: robots.txt is read again then"),
}
_SOON = {
    VisitOutcome.SERVER_ERROR,
    VisitOutcome.NETWORK_ERROR,
    VisitOutcome.TLS_ERROR,
    VisitOutcome.BLOCKED_ADDRESS,
    VisitOutcome.RATE_LIMITED,
    VisitOutcome.TRUNCATED,
}


class NextVisit(NamedTuple):
    """When the page is due again, and why then."""

    due: datetime
    reason: str


def next_due(
    outcome: VisitOutcome,
    now: datetime,
    *,
    failures: int = 0,
    first_seen: datetime | None = None,
    changed: bool = True,
    known: bool = False,
    turns: datetime | None = None,
) -> NextVisit:
    """When a page visited at `now` with `outcome` is due again.

    `failures` counts failed visits in a row including this one, `changed` says whether the visit brought anything new,
    `known` whether a record was read from the page before, `turns` when its access is to change (an embargo's end).
    """
    found = _by_outcome(outcome, now, failures, first_seen or now, changed, known)
    if turns and now < turns < found.due and outcome in _SEEN:
        return NextVisit(turns, "its access is to change then")
    return found


def why_due(
    due: datetime | None,
    outcome: VisitOutcome | None,
    visited_at: datetime | None,
    *,
    failures: int = 0,
    first_seen: datetime | None = None,
    lastmod: datetime | None = None,
    known: bool = False,
    turns: datetime | None = None,
) -> str:
    """The reason why a page whose last visit went so is due at `due`."""
    if outcome is None or visited_at is None:
        return "never visited"
    if due is None:
        return f"{outcome}: not again, unless a list says that it changed"
    for changed in (True, False):
        planned = next_due(
            outcome, visited_at, failures=failures, first_seen=first_seen, changed=changed, known=known, turns=turns
        )
        if abs(planned.due - due) < _SAME:
            return planned.reason
    if lastmod and due > visited_at and due < planned.due:
        return f"a list says that it changed, {lastmod:%Y-%m-%d}"
    return "asked for by name (--full)"


def _by_outcome(
    outcome: VisitOutcome, now: datetime, failures: int, first_seen: datetime, changed: bool, known: bool
) -> NextVisit:
    if outcome in _SEEN:
        return _after_reading(now, first_seen, changed and outcome is VisitOutcome.OK)
    if outcome in _SOON:
        return _after_failure(outcome, now, max(failures, 1))
    if outcome is VisitOutcome.GONE:
        return NextVisit(now + min(_DAY * 2 ** min(max(failures - 1, 0), 8), _LONGEST), "gone: looked for again")
    if outcome in _NOT_OURS:
        return _after_no_article(outcome, now, first_seen, known)
    wait, why = _FIXED.get(outcome, (_REFUSED, f"{outcome}: refused, asked again rarely"))
    return NextVisit(now + wait, why)


def _after_reading(now: datetime, first_seen: datetime, changed: bool) -> NextVisit:
    """A page is looked at whenever it has been known twice as long; a change brings it back to once a week."""
    age = now - first_seen
    if age < _NEW:
        return NextVisit(now + _NEW, "new")
    if changed:
        return NextVisit(now + _CHANGED, "changed")
    return NextVisit(now + min(age, _LONGEST), f"unchanged, known for {age.days} days")


def _after_failure(outcome: VisitOutcome, now: datetime, failures: int) -> NextVisit:
    if failures <= _AT_ONCE:
        return NextVisit(now, f"{outcome}: tried again by the next run")
    wait = min(timedelta(hours=1) * 2 ** min(failures - _AT_ONCE - 1, 16), _RETRY_LONGEST)
    return NextVisit(now + wait, f"{outcome}, failure {failures} in a row")


def _after_no_article(outcome: VisitOutcome, now: datetime, first_seen: datetime, known: bool) -> NextVisit:
    """What was an article is soon one again (maintenance, a passing error); what never was seldom becomes one."""
    longest = _REFUSED if known else _LONGEST
    wait = min(max(now - first_seen, _DAY), longest)
    return NextVisit(now + wait, f"{outcome}: " + ("it was an article before" if known else "unlikely to become one"))
