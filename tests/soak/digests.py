"""Digests at length: 500 readers and ten kill -9, a server that takes 5 s for every command, 10,000 articles."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = (str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "digests"))
from desk import Desk, article  # noqa: E402
from fresh import store_at  # noqa: E402
from post_office import office  # noqa: E402
from test_digest_delivery import sender  # noqa: E402

READERS, KILLS = 500, 10


def main() -> None:
    """Print what each came to; ends with 1 when a promise was not kept."""
    kept = [killed(), slow(), long()]
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
