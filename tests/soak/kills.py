"""Runs killed with SIGKILL at random moments, then one in peace: nothing lost, nothing twice, all pointers readable."""

import random
import signal
import subprocess
import sys
import time

from harvest import Harvest, harvest
from warcio.archiveiterator import ArchiveIterator

ROUNDS = 20
IN_FLIGHT = 16  # pages between a fetch and its place in the spool


def main(articles: int = 600, seed: int = 0) -> bool:
    """Print what was found; True if it is all as it must be."""
    moments = random.Random(seed)
    with harvest(articles, 15) as work:
        for _ in range(ROUNDS):
            _killed(work, moments.uniform(1.5, 6))
        work("run", "soak")
        records = work.lines("export", "--format", "jsonl")
        ids = {record["publisher_id"] for record in records}
        unreadable = sum(not _readable(work, record) for record in records)
        again = work.tally()["articles"] - articles
        checked = work("db", "check").strip()
    print(f"\n{ROUNDS} x kill -9 over {articles} articles")
    print(f"  lost {articles - len(ids)}, twice {len(records) - len(ids)}, archive pointers unreadable {unreadable}")
    print(f"  fetched again {again} (in flight at most {ROUNDS * IN_FLIGHT}); {checked}")
    return len(ids) == len(records) == articles and not unreadable and again <= ROUNDS * IN_FLIGHT


def _killed(work: Harvest, seconds: float) -> None:
    run = subprocess.Popen(
        work.command("run", "soak"), env=work.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    run.send_signal(signal.SIGKILL)
    run.wait()


def _readable(work: Harvest, record: dict[str, dict[str, str]]) -> bool:
    pointer = record["provenance"]
    with (work.folder / "data" / "archive" / pointer["warc_file"]).open("rb") as file:
        file.seek(int(pointer["warc_offset"]))
        return bool(next(iter(ArchiveIterator(file))).content_stream().read())


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
