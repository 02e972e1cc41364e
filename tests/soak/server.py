"""Runs into PostgreSQL whose server crashes and ends connections at random moments: nothing lost, nothing twice."""

import random
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harvest import Harvest, harvest
from postgres import Postgres, running

ROUNDS = 4


def main(articles: int = 600, rounds: int = ROUNDS, seed: int = 0) -> bool:
    """Print what was found; True if it is all as it must be."""
    moments = random.Random(seed)
    print(f"\n{rounds} runs over {articles} articles, the server crashing and ending connections meanwhile")
    with running() as server:
        return all(_round(server, articles, moments) for _ in range(rounds))


def _round(server: Postgres, articles: int, moments: random.Random) -> bool:
    with harvest(articles, 15) as work:
        url = server.database()
        work.settings["HARVESTER_DATABASE_URL"] = url
        work("db", "upgrade")
        crashes, ended, code, said = _disturbed(work, server, url, moments)
        records = work.lines("export", "--format", "jsonl")
        changes = work.lines("changes", "--json")
        checked = work("db", "check").strip()
        fetched = work.tally()["articles"]
    ids = {record["publisher_id"] for record in records}
    numbers = [change["seq"] for change in changes]
    in_order = numbers == list(range(1, len(numbers) + 1)) and len(changes) == len(records)
    print(
        f"  {crashes} crashes, {ended} connections ended, exit code {code}: lost {articles - len(ids)},"
        f" twice {len(records) - len(ids)}, Changes {len(changes)}, fetched {fetched}; {checked}{said}"
    )
    return code == 0 and len(ids) == len(records) == articles and in_order and "no problem" in checked


def _disturbed(work: Harvest, server: Postgres, url: str, moments: random.Random) -> tuple[int, int, int, str]:
    """A run to its end: crashes, connections ended, its exit code, and its words where that is not 0."""
    crashes = ended = 0
    command = work.command("run", "soak")
    with subprocess.Popen(
        command, env=work.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        time.sleep(moments.uniform(1.5, 4))
        while run.poll() is None:
            if moments.random() < 0.3:
                server.restart("immediate")
                crashes += 1
            else:
                ended += server.terminate(url)
            time.sleep(moments.uniform(0.3, 3))
        out, _ = run.communicate()
    return crashes, ended, run.returncode, f"\n{out[-1500:]}" if run.returncode else ""


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
