"""The change feed: pages, waiting, a stream."""

import http.client
import json
import threading
from datetime import UTC, datetime

import pytest
from client import Client, make_record, put

from harvester.serving.api import changes
from storage.store import Store


class Stream:
    """Events of one stream as they come."""

    def __init__(self, ask: Client, path: str, **headers: str) -> None:
        self.connection = http.client.HTTPConnection(ask.url.removeprefix("http://"), timeout=60)
        sent = {"Accept": "text/event-stream"} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", f"/api/v1/{path}", headers=sent)
        self.answer = self.connection.getresponse()

    def block(self) -> dict[str, str]:
        """The fields up to the next empty line; a comment under the empty name."""
        found = {}
        while line := self.answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(":")
            found[name] = value.strip()
        return found

    def close(self) -> None:
        self.connection.close()


def test_pages_lead_to_the_end_and_miss_nothing(store: Store, ask: Client) -> None:
    put(store, *(make_record(n) for n in range(5)))
    page, seen = ask("changes", limit=2), []
    while True:
        seen += [item["seq"] for item in page.json["items"]]
        assert page.json["head"] == 5
        assert page.links["next"] == [page.json["next"]]
        if not page.json["more"]:
            break
        page = ask(page.json["next"].removeprefix(ask.url))
    assert seen == [1, 2, 3, 4, 5]
    end = ask("changes", after=5)
    assert (end.json["items"], end.json["more"]) == ([], False)
    assert ask("changes", after=6).kind == "ahead"
    assert ask("changes", after=2**63).status == 422


def test_a_change_tells_what_a_follower_needs(store: Store, ask: Client) -> None:
    put(store, record := make_record(1), at=datetime(2026, 1, 1, tzinfo=UTC))
    store.transact(lambda unit: store.records.delete(unit, record.id, "gone", datetime(2026, 1, 2, tzinfo=UTC)))
    [created, deleted] = ask("changes").json["items"]
    assert created | {"kind": "deleted", "seq": 2, "revision": 2, "at": "2026-01-02T00:00:00Z"} == deleted
    assert created == {
        "seq": 1,
        "kind": "created",
        "at": "2026-01-01T00:00:00Z",
        "record_id": record.id,
        "revision": 1,
        "work_id": record.id,
        "works": None,
        "reason": "gone",
    }


def test_who_waits_is_told_as_soon_as_there_is_something(store: Store, ask: Client) -> None:
    put(store, make_record(1))
    found: list[int] = []
    waiting = threading.Thread(target=lambda: found.extend(_numbers(ask("changes", after=1, wait=60))))
    waiting.start()
    put(store, make_record(2))
    waiting.join(50)
    assert found == [2]
    assert ask("changes", after=2, wait=1).json["items"] == []


def _numbers(answer):  # type: ignore[no-untyped-def]
    return [item["seq"] for item in answer.json["items"]]


def test_a_stream_goes_on_as_changes_come(store: Store, ask: Client) -> None:
    put(store, *(make_record(n) for n in range(3)))
    stream = Stream(ask, "changes?after=1")
    assert stream.answer.getheader("content-type", "").startswith("text/event-stream")
    assert stream.block() == {"retry": "2000"}
    for seq in (2, 3):
        event = stream.block()
        assert (event["id"], event["event"], json.loads(event["data"])["seq"]) == (str(seq), "change", seq)
    put(store, make_record(9))
    assert stream.block()["id"] == "4"
    stream.close()
    again = Stream(ask, "changes?after=1", Last_Event_ID="3")
    again.block()
    assert again.block()["id"] == "4"
    again.close()
    assert ask("changes", "HEAD", Accept="text/event-stream").status == 200


def test_a_silent_stream_shows_that_it_lives(store: Store, ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "HEARTBEAT_S", 0.2)
    stream = Stream(ask, "changes")
    stream.block()
    assert stream.block() == {"": "alive"}
    stream.close()


def test_streams_take_no_place_from_others(file: Store, serving) -> None:  # type: ignore[no-untyped-def]
    with serving(file, api_at_once=2) as ask:
        streams = [Stream(ask, "changes") for _ in range(6)]
        for stream in streams:
            stream.block()
        assert ask("changes").status == 200
        for stream in streams:
            stream.close()


def test_a_stream_ends_with_the_server(file: Store, serving) -> None:  # type: ignore[no-untyped-def]
    with serving(file) as ask:
        stream = Stream(ask, "changes")
        stream.block()
    assert stream.answer.read().replace(b": alive\n\n", b"") == b""
