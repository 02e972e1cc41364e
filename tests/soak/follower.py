"""A follower of the change feed over 10,000 changes, the server killed in the middle again and again: the same state.

Records are created, changed, retracted, merged, split, deleted, restored and purged meanwhile, by another process of
the same database (SQLite, then PostgreSQL).
"""

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = (str(ROOT), *(str(ROOT / "tests" / place) for place in ("", "serving", "serving/api")))

from follower import Follower, World  # noqa: E402
from postgres import running  # noqa: E402

from storage.store import Store  # noqa: E402

CHANGES, KILLS = 10_000, 5


class Service:
    """`harvester serve` over one database, killed and started again on the same port."""

    def __init__(self, folder: Path, database: str) -> None:
        for place in ("sources", "platforms"):
            (folder / "seeds" / place).mkdir(parents=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HARVESTER_")}
        self._environment = clean | {
            "HARVESTER_DATA_DIR": str(folder),
            "HARVESTER_DATABASE_URL": database,
            "HARVESTER_SEEDS_DIR": str(folder / "seeds"),
            "HARVESTER_API_RATE": "0",
        }
        self.url = ""
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "harvester.cli", "serve", "--port", self.url.rpartition(":")[2] or "0"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._process.stderr
        for line in self._process.stderr:
            if "listening on " in line:
                self.url = line.rpartition(" ")[2].strip()
                break
        threading.Thread(target=self._process.stderr.read, daemon=True).start()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def main(changes: int = CHANGES, kills: int = KILLS) -> bool:
    """Print what was found; True if it is all as it must be."""
    print(f"\na follower over {changes} changes, the server killed {kills} times")
    with tempfile.TemporaryDirectory() as folder:
        good = _followed("SQLite", Path(folder), f"sqlite:///{folder}/harvester.db", changes, kills)
    with tempfile.TemporaryDirectory() as folder, running() as server:
        return _followed("PostgreSQL", Path(folder), server.database(), changes, kills) and good


def _followed(name: str, folder: Path, database: str, changes: int, kills: int) -> bool:
    began = time.monotonic()
    (folder / "archive").mkdir()
    with Store.open(database, migrate=True) as store, _serving(folder, database) as service:
        world = World(store, folder / "archive", seed=1)
        world.turn(changes // 20)
        follower = Follower(lambda: service.url)
        follower.begin()
        ended = threading.Event()
        threads = [
            threading.Thread(target=_turn, args=[world, store, changes, ended]),
            threading.Thread(target=_kill, args=[service, store, changes, kills, ended]),
        ]
        for thread in threads:
            thread.start()
        while not ended.is_set():
            follower.catch_up()
        for thread in threads:
            thread.join()
        follower.catch_up()
        there, gone = world.state()
        same = follower.records == there and follower.gone.items() <= gone.items()
        whole = follower.seq == store.changes.head() >= changes and store.check() == []
    steps = ", ".join(f"{count} {step}" for step, count in sorted(world.done.items()))
    print(f"  {name}: {follower.seq} changes ({steps}), {len(there)} records there, {len(gone)} gone,")
    print(f"    {follower.repeated} requests asked again, {time.monotonic() - began:.0f} s;", end=" ")
    print("the follower has exactly the server's state" if same and whole else "the follower DIFFERS")
    return same and whole


@contextmanager
def _serving(folder: Path, database: str) -> Iterator[Service]:
    service = Service(folder, database)
    try:
        yield service
    finally:
        service.kill()


def _turn(world: World, store: Store, changes: int, ended: threading.Event) -> None:
    while store.changes.head() < changes:
        world.turn(50)
    ended.set()


def _kill(service: Service, store: Store, changes: int, kills: int, ended: threading.Event) -> None:
    moments = sorted(random.Random(2).sample(range(changes // 10, changes), kills))
    for moment in moments:
        while store.changes.head() < moment and not ended.is_set():
            time.sleep(0.05)
        service.kill()
        service.start()


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
