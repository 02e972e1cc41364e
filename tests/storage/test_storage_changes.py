"""The change log: strict order, no gap, also with several writers."""

import threading
from datetime import datetime, timedelta

from made import make_record

from harvester.model.run import ChangeKind
from storage.store import Store


def test_numbers_are_strict_and_times_never_go_back(store: Store, now: datetime) -> None:
    for n, moment in enumerate((now, now - timedelta(hours=1), now + timedelta(hours=1))):
        with store.begin() as unit:
            store.records.save(unit, [make_record(2 * n), make_record(2 * n + 1)], run_id=None, now=moment)
    changes = store.changes.since(0)
    assert [change.seq for change in changes] == [1, 2, 3, 4, 5, 6]
    assert [change.at for change in changes] == [now, now, now, now, *[now + timedelta(hours=1)] * 2]
    assert [change.seq for change in store.changes.since(2, limit=3)] == [3, 4, 5]
    assert store.changes.since(6) == []


def test_a_follower_misses_nothing_of_four_writers(store: Store, database: str, now: datetime) -> None:
    def write(place: int) -> None:
        with Store.open(database) as other:
            for n in range(25):
                with other.begin() as unit:
                    other.records.save(unit, [make_record(1000 * place + n)], run_id=None, now=now)

    writers = [threading.Thread(target=write, args=(place,)) for place in range(4)]
    for writer in writers:
        writer.start()
    seen: list[int] = []
    while any(writer.is_alive() for writer in writers) or len(seen) < store.changes.head():
        seen += [change.seq for change in store.changes.since(seen[-1] if seen else 0, limit=7)]
    assert seen == list(range(1, 101))


def test_entries_of_the_caller_come_with_the_unit(store: Store, now: datetime) -> None:
    with store.begin() as unit:
        (saved,) = store.records.save(unit, [make_record(1)], run_id=None, now=now)
        store.changes.append(unit, [(saved.record_id, ChangeKind.MERGED, 1)], now)
    assert [change.kind for change in store.changes.since(0)] == [ChangeKind.CREATED, ChangeKind.MERGED]
