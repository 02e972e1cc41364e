"""Schemathesis on the API for a quarter of an hour: every phase, on a store with every kind of record in it."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = (str(ROOT), *(str(ROOT / "tests" / place) for place in ("", "serving", "serving/api")))

from follower import World  # noqa: E402
from fresh import store_at  # noqa: E402
from idle import Idle  # noqa: E402
from questions import asked  # noqa: E402

from harvester.serving.app import make_app  # noqa: E402
from harvester.serving.server import Server  # noqa: E402
from harvester.settings import Settings  # noqa: E402


def main(examples: int = 300) -> bool:
    """Print what was found; True if nothing was."""
    print(f"\nschemathesis, {examples} examples of each route")
    with tempfile.TemporaryDirectory() as name, store_at(f"sqlite:///{name}/data/one.db") as store:
        (Path(name) / "archive").mkdir()
        World(store, Path(name) / "archive").turn(300)
        with Server(make_app(store, Path(name), Idle(), Settings(api_rate=0)), "127.0.0.1", 0) as server:
            done = asked(server.url, Path(name), "--max-examples", str(examples))
    print("\n".join(done.stdout.splitlines()[-40:]))
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:])))
