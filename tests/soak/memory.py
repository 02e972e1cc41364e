"""Peak resident memory of a Run, of its crawl and of what reads ahead, over few pages and over ten times as many."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from harvest import harvest
from measure import watched

GOAL = 1.3
KILOBYTES = 4


def main(few: int = 5_000, many: int = 50_000) -> bool:
    """Print both figures; True if the second is at most GOAL times the first."""
    small, large = _peaks(few), _peaks(many)
    print(f"\nPeak memory of a run over {few} and over {many} pages (MB)")
    kept = True
    for who, one, other in zip(("the run", "its crawl", "a reader"), small, large, strict=True):
        print(f"  {who:10} {one:6.0f} {other:6.0f}  {other / one:.2f} x (goal <= {GOAL} x)")
        kept = kept and other <= GOAL * one
    return kept


def _peaks(articles: int) -> list[float]:
    with harvest(articles, KILOBYTES) as work:
        run, crawl, *readers = watched(work.command("run", "soak"), **work.settings).peaks_mb
    return [run, crawl, max(readers)]


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
