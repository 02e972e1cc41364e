"""What a Source's Runs were like before -> where this one falls short of it, and since when. Pure.

A share counts as fallen when so few records would have it by chance less than once in a thousand Runs, even if the true
share were a tenth below what was learnt, at the lower end of what so few records can tell.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p, sqrt

from harvester.ingest.measures import FIELDS, in_words
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Expectations

ACCEPTED = "accepted"  # in `seen` of a Run by which the operator takes over what the Run before it found
LEAST_READ = 5  # records; a Run of fewer says nothing
LEAST_SAME = 10
_LEAST_LEARNT = 10  # records in all
_MOST_RUNS = 10
_ALLOWANCE = 0.9
_BY_CHANCE = 1e-3
_SIGMAS = 2.0
_DISTINCT = "distinct abstracts"
_STATED = {
    "with_doi": ("doi",),
    "with_abstract": ("abstract",),
    "with_keywords": ("keywords",),
    "with_authors": ("authors",),
    "with_verdict": ("verdict",),
    "abstract_in_two": ("abstract_in_two",),
    "bilingual": ("titles_in_two", "abstract_in_two"),
    "duplicate_abstracts": (_DISTINCT,),
}


@dataclass(frozen=True, slots=True)
class Fall:
    """A field that `now` of `records` have, where the share was `before`; `since` is the first Run that had so few."""

    name: str
    now: int
    records: int
    before: float
    since: Run | None

    def __str__(self) -> str:
        since = f"since {self.since.started_at:%Y-%m-%d} (run {self.since.id})" if self.since else "since this run"
        share = f"{self.now / self.records:.0%} of {self.records} records read"
        return f"{in_words(self.name)}: from {self.before:.0%} to {share}, {since}"


def learnable(earlier: Sequence[Run]) -> list[Run]:
    """Of a Source's earlier Runs, newest first, those that say what is usual: measured and succeeded.

    Where the operator has accepted what a Run found, that one counts whatever its outcome, and none before it.
    """
    found: list[Run] = []
    accepted = False
    for run in earlier:
        accepted = accepted or ACCEPTED in run.seen
        if run.seen.get("records") and (accepted or run.outcome is RunOutcome.SUCCEEDED):
            found.append(run)
            if accepted:
                break
    return found[:_MOST_RUNS]


def lost_lately(earlier: Sequence[Run]) -> Counter[str]:
    """What known records had and lost in the good Runs before: a loss may come a few pages at a time."""
    names = ("had:", "lost:")
    found: Counter[str] = Counter()
    for run in (one for one in learnable(earlier) if one.outcome is RunOutcome.SUCCEEDED):
        found.update({name: count for name, count in run.seen.items() if name.startswith(names)})
    return found


def taken_over(earlier: Sequence[Run]) -> frozenset[str]:
    """Fields that pages may lose, since the operator has accepted it; until most pages of a Run have them again.

    A site's pages come due over months: those that are asked for after the word has been given are meant by it too.
    """
    found: set[str] = set()
    back: set[str] = set()
    accepted = False
    for run in earlier:
        accepted = accepted or ACCEPTED in run.seen
        if records := run.seen.get("records", 0):
            back |= {name for name in FIELDS if 2 * run.seen.get(name, 0) > records}
            if accepted:
                found |= {name for name in FIELDS if f"lost:{name}" in run.seen} - back
            accepted = False
    return frozenset(found)


def falls(seen: Mapping[str, int], earlier: Sequence[Run], expect: Expectations) -> list[Fall]:
    """Fields whose share has fallen, of a Run with these measures; `earlier` Runs newest first.

    A field with a threshold of its own in `expect` is not judged, nor any where it says `learned = false`.
    """
    usual, records = learnable(earlier), seen.get("records", 0)
    if not expect.learned or records < LEAST_READ or _total(usual) < _LEAST_LEARNT:
        return []
    stated = {field for key, fields in _STATED.items() if getattr(expect, key) is not None for field in fields}
    found = []
    for name in (*FIELDS, _DISTINCT):
        floor, before = _learnt(name, usual)
        if name not in stated and floor > 0 and chance_of_at_most(_had(name, seen), records, floor) < _BY_CHANCE:
            found.append(Fall(name, _had(name, seen), records, before, _since(name, floor, earlier)))
    return found


def unvarying(seen: Mapping[str, int], earlier: Sequence[Run], expect: Expectations) -> Iterator[str]:
    """Fields that differed from article to article and now are the same on every one."""
    if not expect.learned:
        return
    for name in ("keywords", "authors", "doi"):
        told = [run for run in learnable(earlier) if run.seen.get(name, 0) >= LEAST_SAME]
        if seen.get(f"same:{name}", 0) >= LEAST_SAME and told and not any(f"same:{name}" in run.seen for run in told):
            yield f"{in_words(name)}: the same on all {seen[f'same:{name}']} articles that have any, since this run"


def chance_of_at_most(count: int, of: int, share: float) -> float:
    """The probability that at most `count` of `of` have what each has with probability `share`."""
    if count >= of or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    ways = lgamma(of + 1)
    chances = (
        exp(ways - lgamma(k + 1) - lgamma(of - k + 1) + k * log(share) + (of - k) * log1p(-share))
        for k in range(count + 1)
    )
    return min(1.0, sum(chances))


def _learnt(name: str, usual: Sequence[Run]) -> tuple[float, float]:
    """The share below which noise does not reach, and the usual one."""
    shares = sorted((_had(name, run.seen) / run.seen["records"], run.seen["records"]) for run in usual)
    middle = _quantile(shares, 0.5)
    low = min(_quantile(shares, 0.25), _lower_end(middle, _total(usual)))
    return _ALLOWANCE * low, middle


def _quantile(shares: Sequence[tuple[float, int]], part: float) -> float:
    """The share below which this part of the records stands; `shares` in order, each with its records."""
    passed, total = 0, sum(records for _, records in shares)
    for share, records in shares:
        passed += records
        if passed >= part * total:
            return share
    return 0.0


def _lower_end(share: float, records: int) -> float:
    """The lower end of the score interval (Wilson 1927) around a share."""
    z2 = _SIGMAS**2
    spread = _SIGMAS * sqrt(share * (1 - share) / records + z2 / (4 * records**2))
    return (share + z2 / (2 * records) - spread) / (1 + z2 / records)


def _since(name: str, floor: float, earlier: Sequence[Run]) -> Run | None:
    since = None
    for run in earlier:
        records = run.seen.get("records", 0)
        if ACCEPTED in run.seen or (records >= LEAST_READ and _had(name, run.seen) >= floor * records):
            break
        since = run if records >= LEAST_READ else since
    return since


def _had(name: str, seen: Mapping[str, int]) -> int:
    if name == _DISTINCT:
        return seen.get("records", 0) - seen.get("duplicate_abstracts", 0)
    return seen.get(name, 0)


def _total(usual: Sequence[Run]) -> int:
    return sum(run.seen["records"] for run in usual)
