"""A second Run over a journal of which a hundredth changed: what it asks for, what it is sent, and what it sees."""

import random
import sys
from typing import NamedTuple

from harvest import harvest

CHANGED = 50
KILOBYTES = 30


class Case(NamedTuple):
    """How articles are found, what lastmod says, and how the second Run is asked for."""

    name: str
    listing: bool
    lastmod: str
    options: tuple[str, ...]
    few_requests: bool  # only what changed is asked for


CASES = (
    Case("sitemap with lastmod", False, "honest", (), True),
    Case("no sitemap, validators sent, its sweep", True, "honest", ("--full",), False),
    Case("lastmod says today of all, its sweep", False, "today", ("--full",), False),
    Case("lastmod never moves, its sweep", False, "never", ("--full",), False),
)


def main(articles: int = 5000) -> bool:
    """Print a line per case; True if every one keeps its bounds."""
    print(f"\nSecond run over {articles} articles of {KILOBYTES} KB, {CHANGED} of them changed")
    kept = [_kept(case, articles) for case in CASES]
    return all(kept)


def _kept(case: Case, articles: int) -> bool:
    with harvest(articles, KILOBYTES, listing=case.listing) as work:
        work.change(lastmod="never")
        work("run", "soak")
        first, known = work.tally(), len(work.lines("changes", "--json"))
        work.change(articles=random.Random(1).sample(range(articles), CHANGED), lastmod=case.lastmod)
        work("run", "soak", *case.options)
        second = work.tally()
        seen = work.lines("changes", "--since", str(known), "--json")
    share = second["bytes"] / first["bytes"]
    found = sum(change["kind"] == "access_changed" for change in seen)
    print(
        f"  {case.name:42} requests {second['requests']:5}, unchanged {second['unchanged']:5}, "
        f"body bytes {share:.4f} x, seen {found} of {CHANGED}, other changes {len(seen) - found}"
    )
    few = second["requests"] <= CHANGED + 0.02 * articles
    return found == len(seen) == CHANGED and share <= 0.02 and (few or not case.few_requests)


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
