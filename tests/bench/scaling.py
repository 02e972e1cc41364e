"""Pages a second with one worker and with two, on hosts that are asked once a second: `python tests/bench/scaling.py`.

Each worker has hands for so many hosts; what a fleet harvests grows with the hosts it serves, and with nothing else.
"""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from measure import ROOT, Row, at_least, show

sys.path.insert(0, str(ROOT))
sys.path.insert(1, str(ROOT / "tests"))
sys.path.insert(2, str(ROOT / "tests" / "scheduling"))
from postgres import Postgres, running
from serving import until
from yard import Yard, yard

HANDS, DELAY_S, ARTICLES = 3, 1.0, 200


def main(seconds: int = 30) -> None:
    """Print the table."""
    with running() as server:
        one, two = (_pages_a_second(server, workers, seconds) for workers in (1, 2))
    per_host = DELAY_S * one / HANDS
    show(
        f"Pages a second on hosts that are asked every {DELAY_S:g} s, {HANDS} hosts to a worker",
        [
            at_least("two workers", "one worker", two / one, 1.8),
            at_least("one worker", f"{HANDS} hosts at one page in {DELAY_S:g} s each", per_host, 0.75),
            Row("two workers", "the same at twice as many hosts", DELAY_S * two / (2 * HANDS), ">= 0.75 x",
                DELAY_S * two >= 0.75 * 2 * HANDS),
        ],
        f"one worker {one:.2f} pages/s, two {two:.2f}; counted for {seconds} s once each host had been asked",
    )  # fmt: skip


def _pages_a_second(server: Postgres, workers: int, seconds: int) -> float:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        place = stack.enter_context(yard(folder, server.database(), HANDS * 2, ARTICLES, DELAY_S))
        place.ask_for_all()
        stack.enter_context(place.scheduler())
        for _ in range(workers):
            stack.enter_context(place.worker(HANDS))
        until(lambda: _asked(place) >= workers * HANDS, 180)
        before = _pages(place)
        time.sleep(seconds)
        return (_pages(place) - before) / seconds


def _asked(place: Yard) -> int:
    return sum(bool(quay.fetched()) for quay in place.hosts)


def _pages(place: Yard) -> int:
    return sum(quay.fetched().total() for quay in place.hosts)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
