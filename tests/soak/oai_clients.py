"""Four harvesters of other people walk 20,000 records each to the end while 500 change; every answer is checked.

`python tests/soak/oai_clients.py [RECORDS] [CHANGES]`. Needs Perl's HTTP::OAI (apt-get install libhttp-oai-perl) and
npm, which brings the fourth into a temporary folder.
"""

import gzip
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = (str(ROOT), *(str(ROOT / "tests" / name) for name in ("bench", "storage", "serving/oai")))

from bilingual_records import Library  # noqa: E402
from clients import PYTHON, Walk, node, perl  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from provider import FACE, OAI, checked  # noqa: E402
from starlette.types import ASGIApp, Message, Receive, Scope, Send  # noqa: E402

from harvester.model.access import AccessStatus  # noqa: E402
from harvester.model.record import Record, Rights  # noqa: E402
from harvester.serving.oai.door import make_router  # noqa: E402
from harvester.serving.oai.repository import Repository  # noqa: E402
from harvester.serving.server import Server  # noqa: E402
from storage.store import Store  # noqa: E402

RECORDS, CHANGES, BATCH = 20_000, 500, 500


class Witness:
    """Keeps every answer of an application, packed, in a folder."""

    def __init__(self, app: ASGIApp, folder: Path, statuses: "Counter[int]") -> None:
        self._app = app
        self._folder = folder
        self._numbers = count()
        self._statuses = statuses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        packed = False
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            nonlocal packed
            if message["type"] == "http.response.start":
                self._statuses[message["status"]] += 1
                packed = (b"content-encoding", b"gzip") in message["headers"]
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, keep)
        if parts and self._statuses.keys() == {200}:
            body = b"".join(parts)
            (self._folder / f"{next(self._numbers)}.gz").write_bytes(body if packed else gzip.compress(body, 1))


class Changing:
    """Makes so many Changes: new texts, deletions, restorations, records that turn noindex, new records."""

    def __init__(self, store: Store, records: list[Record], number: int) -> None:
        self._store = store
        self._records = records
        self._chance = random.Random(5)
        self.left = number
        self.new: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Until all are made, or `stop`."""
        fresh = Library().records(10**6, len(self._records))
        while self.left > 0 and not stop.wait(0.05):
            record = self._chance.choice(self._records)
            now = datetime.now(UTC)
            kind = self._chance.randrange(6)
            with self._store.begin() as unit:
                if kind == 0:
                    self._store.records.delete(unit, record.id, "gone", now)
                else:
                    if kind == 1:
                        record = readable(next(fresh))
                        self.new.add(record.id)
                    robots = ("noindex",) if kind == 2 else ()
                    told = {"type": f"article-{self.left}", "rights": Rights(robots=robots)}
                    self._store.records.save(unit, [record.model_copy(update=told)], run_id=None, now=now)
            self.left -= 1


def readable(record: Record) -> Record:
    """The record with its access established, so that it can be had in every format."""
    if record.access.status is not AccessStatus.UNKNOWN:
        return record
    return record.model_copy(update={"access": record.access.model_copy(update={"status": AccessStatus.OPEN})})


def main(number: int = RECORDS, changes: int = CHANGES) -> bool:
    """Print what each client has seen; True if nothing was missed and every answer is valid."""
    records = list(map(readable, Library().records(number)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "oai-pmh@2.0.3"]
        subprocess.run(install, cwd=folder, check=True)
        (folder / "answers").mkdir()
        walks = {**PYTHON, "oai-pmh (npm)": node(folder), "HTTP::OAI (Perl)": perl}
        with Store.open(f"sqlite:///{folder}/soak.db", migrate=True) as store:
            fill(store, records)
            repository = Repository(store, FACE)
            while store.oai.state().read < store.changes.head():
                repository.keep_up()  # who turns noindex before it was ever listed would be missed rightly
            app = FastAPI()
            app.include_router(make_router(repository))
            statuses: Counter[int] = Counter()
            app.add_middleware(Witness, folder=folder / "answers", statuses=statuses)
            changing = Changing(store, records, changes)
            with Server(app, "127.0.0.1", 0) as server:
                seen = walked(f"{server.url}/oai", walks, changing)
        wanted = {FACE.identifier(record.id) for record in records}
        known = wanted | set(map(FACE.identifier, changing.new))
        good = [told(name, wanted, known, future) for name, future in seen.items()]
        print(f"  {changes - changing.left} Changes meanwhile; answers by status: {dict(statuses)}")
        headers = sum(len(list(checked(gzip.decompress(path.read_bytes())).iter(f"{OAI}header")))
                      for path in (folder / "answers").iterdir())  # fmt: skip
        print(f"  every answer is valid: {headers} records in {sum(statuses.values())} answers")
    return all(good) and changing.left == 0 and set(statuses) == {200}


def fill(store: Store, records: list[Record]) -> None:
    """Save them, dated to now."""
    rest = iter(records)
    while batch := list(islice(rest, BATCH)):
        with store.begin(durable=False) as unit:
            store.records.save(unit, batch, run_id=None, now=datetime.now(UTC))


def walked(url: str, walks: dict[str, Walk], changing: Changing) -> dict[str, "Future[set[str]]"]:
    """All at the same time, in oai_dc, and two of them once more in the other formats."""
    stop = threading.Event()
    changer = threading.Thread(target=changing.run, args=(stop,))
    changer.start()
    with ThreadPoolExecutor(8) as pool:
        seen = {f"{name}, oai_dc": pool.submit(walk, url, "oai_dc") for name, walk in walks.items()}
        seen["sickle, jats"] = pool.submit(walks["sickle"], url, "jats")
        seen["oaipmh-scythe, oai_openaire"] = pool.submit(walks["oaipmh-scythe"], url, "oai_openaire")
    stop.set()
    changer.join()
    return seen


def told(name: str, wanted: set[str], known: set[str], future: "Future[set[str]]") -> bool:
    """Print how one walk ended; True if it is complete."""
    if error := future.exception():
        print(f"  {name}: {type(error).__name__}: {error}")
        return False
    found = future.result()
    print(f"  {name}: {len(found)} identifiers, {len(wanted - found)} missed, {len(found - known)} nobody's")
    return wanted <= found <= known


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:3])))
