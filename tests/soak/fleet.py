"""Two workers, twelve sources on six hosts; one worker is killed in the middle: `python tests/soak/fleet.py ARTICLES`.

Its hosts are to be asked by the other within 15 seconds; nothing lost, nothing twice, no fetch of an orphan, no host
asked by two at once nor before its delay is over.
"""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(1, str(Path(__file__).parents[1]))
sys.path.insert(2, str(Path(__file__).parents[1] / "scheduling"))

from postgres import running
from yard import Figures, kill_in_the_middle, yard

from harvester.model.run import RunOutcome

HOSTS, SHARE, DELAY_S, BACK_S = 6, 3, 0.5, 15.0


def main(articles: int = 40) -> bool:
    """Print what was seen; True if it is all as it must be."""
    with (
        running() as server,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        yard(Path(folder), server.database(), HOSTS, articles, DELAY_S) as place,
    ):
        place.ask_for_all()
        with place.scheduler():
            seen = kill_in_the_middle(place, SHARE, patience_s=1800)
        problems = place.store.check()
        outcomes = [place.store.runs.list(name)[0].outcome for name in place.sources]
        fires = sum(len(place.store.schedules.fires(name)) for name in place.sources)
    print(f"\nTwo workers, {2 * HOSTS} sources on {HOSTS} hosts with a delay of {DELAY_S} s, one worker killed")
    for name, value in asdict(seen).items():
        print(f"  {name:16} {value:.2f}" if isinstance(value, float) else f"  {name:16} {value}")
    print(f"  fires {fires}, runs that succeeded {outcomes.count(RunOutcome.SUCCEEDED)}, problems {len(problems)}")
    return _is_as_it_must_be(seen) and not problems and fires == len(outcomes) == outcomes.count(RunOutcome.SUCCEEDED)


def _is_as_it_must_be(seen: Figures) -> bool:
    return (
        seen.back_s <= BACK_S
        and seen.most_at_once == 1
        and seen.least_gap_s >= DELAY_S
        and seen.records == seen.articles
        and seen.asked_twice <= seen.hosts_held
    )


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
