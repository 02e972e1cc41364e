"""Who follows the change feed ends with exactly what the server has, whatever happened in between."""

import threading
from pathlib import Path

from client import Client
from follower import Follower, World
from idle import Idle

from harvester.serving.app import make_app
from harvester.serving.server import Server
from harvester.settings import Settings
from storage.store import Store


def test_a_follower_ends_with_what_the_server_has(store: Store, ask: Client, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    world = World(store, tmp_path / "archive", seed=7)
    world.turn(60)
    follower = Follower(lambda: ask.url)
    follower.begin()
    changing = threading.Thread(target=world.turn, args=[120])
    changing.start()
    while changing.is_alive():
        follower.catch_up()
    changing.join()
    follower.catch_up()
    there, gone = world.state()
    assert follower.records == there
    assert follower.gone.items() <= gone.items()
    assert follower.seq == store.changes.head()
    assert {"merge", "split", "retract", "delete", "restore", "purge", "duplicate"} <= world.done.keys()


def test_one_that_begins_at_nothing_ends_there_too_over_servers_that_end(file: Store, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    world = World(file, tmp_path / "archive", seed=11)
    url = [""]
    follower = Follower(lambda: url[0])
    follower.seq = 0
    for _ in range(4):
        world.turn(40)
        with Server(make_app(file, tmp_path, Idle(), Settings(api_rate=0)), "127.0.0.1", 0) as server:
            url[0] = server.url
            follower.catch_up()
            world.turn(10)
    with Server(make_app(file, tmp_path, Idle(), Settings(api_rate=0)), "127.0.0.1", 0) as server:
        url[0] = server.url
        follower.catch_up()
    assert (follower.records, follower.gone) == world.state()
