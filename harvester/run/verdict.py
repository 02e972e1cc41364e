"""Counts, the crawl's report and the Expectations -> how the Run ended, and why. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvester.model.page import VisitOutcome
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Expectations
from harvester.run.baseline import LEAST_READ, falls, unvarying

SHARES = (
    "with_doi",
    "with_abstract",
    "abstract_in_two",
    "bilingual",
    "with_keywords",
    "with_authors",
    "with_verdict",
)
DRIFT_SHARE = 0.2  # of the pages read
_LEAST_DUPLICATES = 10  # from which on they are told, whatever is expected
_MOST_PROBLEMS = 10

_REACHED = frozenset(
    (
        VisitOutcome.OK,
        VisitOutcome.NOT_ARTICLE,
        VisitOutcome.NOT_MODIFIED,
        VisitOutcome.GONE,
        VisitOutcome.REDIRECTED,
        VisitOutcome.WRONG_CONTENT,
        VisitOutcome.TOO_LARGE,
    )
)
_UNREACHABLE = frozenset(
    (
        VisitOutcome.NETWORK_ERROR,
        VisitOutcome.TLS_ERROR,
        VisitOutcome.SERVER_ERROR,
        VisitOutcome.BLOCKED_ADDRESS,
        VisitOutcome.TRUNCATED,
    )
)
_NO_ARTICLE = frozenset(
    (
        VisitOutcome.NOT_ARTICLE,
        VisitOutcome.WRONG_CONTENT,
        VisitOutcome.TOO_LARGE,
        VisitOutcome.LOGIN,
        VisitOutcome.GONE,
    )
)
_TOLD = (
    *sorted(_UNREACHABLE),
    VisitOutcome.RATE_LIMITED,
    VisitOutcome.FORBIDDEN,
    VisitOutcome.CHALLENGED,
    VisitOutcome.WRONG_CONTENT,
    VisitOutcome.TOO_LARGE,
)


@dataclass(frozen=True, slots=True)
class Course:
    """How a Run went. `seen` counts the records read, `stored` the Source's records (None: nobody asked).

    `measured` is of the pages read whole, `earlier` the Source's Runs before, newest first.
    `first` has of every VisitOutcome the first page that met it, and why.
    """

    counts: Mapping[str, int]
    seen: Mapping[str, int]
    report: Mapping[str, Any]
    first: Mapping[str, str] = field(default_factory=dict)
    exit_code: int = 0
    last_words: str = ""
    stopped: bool = False
    stored: int | None = None
    measured: Mapping[str, int] = field(default_factory=dict)
    earlier: Sequence[Run] = ()


def judge(course: Course, expect: Expectations) -> tuple[RunOutcome, list[str]]:
    """The outcome, and a note for everything an operator should know of."""
    shut = [f"{host}: {reason}" for host, reason in course.report.get("shut", {}).items()]
    problems = [f"{place}: {what}" for place, what in course.report.get("problems", {}).items()]
    paused = [said] if (said := course.report.get("paused")) else []
    notes = [*paused, *shut, *_first(problems), *_failed_pages(course), *_about_rights(course.counts)]
    if course.exit_code:
        said = course.last_words or "it said nothing"
        return RunOutcome.FAILED, [f"the crawl ended with code {course.exit_code}: {said}", *notes]
    if course.stopped:
        return RunOutcome.INTERRUPTED, ["stopped on request; the next run goes on from here", *notes]
    if nothing := _nothing_reached(course, problems):
        return nothing[0], [nothing[1], *notes]
    missed = [
        *misses(expect, course.seen, course.stored),
        *_no_article(course),
        *_drift(course.seen),
        *drift(course, expect),
    ]
    spoilt = missed or shut or course.seen.get("redesign") or course.seen.get("drifted_fields")
    notes += _duplicates(course.measured)
    return (RunOutcome.DEGRADED if spoilt else RunOutcome.SUCCEEDED), [*missed, *notes]


def _no_article(course: Course) -> Iterator[str]:
    """A note where a Source that never gave a record has only pages that are no articles."""
    met = {outcome: course.counts.get(outcome.value, 0) for outcome in sorted(_REACHED | _NO_ARTICLE)}
    pages = sum(met.values())
    if pages < LEAST_READ or pages > sum(met[outcome] for outcome in _NO_ARTICLE):
        return
    if not any(run.seen.get("records") for run in course.earlier):
        counts = ", ".join(f"{outcome.value} {count}" for outcome, count in met.items() if count)
        yield (
            f"none of {pages} pages was an article ({counts}): look at one with `harvester source try URL`; the "
            "article patterns in [urls] may take other pages too, or the site draws its pages with scripts"
        )


def _drift(seen: Mapping[str, int]) -> Iterator[str]:
    """A note where so many pages are read worse than before that the site's template must have changed."""
    read, drifted, unreadable = (seen.get(name, 0) for name in ("records", "drifted", "unreadable"))
    if drifted >= LEAST_READ and drifted > DRIFT_SHARE * (read + drifted):
        yield (
            f"{drifted} pages no longer show what was read from them before, and their records were kept as they were: "
            "look whether the site's template has changed (`harvester source try URL`)"
        )
    if unreadable >= LEAST_READ and unreadable > DRIFT_SHARE * (read + unreadable):
        yield f"reading failed on {unreadable} pages; they are asked for again in a week"


def drift(course: Course, expect: Expectations) -> Iterator[str]:
    """A note for every way in which the Run falls short of what the Source's Runs were like before."""
    measured, share = course.measured, expect.duplicate_abstracts
    records, duplicates = measured.get("records", 0), measured.get("duplicate_abstracts", 0)
    if share is not None and records >= LEAST_READ and duplicates > share * records:
        yield f"expected duplicate_abstracts at most {share:.0%}, found {duplicates / records:.0%} of {records} records"
    learnt = [*map(str, falls(measured, course.earlier, expect)), *unvarying(measured, course.earlier, expect)]
    yield from learnt
    if learnt:
        yield (
            "look at a page with `harvester source try`, mend the rules and have the archive read with "
            "`harvester replay`; `harvester replay --accept` makes this what is expected from now on"
        )


def _duplicates(measured: Mapping[str, int]) -> list[str]:
    records, duplicates = measured.get("records", 0), measured.get("duplicate_abstracts", 0)
    if duplicates < _LEAST_DUPLICATES or duplicates <= DRIFT_SHARE * records:
        return []
    return [f"{duplicates} of {records} records have the abstract of another article: is a teaser of the site read?"]


def misses(expect: Expectations, seen: Mapping[str, int], stored: int | None) -> Iterator[str]:
    """A note for every Expectation that was missed, naming field, share and threshold."""
    if expect.min_records is not None and stored is not None and stored < expect.min_records:
        yield f"expected at least {expect.min_records} records, there are {stored}"
    records = seen.get("records", 0)
    if records < LEAST_READ:
        return
    for name in SHARES:
        threshold = getattr(expect, name)
        share = seen.get(name, 0) / records
        if threshold is not None and share < threshold:
            yield f"expected {name} at least {threshold:.0%}, found {share:.0%} of {records} records read"


def _nothing_reached(course: Course, problems: Sequence[str]) -> tuple[RunOutcome, str] | None:
    counts = {outcome: course.counts.get(outcome.value, 0) for outcome in VisitOutcome}
    if any(counts[outcome] for outcome in _REACHED):
        return None
    met = ", ".join(f"{outcome.value} {count}" for outcome, count in counts.items() if count)
    if unreachable := sum(counts[outcome] for outcome in _UNREACHABLE):
        return _failing(unreachable, met, course)
    if counts[VisitOutcome.DISALLOWED]:
        return RunOutcome.DEGRADED, f"no page was fetched: robots.txt forbids them all ({met})"
    if met:
        return RunOutcome.DEGRADED, f"no page was fetched: the publisher refused ({met})"
    found = course.report.get("discovered")  # then some way was open, and nothing that it leads to was due
    if (course.report.get("shut") or (problems and not found)) and not course.report.get("paused"):
        return RunOutcome.FAILED, "no page was fetched: every way to find articles was closed, for the reasons below"
    return None


def _failing(pages: int, met: str, course: Course) -> tuple[RunOutcome, str] | None:
    """No page that was due could be fetched. Where the host answered lists, a handful of these is no fault of a Run."""
    if not course.report.get("listings_read") or course.report.get("shut"):
        return RunOutcome.FAILED, f"no page could be fetched ({met}): is the host up, and reachable from here?"
    if pages < LEAST_READ:
        return None
    return RunOutcome.DEGRADED, f"none of the pages that were due could be fetched ({met}), though the host answers"


def _first(problems: Sequence[str]) -> Iterator[str]:
    yield from problems[:_MOST_PROBLEMS]
    if len(problems) > _MOST_PROBLEMS:
        yield f"and {len(problems) - _MOST_PROBLEMS} more problems like these"


def _failed_pages(course: Course) -> Iterator[str]:
    for outcome in _TOLD:
        count, first = course.counts.get(outcome, 0), course.first.get(outcome)
        if count and first:
            yield f"{outcome}: {first}" + (f" (the first of {count} such pages)" if count > 1 else "")


def _about_rights(counts: Mapping[str, int]) -> Iterator[str]:
    reserved, withheld = counts.get("reserved", 0), counts.get("abstracts_withheld", 0)
    if withheld:
        yield (
            f"{_pages(withheld)} text and data mining and there is no basis to keep the abstracts: titles, names, "
            "identifiers, dates and verdicts were kept; a basis is stated in [rights] or HARVESTER_TDM_BASIS"
        )
    if reserved > withheld:
        yield f"{_pages(reserved - withheld)} text and data mining; the abstracts are kept on a stated basis"


def _pages(count: int) -> str:
    return "1 page reserves" if count == 1 else f"{count} pages reserve"
