"""How fast workers take hosts out of a queue that is short, and of one that is long: `python tests/bench/taking.py`."""

import asyncio
import sys
import time

import psycopg
from measure import ROOT, at_least, show

sys.path.insert(0, str(ROOT))
sys.path.insert(1, str(ROOT / "tests"))
from postgres import running
from procrastinate.jobs import Status

from harvester.queue.hands import Hands
from harvester.queue.queue import NAME, REPLAYS, TASK, Queue
from harvester.queue.schema import SCHEMA

SHORT, LONG, TAKEN, ROUNDS, GOAL = 1_000, 20_000, 400, 5, 0.5
_FILL = """INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
            SELECT %s, %s, 'host ' || n, 'host ' || n, jsonb_build_object('host', 'host ' || n)
            FROM generate_series(1, %s) AS n"""


def main(short: int, long: int) -> None:
    """Print the table."""
    rates: dict[int, list[float]] = {short: [], long: []}
    with running() as server:
        url = server.database()
        with Queue(url):
            pass
        for _ in range(ROUNDS):
            for hosts, found in rates.items():
                _fill(url, hosts)
                found.append(asyncio.run(_rate(url)))
    few, many = (sorted(found)[ROUNDS // 2] for found in rates.values())
    show(
        f"Taking {TAKEN} hosts out of a queue, each taken and ended before the next",
        [at_least(f"{long} hosts waiting", f"{short} hosts waiting", many / few, GOAL)],
        f"{few:.0f} and {many:.0f} hosts a second in one pair of hands; medians of {ROUNDS}, no ANALYZE between",
    )


def _fill(url: str, hosts: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {SCHEMA}")
        connection.execute("TRUNCATE procrastinate_jobs CASCADE")
        connection.execute(_FILL, (NAME, TASK, hosts))


async def _rate(url: str) -> float:
    hands = Hands(url, 1, {TASK: lambda **_: None}, print)
    jobs = hands._jobs
    async with hands._app.open_async():
        worker_id = await jobs.register_worker()
        began = time.perf_counter()
        for _ in range(TAKEN):
            job = await jobs.fetch_job([NAME, REPLAYS], worker_id)
            assert job
            await jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)
        seconds = time.perf_counter() - began
        await jobs.unregister_worker(worker_id)
    return TAKEN / seconds


if __name__ == "__main__":
    main(*map(int, sys.argv[1:])) if len(sys.argv) > 2 else main(SHORT, LONG)
