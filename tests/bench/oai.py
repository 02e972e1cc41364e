"""ListRecords, 100 records a page, through the real application, beside a bare one that joins stored XML.

Both have the same framework and server, each in a process of its own; the bare one reads one table of finished records
by key. `oai.py [RECORDS] [sqlite|postgresql ...]`.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from statistics import median

from measure import ROOT, at_least, at_most, in_turn, show
from search import BATCH, database
from sqlalchemy import Engine, create_engine, text

sys.path[:0] = (str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "serving"))
from bilingual_records import MOMENT, Library  # noqa: E402
from fastapi import FastAPI, Response  # noqa: E402
from idle import Idle  # noqa: E402

from harvester.serving.app import make_app  # noqa: E402
from harvester.serving.oai.face import Face  # noqa: E402
from harvester.serving.oai.repository import PAGE, Repository  # noqa: E402
from harvester.serving.server import Server  # noqa: E402
from harvester.settings import Settings  # noqa: E402
from storage.store import Store  # noqa: E402

RECORDS, ROUNDS, PAGES, WARM_UP = 200_000, 7, 40, 5
_TOKEN = re.compile(rb"<resumptionToken[^>]*>([^<]*)<")
_RECORD = re.compile(r"<record>.*?</record>", re.DOTALL)
_LIST = "/oai?verb=ListRecords&metadataPrefix=oai_dc"


def main() -> None:
    """Print a table for each engine."""
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:4])
        return
    number = next((int(word) for word in sys.argv[1:] if word.isdigit()), RECORDS)
    for engine in [word for word in sys.argv[1:] if not word.isdigit()] or ["sqlite", "postgresql"]:
        with database(engine) as url:
            with Store.open(url, migrate=True) as store:
                fill(store, number)
            measured(url, engine, number)


def fill(store: Store, number: int) -> None:
    """Save so many records, let the provider read them and render them ahead."""
    records = Library().records(number)
    while batch := list(islice(records, BATCH)):
        with store.begin(durable=False) as unit:
            store.records.save(unit, batch, run_id=None, now=MOMENT)
    repository = Repository(store, Face.of(Settings()))
    before = time.perf_counter()
    while repository.keep_up():
        pass
    print(f"  ({number} records read and rendered in {time.perf_counter() - before:.0f} s)")


def measured(url: str, engine: str, number: int) -> None:
    """Walk the whole list once, then pages of it in turn with the bare application."""
    with served("real", url) as real:
        tokens, texts = walked(real)
        assert len(tokens) == -(-number // PAGE) - 1, len(tokens)
        keep_bare(url, texts)
        with served("bare", url) as bare:
            some = tokens[:: max(1, len(tokens) // PAGES)][:PAGES]
            places = [n * PAGE for n in range(0, number // PAGE, max(1, number // PAGE // PAGES))][:PAGES]
            ours = seconds(real, [f"/oai?verb=ListRecords&resumptionToken={token}" for token in some])
            theirs = seconds(bare, [f"/oai?after={place}" for place in places])
            last = seconds(real, [f"/oai?verb=ListRecords&resumptionToken={tokens[-1]}"] * 10)
            first = seconds(real, [_LIST] * 10)
            found = in_turn({"ours": ours, "bare": theirs, "first": first, "last": last}, ROUNDS)
    rows = [
        at_least("pages a second", "a bare application", found["bare"] / found["ours"], 0.5),
        at_most("the last page", "the first", found["last"] / found["first"], 1.3),
    ]
    notes = ", ".join(f"{name} {value * 1000:.1f}" for name, value in found.items())
    show(f"OAI-PMH ListRecords over {number} records ({engine})", rows, f"milliseconds a page: {notes}")


def walked(connection: HTTPConnection) -> tuple[list[str], list[str]]:
    """All tokens of the list, and its records as XML."""
    tokens: list[str] = []
    texts: list[str] = []
    path = _LIST
    while True:
        body = get(connection, path)
        texts += _RECORD.findall(body.decode())
        token = next(iter(_TOKEN.findall(body)), b"").decode()
        if not token:
            return tokens, texts
        tokens.append(token)
        path = f"/oai?verb=ListRecords&resumptionToken={token}"


def seconds(connection: HTTPConnection, paths: list[str]) -> Callable[[], float]:
    """The median time of one of these requests."""

    def one(path: str) -> float:
        before = time.perf_counter()
        get(connection, path)
        return time.perf_counter() - before

    def measure() -> float:
        for path in paths[:WARM_UP]:
            get(connection, path)
        return median(one(path) for path in paths)

    return measure


def get(connection: HTTPConnection, path: str) -> bytes:
    """The body of an answer."""
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return body


def keep_bare(url: str, texts: list[str]) -> None:
    """One table with the records of the list as they were sent."""
    with engine_of(url).begin() as connection:
        connection.execute(text("CREATE TABLE bare (n BIGINT PRIMARY KEY, xml TEXT)"))
        rows = [{"n": n, "xml": one} for n, one in enumerate(texts, 1)]
        connection.execute(text("INSERT INTO bare VALUES (:n, :xml)"), rows)


def engine_of(url: str) -> Engine:
    """SQLAlchemy's own, as it comes."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))


def bare_app(url: str) -> FastAPI:
    """Joins a page of stored XML."""
    app = FastAPI()
    page = text("SELECT n, xml FROM bare WHERE n > :after ORDER BY n LIMIT 100")
    engine = engine_of(url)

    @app.get("/oai")
    def oai(after: int) -> Response:
        with engine.connect() as connection:
            rows = connection.execute(page, {"after": after}).all()
        body = f"<OAI-PMH><ListRecords>{''.join(row.xml for row in rows)}</ListRecords></OAI-PMH>"
        return Response(body.encode(), media_type="text/xml")

    return app


def serve(kind: str, url: str) -> None:
    """Answer until standard input ends."""
    if kind == "bare":
        with Server(bare_app(url), "127.0.0.1", 0) as server:
            print(server.url, flush=True)
            sys.stdin.read()
        return
    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        store = opened.enter_context(Store.open(url))
        server = opened.enter_context(Server(make_app(store, Path(folder), Idle(), Settings()), "127.0.0.1", 0))
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def served(kind: str, url: str) -> Iterator[HTTPConnection]:
    """A kept connection to one of the applications, in a process of its own."""
    command = [sys.executable, __file__, "serve", kind, url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdin
    assert process.stdout
    try:
        connection = HTTPConnection(process.stdout.readline().strip().removeprefix("http://"), timeout=60)
        yield connection
        connection.close()
    finally:
        process.stdin.close()
        process.wait(30)


if __name__ == "__main__":
    main()
