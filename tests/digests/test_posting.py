"""Digests beside harvests: the process that leads sends them by itself, and says once what keeps it from it."""

import threading

import pytest
from desk import Desk, article
from post_office import Office

from harvester.scheduling import beside as rounds
from harvester.scheduling.posting import Posting
from storage.store import Store

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ANN = "ann@reader.example"


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "LOOK_S", 0.05)
    monkeypatch.setattr(rounds, "_LONGEST_S", 0.2)


def test_what_is_saved_goes_out_by_itself(desk: Desk, post: Office) -> None:
    desk.alert(ANN)
    desk.save(article(1))
    said: list[str] = []
    beside = Posting(desk.store, desk.settings, lambda: True, said.append)
    beside.start()
    assert post.on_message.wait(60)
    beside.close()
    assert [one.to for one in post.taken] == [ANN]
    assert said == []


def test_who_stands_by_sends_nothing(desk: Desk, post: Office) -> None:
    desk.alert(ANN)
    desk.save(article(1))
    asked = threading.Event()
    turns: list[bool] = []

    def leads() -> bool:
        turns.append(False)
        if len(turns) > 3:
            asked.set()
        return False

    beside = Posting(desk.store, desk.settings, leads, lambda line: None)
    beside.start()
    assert asked.wait(60)
    beside.close()
    assert post.taken == []
    assert desk.store.deliveries.all() == []


def test_trouble_is_told_once_and_without_a_query(store: Store) -> None:
    desk = Desk(store)  # nobody listens at its mail server
    desk.alert(ANN, query="endometriosis lupus")
    desk.save(article(1, titles={}))
    desk.alert(ANN)
    desk.save(article(2))
    again = threading.Event()
    said: list[str] = []
    turns: list[bool] = []

    def leads() -> bool:
        turns.append(True)
        if len(turns) > 3:
            again.set()
        return True

    beside = Posting(store, desk.settings, leads, said.append)
    beside.start()
    assert again.wait(200)
    beside.close()
    assert len(said) == 1
    assert said[0].startswith("digests wait: the mail server cannot be used")
    assert "endometriosis" not in said[0]
