"""What is sent to the API by those who mean no good, or too much: rows 111 to 118, 124, 131 and 132."""

import http.client
import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
from client import Answer, Client, key_for, make_record, put
from fastapi import FastAPI, Request
from machine import seconds

from harvester import logs
from harvester.errors import StorageError
from harvester.model.key import Scope
from harvester.serving import connections, limits
from harvester.serving.server import Server
from storage.records import Records
from storage.store import Store

INJECTIONS = [
    "'; DROP TABLE records; --",
    '" OR 1=1 --',
    "1) UNION SELECT value FROM secrets --",
    "\\'; SELECT pg_sleep(9); --",
    "%' OR '1'='1",
]
SYNTAX = """ " | \"\"\" | NEAR( | NEAR(a b, 2) | * | a* | ^a | {title}: x | title : x | ((( | ))) | a AND | NOT
- | OR OR | .* | (a+)+$ | \\ | & ! | :* | <-> | a:b:c | title: | year:x | lang: | "a | a" b | -- """.replace(
    "\n", "|"
).split("|")
PIECES = ["a", "study ", '"', "(", "a* ", "-x ", "é", "NEAR(", "a OR "]


def quickly(ask: Client, text: str) -> Answer:
    """The answer to a search, which took no second of this machine."""
    began = time.process_time()
    answer = ask("search", q=text)
    assert time.process_time() - began < seconds(1), text[:80]
    return answer


@pytest.mark.fault(111)
def test_sql_is_only_text(store: Store, ask: Client) -> None:
    for n, text in enumerate(INJECTIONS):
        put(store, record := make_record(n, title=text))
        assert ask("search", q=text).status in (200, 400)
        for name in ("journal", "author", "source", "lang"):
            assert ask("search", q="study", **{name: text}).json.get("items", []) == []
        for name in ("sort", "access", "published_from", "limit", "facets"):
            assert ask("search", **{name: text}).kind == "bad-parameters"
        for path in ("records/{}", "works/{}", "runs/{}", "sources/{}", "records/by-doi/10.1/{}"):
            assert ask(path.format(quote(text, safe=""))).status == 404
        assert ask("records", source=text).json["items"] == ask("runs", source=text).json["items"] == []
        assert ask("records/by-url", url=text).status == 404
        assert ask("records", after=text).status == 200
        assert ask(f"records/{record.id}").json["titles"]["fr"]["value"] == text
    assert store.check() == []
    for path in ("/fr/records/%00", "/fr/records/a%00b", "/feeds/alerts/%00/x.atom", "/readers/confirm/%00/%00"):
        assert (ask(path).status, ask(path).kind) == (404, "not-found")


@pytest.mark.fault(112)
def test_full_text_syntax_is_text_or_refused(store: Store, ask: Client) -> None:
    put(store, make_record(1))
    ask("search", q="study")
    for text in map(str.strip, SYNTAX):
        for said in (text, f"study {text}", f"{text} study"):
            assert quickly(ask, said).status in (200, 400), said


@pytest.mark.fault(112)
def test_a_query_of_any_length_is_answered_at_once(store: Store, ask: Client) -> None:
    put(store, make_record(1))
    ask("search", q="study")
    for piece in PIECES:
        for size in (3_900, 100_000):
            assert quickly(ask, (piece * size)[: size // len(piece.encode())]).status in (200, 400, 414, 422), piece
    assert ask("search", q="x" * 100_000).kind == "address-too-long"


@pytest.mark.fault(113)
@pytest.mark.parametrize(
    "text", ["{{1409*7}}", "${1409*7}", "<%= 1409*7 %>", "#{1409*7}", "{1409*7!r}", "%(levelname)s"]
)
def test_templates_are_text(file: Store, ask_file: Client, text: str) -> None:
    put(file, record := make_record(1, title=f"Étude {text}"))
    for form in ("json", "json-ld", "csl-json", "ris"):
        body = (
            ask_file(f"records/{record.id}", format=form).body.decode().replace("\\u003c", "<").replace("\\u003e", ">")
        )
        assert text in body
        assert "9863" not in body.replace(record.id, "")
    assert text in ask_file("search", q="etude").json["items"][0]["record"]["titles"]["fr"]
    assert "9863" not in ask_file(f"records/{quote(text, safe='')}").json["detail"]


@pytest.mark.fault(114)
def test_addresses_are_never_those_of_the_host_header(file: Store, serving: Any) -> None:
    put(file, *(make_record(n) for n in range(3)))
    forged = {"Host": "evil.example", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "gopher"}
    forged |= {"Forwarded": "host=evil.example", "X_Forwarded_For": "203.0.113.9"}
    with serving(file) as ask, serving(file, base_url="https://harvest.example/data") as named:
        for path in (
            "records?limit=1",
            "changes?limit=1",
            "works",
            "openapi.json",
            "search?q=study&limit=1",
            "nowhere",
        ):
            for client in (ask, named):
                answer = client(path, **forged)
                assert "evil" not in answer.body.decode() + str(answer.headers)
                assert "gopher" not in answer.body.decode() + str(answer.headers)
        assert ask("records", limit=1, **forged).json["next"].startswith(f"{ask.url}/api/v1/records?after=")
        assert named("records", limit=1).links["next"][0].startswith("https://harvest.example/data/api/v1/records?")


def said(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """The answer on a bare connection, which then ends."""
    got = http.client.HTTPResponse(connection)
    got.begin()
    return got.status, json.loads(got.read())


def connected(ask: Client) -> socket.socket:
    host, _, port = ask.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=60)


@pytest.mark.fault(117)
def test_a_gigabyte_is_not_read(ask_file: Client) -> None:
    head = b"POST /api/v1/search HTTP/1.1\r\nHost: x\r\n"
    with closing(connected(ask_file)) as connection:
        connection.sendall(head + b"Content-Length: 1000000000\r\n\r\n" + b"x" * 100_000)
        status, problem = said(connection)
        assert (status, problem["type"]) == (413, "/api/v1/problems/too-large")
    with closing(connected(ask_file)) as connection:
        connection.sendall(head + b"Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n")
        assert said(connection)[0] == 413
    assert ask_file("search", "POST", b"x" * 100).kind == "method-not-allowed"
    assert ask_file("search", "POST", b"x" * 100).headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.fault(117)
def test_a_request_that_does_not_come_is_not_waited_for(ask_file: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.3)
    for begun in (b"", b"GET /api/v1/rec", b"GET /api/v1/records HTTP/1.1\r\nHost: x\r\nX-Slow: "):
        with closing(connected(ask_file)) as connection:
            connection.sendall(begun)
            status, problem = said(connection)
            assert (status, problem["type"]) == (408, "/api/v1/problems/too-slow")
            assert connection.recv(1) == b""


@pytest.mark.fault(117)
def test_silent_connections_make_room(monkeypatch: pytest.MonkeyPatch, file: Store, serving: Any) -> None:
    monkeypatch.setattr(connections, "most_connections", lambda: 40)
    put(file, make_record(1))
    with serving(file) as ask:
        silent = [connected(ask) for _ in range(400)]
        began = time.perf_counter()
        for _ in range(20):
            assert ask("records").status == 200
        assert time.perf_counter() - began < seconds(5)
        for connection in silent:
            connection.close()


@pytest.mark.fault(117)
def test_too_many_at_a_time_are_told_to_come_again(file: Store, serving: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, go_on = threading.Semaphore(0), threading.Event()

    def slow(self: Records, url: str) -> list[Any]:
        at_work.release()
        assert go_on.wait(60)
        return []

    monkeypatch.setattr(Records, "find", slow)
    with serving(file, api_at_once=2) as ask:
        threads = [threading.Thread(target=lambda: ask("records/by-url", url="one")) for _ in range(2)]
        for thread in threads:
            thread.start()
            assert at_work.acquire(timeout=60)
        busy = ask("records")
        assert (busy.status, busy.kind, busy.headers["retry-after"]) == (503, "busy", "1")
        go_on.set()
        for thread in threads:
            thread.join()
        assert ask("records").status == 200


def test_heads_that_are_too_large_are_refused(ask_file: Client) -> None:
    assert ask_file("records", **{f"X_{n}": "x" for n in range(120)}).kind == "headers-too-large"
    assert ask_file("records", X_Long="x" * 20_000).kind == "headers-too-large"
    assert ask_file("records", limit="1" * 9_000).kind == "address-too-long"
    with closing(connected(ask_file)) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert said(connection)[0] == 400


@pytest.mark.fault(118)
def test_an_error_nobody_foresaw_has_an_id(
    file: Store, ask_file: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Records, record_id: str) -> str:
        raise ZeroDivisionError("SELECT secret FROM records")

    monkeypatch.setattr(Records, "text", broken)
    answer = ask_file("records/one")
    assert (answer.status, answer.kind) == (500, "internal")
    for word in ("SELECT", "Zero", "Traceback", ".py", "secret"):
        assert word not in answer.body.decode()
    [entry] = [record for record in caplog.records if answer.json["id"] in record.getMessage()]
    assert entry.exc_info
    assert "ZeroDivisionError" in str(entry.exc_info[0])


def test_a_database_that_is_away_is_no_error_of_the_client(ask_file: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: Records, record_id: str) -> str:
        raise StorageError("database postgresql://harvest@db.internal/harvest does not answer")

    monkeypatch.setattr(Records, "text", away)
    answer = ask_file("records/one")
    assert (answer.status, answer.kind, answer.headers["retry-after"]) == (503, "unavailable", "5")
    assert b"db.internal" not in answer.body


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """The log's form as it was before, after the test."""
    root = logging.getLogger()
    before, level, hook, thread_hook = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    yield
    root.handlers[:] = before
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hook, thread_hook
    logging.captureWarnings(capture=False)


@pytest.mark.fault(131, 132)
def test_what_a_client_sends_writes_no_line_and_tells_no_secret(
    file: Store, ask_file: Client, monkeypatch: pytest.MonkeyPatch, as_it_was: None, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(self: Records, **_: Any) -> list[Any]:
        raise ZeroDivisionError("line\r\n2026-01-01T00:00:00Z error forged \x1b[31m")

    logs.set_up("text", "debug")
    monkeypatch.setattr(Records, "find", broken)
    key = key_for(file, Scope.READ)
    forged = "x%0d%0a2026-01-01T00:00:00Z%20error%20forged%1b[31m"
    for path in (f"records/by-doi/10.1000/{forged}?token=hunter2", f"sources/{forged}", f"records/by-url?url={forged}"):
        assert ask_file.with_key(key)(path).status in (404, 422, 500)
    answer = ask_file.with_key(key)("records/by-url", url="red", User_Agent="a\x1b[31m")
    written = capsys.readouterr().err
    assert answer.status == 500
    assert not [line for line in written.splitlines() if line.startswith("2026-01-01T00:00:00Z error forged")]
    assert "\x1b" not in written
    logging.getLogger("harvester").warning("sent %s", key)
    written += capsys.readouterr().err
    for secret in (key, key.split("_", 2)[2], "hunter2"):
        assert secret not in written
        assert secret.encode() not in answer.body


@pytest.mark.fault(117)
def test_a_body_without_a_length_is_read_to_its_limit_and_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_S", 0.2)
    app = FastAPI()

    @app.post("/take")
    async def take(request: Request) -> int:
        return len(await request.body())

    app.add_middleware(limits.Limits, at_once=4)
    with Server(app, "127.0.0.1", 0) as server:
        ask = Client(server.url)
        assert ask("/take", "POST", b"x" * 1000).body == b"1000"
        head = b"POST /take HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        with closing(connected(ask)) as connection:
            connection.sendall(head + b"4000\r\n" + b"x" * 0x4000 + b"\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
            connection.sendall(b"8000\r\n" + b"x" * 0x8000)
            assert said(connection)[0] == 413
        with closing(connected(ask)) as connection:
            connection.sendall(head + b"4000\r\n" + b"x" * 10)
            assert said(connection)[0] == 408
