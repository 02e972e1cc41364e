"""Two workers, twelve sources on six hosts; one worker is killed in the middle: `python tests/soak/fleet.py ARTICLES`.

Its hosts are to be asked by the other within 15 seconds; nothing lost, nothing twice, no fetch of an orphan, no host
asked by two at once nor before its delay is over. Once more with a worker that only sleeps, and wakes up late.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(1, str(Path(__file__).parents[1]))
sys.path.insert(2, str(Path(__file__).parents[1] / "scheduling"))

from postgres import Postgres, running
from yard import Figures, Yard, kill_in_the_middle, sleep_in_the_middle, yard

from harvester.model.run import RunOutcome

HOSTS, SHARE, DELAY_S, BACK_S = 6, 3, 0.5, 15.0


def main(articles: int = 40) -> bool:
    """Print what was seen; True if it is all as it must be."""
    with running() as server:
        killed, sound = _fleet(server, articles, kill_in_the_middle)
        slept, well = _fleet(server, articles, sleep_in_the_middle)
    print(f"\nTwo workers, {2 * HOSTS} sources on {HOSTS} hosts with a delay of {DELAY_S} s; one killed, one asleep")
    for name, value in asdict(killed).items():
        other = getattr(slept, name)
        print(f"  {name:16} " + (f"{value:8.2f} {other:8.2f}" if isinstance(value, float) else f"{value:8} {other:8}"))
    kept = all(map(_is_as_it_must_be, (killed, slept))) and killed.back_s <= BACK_S and not slept.asked_twice
    return kept and sound and well


def _fleet(server: Postgres, articles: int, happens: Callable[[Yard, int, float], Figures]) -> tuple[Figures, bool]:
    """What was seen, and whether every source had one fire, and its last run succeeded."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        yard(Path(folder), server.database(), HOSTS, articles, DELAY_S) as place,
    ):
        place.ask_for_all()
        with place.scheduler():
            seen = happens(place, SHARE, 1800)
        runs, fires = place.store.runs, place.store.schedules
        good = all(
            runs.list(name)[0].outcome is RunOutcome.SUCCEEDED and len(fires.fires(name)) == 1 for name in place.sources
        )
        return seen, good and not place.store.check()


def _is_as_it_must_be(seen: Figures) -> bool:
    return (
        seen.most_at_once == 1
        and seen.least_gap_s >= DELAY_S
        and seen.records == seen.articles
        and seen.asked_twice <= seen.hosts_held
    )


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
