"""A record by id through the API, beside the bare framework that answers the same bytes: requests in a second.

Each server is a process of its own; both are asked in turn over connections that are kept, `CONNECTIONS` at a time.
"""

import multiprocessing
import selectors
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path

from measure import ROOT, at_least, in_turn, show

sys.path[:0] = (str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "serving"))
import uvicorn  # noqa: E402
from bilingual_records import MOMENT, Library  # noqa: E402
from fastapi import FastAPI, Response  # noqa: E402
from idle import Idle  # noqa: E402

from harvester.serving.app import make_app  # noqa: E402
from harvester.serving.server import Server  # noqa: E402
from harvester.settings import Settings  # noqa: E402
from storage.store import Store  # noqa: E402

RECORDS, FEW, REQUESTS, ROUNDS, CONNECTIONS, GOAL = 5000, 50, 5000, 5, 8, 0.5


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        ids = _filled(folder)
        with _serving(_ours, folder) as ours:
            answers = [_asked(ours, f"/api/v1/records/{one}") for one in ids]
            bodies = [answer.partition(b"\r\n\r\n")[2] for answer in answers]
            with _serving(_bare, dict(zip(ids, bodies, strict=True))) as bare:
                contenders: dict[str, Callable[[], float]] = {
                    "some": lambda: _rate(ours, [f"/api/v1/records/{one}" for one in ids[:FEW]]),
                    "all": lambda: _rate(ours, [f"/api/v1/records/{one}" for one in ids]),
                    "bare": lambda: _rate(bare, [f"/records/{one}" for one in ids]),
                }
                in_turn(contenders, 1)
                figures = in_turn(contenders, ROUNDS)
    size = sum(map(len, bodies)) // len(bodies)
    beside = f"{figures['bare']:.0f} requests/s of FastAPI alone"
    row = at_least("a record by id, requests/s", beside, figures["some"] / figures["bare"], GOAL)
    once = figures["all"] / figures["bare"]
    note = f"the same {size} bytes of JSON; {FEW} records by turns, and {once:.2f} x where each is asked for once"
    show(f"The API over {RECORDS} records (sqlite), {CONNECTIONS} connections", [row], note)


def _filled(folder: str) -> list[str]:
    with Store.open(f"sqlite:///{folder}/bench.db", migrate=True) as store:
        batch = list(islice(Library().records(RECORDS), RECORDS))
        store.transact(lambda unit: store.records.save(unit, batch, run_id=None, now=MOMENT), durable=False)
        store.search.catch_up()
        return [record.id for record in store.records.iter()]


def _ours(folder: str, told: Connection) -> None:
    with Store.open(f"sqlite:///{folder}/bench.db") as store:
        _serve(make_app(store, Path(folder), Idle(), Settings(api_rate=0)), told)


def _bare(bodies: dict[str, bytes], told: Connection) -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/records/{name}")
    async def record(name: str) -> Response:
        return Response(bodies[name], media_type="application/json")

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    told.send(listening.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run([listening])


def _serve(app: FastAPI, told: Connection) -> None:
    with Server(app, "127.0.0.1", 0) as server:
        told.send(int(server.url.rpartition(":")[2]))
        told.recv()


@contextmanager
def _serving(serve: Callable[..., None], given: object) -> Iterator[int]:
    """The port of a server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(given, there))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join(5)
        process.kill()
        process.join()


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n".encode()


def _asked(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_request(path))
        return _answer(connection)


def _answer(connection: socket.socket) -> bytes:
    got = b""
    while not _is_whole(got):
        more = connection.recv(65_536)
        assert more, got
        got += more
    assert got.startswith(b"HTTP/1.1 200"), got
    return got


def _is_whole(got: bytes) -> bool:
    head, ended, body = got.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(ended) and len(body) >= int(length)


def _rate(port: int, paths: list[str]) -> float:
    requests = [_request(path) for path in paths]
    left, waiting = REQUESTS, REQUESTS
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port))
            selector.register(connection, selectors.EVENT_READ)
        began = time.perf_counter()
        for place, key in enumerate(list(selector.get_map().values())):
            key.fileobj.sendall(requests[place % len(requests)])  # type: ignore[union-attr]
            left -= 1
        while waiting:
            for key, _ in selector.select():
                connection = key.fileobj  # type: ignore[assignment]
                _answer(connection)
                waiting -= 1
                if left:
                    connection.sendall(requests[left % len(requests)])
                    left -= 1
        seconds = time.perf_counter() - began
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return REQUESTS / seconds


if __name__ == "__main__":
    main()
