"""Digests: matching beside tokenising, rendering and sending beside sending ready messages on one connection."""

import random
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from statistics import median

from measure import ROOT, at_least, at_most, in_turn, show

sys.path[:0] = (str(ROOT), str(ROOT / "tests"))
from bilingual_records import MOMENT, Library  # noqa: E402
from fresh import store_at  # noqa: E402

from harvester.digests import signing_up  # noqa: E402
from harvester.digests.rounds import Rounds  # noqa: E402
from harvester.model.alert import Timing, Wants  # noqa: E402
from harvester.model.record import Record  # noqa: E402
from harvester.model.search import Query  # noqa: E402
from harvester.run.lease import is_alive, this_process  # noqa: E402
from harvester.settings import Settings  # noqa: E402
from storage.search.entry import entry  # noqa: E402
from storage.search.expressions import Expression  # noqa: E402
from storage.search.matching import matches  # noqa: E402
from storage.store import Store  # noqa: E402

RECORDS, QUERIES, ROUNDS = 5000, (2000, 20_000), 3
READERS, ARTICLES, SEND_ROUNDS = 200, 10, 5
_SINK = """
import asyncio
async def talk(reader, writer):
    writer.write(b"220 here\\r\\n")
    async for line in reader:
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\\r\\n")
            await reader.readuntil(b"\\r\\n.\\r\\n")
        writer.write(b"221 bye\\r\\n" if verb == b"QUIT" else b"250 fine\\r\\n")
    writer.close()
async def main():
    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=10**8)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def main() -> None:
    """Print both tables."""
    matching()
    sending()


def matching() -> None:
    """Queries against new records, tokens and all, beside the tokens alone."""
    library = Library()
    records = list(library.records(RECORDS))
    with tempfile.TemporaryDirectory() as folder, store_at(f"sqlite:///{folder}/a.db") as store:
        fill(store, records[:500])
        began = time.process_time()
        asked = {number: store.search.expressions(queries(library, number)) for number in QUERIES}
        compiling = time.process_time() - began
    contenders = {"tokens": lambda: timed(records, {})} | {
        str(number): lambda number=number: timed(records, asked[number])  # type: ignore[misc]
        for number in QUERIES
    }
    found = in_turn(contenders, ROUNDS)
    few, many = (found[str(number)] for number in QUERIES)
    rows = [
        at_most(f"match {QUERIES[0]} queries", "tokens of the records", few / found["tokens"], 2),
        at_most(f"match {QUERIES[1]} queries", f"match {QUERIES[0]}", many / few, 3),
    ]
    notes = [
        f"{RECORDS} records: tokens {found['tokens']:.2f} s, with {QUERIES[0]} queries {few:.2f} s, {QUERIES[1]}"
        f" {many:.2f} s of processor",
        f"queries are worked out once and kept; all {sum(QUERIES)} with their thesaurus: {compiling:.2f} s",
    ]
    show("Digests: matching", rows, *notes)


def timed(records: list[Record], asked: dict[str, Expression]) -> float:
    """Processor time of reading the records' tokens, and matching where queries are given."""
    began = time.process_time()
    entries = [entry(record) for record in records]
    if asked:
        matches(entries, asked)
    return time.process_time() - began


def queries(library: Library, number: int) -> dict[str, Query]:
    """What people save: words, two words, phrases, fields, either, without, concepts in one language."""
    chance = random.Random(number)
    found = {}
    for n in range(number):
        words = library.words[chance.choice(("fr", "en"))].all
        one, other = chance.choice(words[:20_000]), chance.choice(words[:5000])
        concept = chance.choice(library.concepts)[chance.choice(("fr", "en"))]
        texts = [one, f"{one} {other}", f'"{words[n % 50]} {words[n % 37]}"', f"title:{other} OR {one}",
                 f"{other} -{one}", concept, f"{one[:6]}* {other}", f"author:{one} access:open"]  # fmt: skip
        found[str(n)] = Query(text=texts[n % len(texts)])
    return found


def fill(store: Store, records: list[Record]) -> None:
    """Save and index records."""
    with store.begin(durable=False) as unit:
        store.records.save(unit, records, run_id=None, now=MOMENT)
    store.search.catch_up()


def sending() -> None:
    """From the outbox to the server, beside the same mails ready made."""
    with sink() as port:
        ratios, times = [], []
        for _ in range(SEND_ROUNDS):
            ours, ready = one_round(port)
            ratios.append(ready / ours)
            times.append((ours, ready))
    ours, ready = (median(column) for column in zip(*times, strict=True))
    row = at_least("render and send", "send_message of ready mails", median(ratios), 0.6)
    show(
        "Digests: delivery", [row],
        f"{READERS} digests of {ARTICLES} articles: {READERS / ours:.0f} mails/s, ready ones {READERS / ready:.0f}",
        "ours reads the outbox and the records, renders, and writes down every mail that went out",
    )  # fmt: skip


def one_round(port: int) -> tuple[float, float]:
    """Seconds for all digests, and for the same mails once they are there."""
    settings = Settings(
        base_url="https://harvest.example", mail_from="alerts@harvest.example", smtp_url=f"smtp://127.0.0.1:{port}"
    )
    with tempfile.TemporaryDirectory() as folder, store_at(f"sqlite:///{folder}/a.db") as store:
        now = datetime(2026, 3, 2, tzinfo=UTC)
        for n in range(READERS):
            signing_up.add(store, f"r{n}@reader.example", Wants(), now, timing=Timing(rhythm="at_once"))
        fill(store, list(Library().records(ARTICLES)))
        rounds = Rounds(store, settings, this_process(), is_alive, lambda: now)
        rounds.watch.look()
        made = rounds.make()
        told = store.deliveries.items(*(one.id for one in made))
        letters = [rounds.post.letters.write(one, store.deliveries.addressed(one), told[one.id], now) for one in made]
        ready = [message_from_bytes(one.message, policy=SMTP) for one in letters if one]
        fresh = Rounds(store, settings, this_process(), is_alive, lambda: now)
        began = time.perf_counter()
        tally = fresh.post.deliver()
        ours = time.perf_counter() - began
        assert tally.sent == READERS, tally
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for message in ready:
            server.send_message(message)
    return ours, time.perf_counter() - began


@contextmanager
def sink() -> Iterator[int]:
    """A mail server in a process of its own that takes everything; its port."""
    with subprocess.Popen([sys.executable, "-c", _SINK], stdout=subprocess.PIPE, cwd=Path.cwd()) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    main()
