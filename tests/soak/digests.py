"""Digests at length: 500 readers and ten kill -9, records committed meanwhile, a slow server, 10,000 articles."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = (str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "digests"))
import postgres  # noqa: E402
from desk import MONDAY, Desk, article, settings  # noqa: E402
from fresh import store_at  # noqa: E402
from post_office import office  # noqa: E402
from test_digest_delivery import sender  # noqa: E402

from harvester.digests.rounds import Rounds  # noqa: E402
from harvester.run.lease import is_alive, this_process  # noqa: E402
from storage.store import Store  # noqa: E402

READERS, KILLS = 500, 10
WRITERS, BUILDERS, EACH = 3, 2, 1000


def main() -> None:
    """Print what each came to; ends with 1 when a promise was not kept."""
    kept = [killed(), *meanwhile(), slow(), long()]
    sys.exit(0 if all(kept) else 1)


def killed() -> bool:
    """Everybody gets every article; at most the mail in hand comes twice, with one Message-ID."""
    chance = random.Random(8)
    with office() as post, tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/a.db"
        with store_at(url) as store:
            desk = Desk(store, post)
            readers = desk.alerts(READERS)
            desk.save(*(article(n) for n in range(5)))
            desk.rounds.watch.look()
            desk.rounds.make()
        kills = 0
        while kills < KILLS:
            aim = len(post.taken) + chance.randint(5, 40)
            process: subprocess.Popen[bytes] = sender(url, post)
            while len(post.taken) < aim and process.poll() is None:
                post.on_message.wait(1)
                post.on_message.clear()
            if process.poll() is not None:
                break
            time.sleep(chance.random() * 0.005)  # anywhere in the next mail
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
        done = sender(url, post).wait()
        counts = [len(post.to(one)) for one in readers]
        whole = all(f"étude {n}" in text(one) for one in post.taken for n in range(5))
        twice = sum(counts) - READERS
        same = all(len(set(post.ids(one))) == 1 for one in readers)
    print(f"{READERS} readers, {kills} kills: fewest {min(counts)}, most {max(counts)}, sent twice {twice},"
          f" same Message-ID {same}, every article {whole}, exit {done}", flush=True)  # fmt: skip
    return kills == KILLS and min(counts) == 1 and max(counts) <= 2 and twice <= kills and same and whole


def text(taken: object) -> str:
    """The text part of a mail."""
    return str(taken.message.get_body(("plain",)).get_content())  # type: ignore[attr-defined]


def meanwhile() -> Iterator[bool]:
    """Three writers commit while two others build digests: each article is in exactly one."""
    with tempfile.TemporaryDirectory() as folder, postgres.running() as server:
        for url in (f"sqlite:///{folder}/a.db", server.ready()):
            yield _meanwhile(url)


def _meanwhile(url: str) -> bool:
    ticks = count()
    with store_at(url) as store, ThreadPoolExecutor(WRITERS + BUILDERS) as pool:
        desk = Desk(store)
        desk.alert()
        written = [pool.submit(_write, url, n) for n in range(WRITERS)]
        builds = [pool.submit(_build, url, ticks, written) for _ in range(BUILDERS)]
        made = [one for build in builds for one in build.result()]
        told = [item.record_id for items in store.deliveries.items(*made).values() for item in items]
        wanted = {article(n).id for n in range(WRITERS * EACH)}
    print(f"{store.engine_name}: {len(wanted)} articles by {WRITERS} writers, {len(made)} digests by {BUILDERS} others"
          f" meanwhile: {len(wanted - set(told))} lost, {len(told) - len(set(told))} twice", flush=True)  # fmt: skip
    return set(told) == wanted and len(told) == len(wanted) and len(made) > 1


def _write(url: str, writer: int) -> None:
    with Store.open(url) as store:
        for start in range(writer * EACH, (writer + 1) * EACH, 5):
            Desk(store).save(*(article(n) for n in range(start, start + 5)))


def _build(url: str, ticks: Iterator[int], written: Sequence[Future[None]]) -> list[str]:
    """Digests of one process, with six minutes between two looks at the clock; the ids of those it made."""
    made: list[str] = []
    with Store.open(url) as store:
        rounds = Rounds(
            store, settings(), this_process(), is_alive, lambda: MONDAY + timedelta(minutes=6 * next(ticks))
        )
        is_over = False
        while not is_over:
            is_over = all(one.done() for one in written)  # and one round more
            rounds.watch.look()
            made += [one.id for one in rounds.make()]
    for one in written:
        one.result()
    return made


def slow() -> bool:
    """Five seconds before every answer: the mails go out."""
    with office() as post, tempfile.TemporaryDirectory() as folder, store_at(f"sqlite:///{folder}/a.db") as store:
        desk = Desk(store, post)
        desk.alerts(2)
        desk.save(article(1))
        post.delay_s = 5
        began = time.monotonic()
        tally = desk.rounds.look()
        took = time.monotonic() - began
    print(f"5 s for every command: {tally.sent} of 2 mails in {took:.0f} s {tally.trouble}", flush=True)
    return tally.sent == 2 and took < 90


def long() -> bool:
    """A digest of 10,000 articles: cut, with the number."""
    with office() as post, tempfile.TemporaryDirectory() as folder, store_at(f"sqlite:///{folder}/a.db") as store:
        desk = Desk(store, post)
        desk.alert()
        for start in range(0, 10_000, 500):
            desk.save(*(article(n) for n in range(start, start + 500)))
        began = time.monotonic()
        desk.rounds.look()
        took = time.monotonic() - began
        (taken,) = post.taken
    shown = text(taken).count("doi.org")
    print(f"10,000 articles: {shown} shown, {len(taken.raw) / 1000:.0f} kB, {took:.0f} s")
    return "10000 articles" in text(taken) and "9960 autres" in text(taken) and shown == 40


if __name__ == "__main__":
    main()
