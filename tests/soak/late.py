"""Writers that commit late, in processes of their own: every reader of the change log sees every Change once, in order.

`python tests/soak/late.py SECONDS`, on PostgreSQL. A part of it: `late.py write|read URL PLACE SECONDS`.
"""

import random
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(1, str(Path(__file__).parents[1]))
sys.path.insert(2, str(Path(__file__).parents[1] / "storage"))

from made import NOW, make_record
from postgres import running
from sqlalchemy import event

from storage.store import Store

WRITERS, READERS, LATEST_S = 8, 4, 0.05


def main(seconds: int = 60) -> bool:
    """Print what was seen; True if it is all as it must be."""
    with running() as server:
        url = server.database()
        Store.open(url, migrate=True).close()
        readers = [_part("read", url, place, seconds) for place in range(READERS)]
        writers = [_part("write", url, place, seconds) for place in range(WRITERS)]
        wrote = [int(writer.communicate()[0]) for writer in writers]
        with Store.open(url) as store:
            head, problems = store.changes.head(), store.check()
        for reader in readers:
            assert reader.stdin
            reader.stdin.write(f"{head}\n")
            reader.stdin.flush()
        seen = [tuple(map(int, reader.communicate()[0].split())) for reader in readers]
    print(f"\n{WRITERS} writers that commit up to {LATEST_S * 1000:.0f} ms late, {READERS} readers, {seconds} s")
    print(f"  Changes written {sum(wrote)}, last number {head}, problems found {len(problems)}")
    for number, (changes, missed, unordered, portions) in enumerate(seen, 1):
        print(f"  reader {number}: saw {changes} in {portions} portions, missed {missed}, out of order {unordered}")
    return head == sum(wrote) and not problems and all(one[:3] == (head, 0, 0) for one in seen)


def _part(kind: str, url: str, place: int, seconds: int) -> "subprocess.Popen[str]":
    command = [sys.executable, __file__, kind, url, str(place), str(seconds)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def write(url: str, place: int, seconds: int) -> None:
    """Save a few records at a time, new and changed ones, waiting before every commit; print how many Changes."""
    chance, until, written = random.Random(place), time.monotonic() + seconds, 0
    with Store.open(url) as store:
        event.listen(store._database._engine, "commit", lambda _: time.sleep(chance.uniform(0, LATEST_S)))
        for turn in count():
            if time.monotonic() > until:
                break
            numbers = [10_000 * place + chance.randrange(500) for _ in range(chance.randint(1, 4))]
            batch = [make_record(n, source_id=f"source-{place % 5}", title=f"{n} in turn {turn}") for n in numbers]
            saved = store.transact(lambda unit, batch=batch: store.records.save(unit, batch, run_id=None, now=NOW))
            written += sum(bool(one.kind) + len(one.extra) for one in saved)
    print(written)


def read(url: str, _place: int, seconds: int) -> None:
    """Follow the log from its beginning to the number on standard input; print what was seen, missed, out of order."""
    last = seen = missed = unordered = portions = 0
    head, writing_until = 0, time.monotonic() + seconds
    with Store.open(url) as store:
        while not head or last < head:
            found = [change.seq for change in store.changes.since(last, limit=100)]
            portions += bool(found)
            for number in found:
                unordered += number <= last
                missed += max(0, number - last - 1)
                last, seen = number, seen + 1
            if not found and not head and time.monotonic() > writing_until:
                head = int(sys.stdin.readline())
    print(seen, missed, unordered, portions)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ("write", "read"):
        {"write": write, "read": read}[sys.argv[1]](sys.argv[2], *map(int, sys.argv[3:]))
    else:
        sys.exit(not main(*map(int, sys.argv[1:])))
