"""Items of the OAI-PMH provider: what of the change log becomes of them, and what is kept beside them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from made import make_record

from harvester.model.record import Record
from storage.backup import backup, restore
from storage.oai import Entry, Item, Judge, Metadata, Window
from storage.store import Store

SECOND = timedelta(seconds=1)


def entry(record: Record) -> Entry:
    """Free ones can be had in two formats, subscription ones are not listed."""
    if record.access.status == "subscription":
        return Entry(())
    more = ("b",) if record.access.status == "free" else ()
    return Entry(("a", *more), {f"source:{record.source_id}": "Alpha", f"journal:{record.publisher_id}": "J"})


JUDGE = Judge(entry, "1")


def put(store: Store, now: datetime, *records: Record) -> None:
    store.transact(lambda unit: store.records.save(unit, records, run_id=None, now=now))


def follow(store: Store, now: datetime, judge: Judge = JUDGE, *, close: bool = False) -> None:
    while store.oai.follow(judge, now, close=close):
        pass


def items(store: Store, prefix: str = "a", **window: int | str) -> list[Item]:
    return store.oai.page(Window(prefix, **window), 2000)  # type: ignore[arg-type]


def test_items_have_the_number_and_second_of_their_latest_change(store: Store, now: datetime) -> None:
    put(store, now, *(make_record(n, status="free" if n % 2 else "open") for n in range(1, 1101)))
    put(store, now + 5 * SECOND, make_record(3, status="free", title="Autre"))
    follow(store, now + 9 * SECOND)
    found = items(store)
    assert [one.seq for one in found] == [n for n in range(1, 1102) if n != 3]
    assert [one.stamp - int(now.timestamp()) for one in found] == [0] * 1099 + [5]
    assert len(items(store, "b")) == 550
    assert [one.record_id for one in items(store, spec="journal:7")] == [make_record(7).id]
    assert len(items(store, spec="source")) == 1100
    assert store.oai.sets("", 2) == [("journal:1", "J"), ("journal:10", "J")]
    assert store.oai.earliest() == int(now.timestamp())


def test_windows_are_bounds_of_seconds(store: Store, now: datetime) -> None:
    start = int(now.timestamp())
    for n in range(1, 6):
        put(store, now + n * SECOND, make_record(n))
    follow(store, now + 9 * SECOND)
    assert [one.stamp - start for one in items(store, start=start + 2, until=start + 4)] == [2, 3, 4]
    assert [one.stamp - start for one in items(store, after=3)] == [4, 5]
    assert items(store, start=start + 6) == items(store, until=start) == []
    assert [one.seq for one in store.oai.last_before(Window("a", after=3))] == [3]


def test_a_second_that_was_closed_gets_no_more(store: Store, now: datetime) -> None:
    put(store, now, make_record(1))
    follow(store, now + 20 * SECOND, close=True)
    put(store, now + SECOND, make_record(2))  # its time is past; it commits now
    follow(store, now + 21 * SECOND)
    put(store, now + timedelta(days=400), make_record(3))  # by a clock that is wrong
    follow(store, now + 22 * SECOND, close=True)
    follow(store, now - timedelta(days=1), close=True)  # and one that was set back
    put(store, now, make_record(4))
    follow(store, now - timedelta(days=1))
    assert [one.stamp - int(now.timestamp()) for one in items(store)] == [0, 20, 22, 23]


def test_who_is_not_listed_never_was_or_is_deleted(store: Store, now: datetime, tmp_path: Path) -> None:
    put(store, now, make_record(1, status="subscription"), *(make_record(n, status="free") for n in (2, 3, 4)))
    store.transact(lambda unit: store.records.delete(unit, make_record(3).id, "gone", now))
    follow(store, now)
    put(store, now + SECOND, make_record(2, status="subscription"), make_record(4, status="open"))
    follow(store, now + SECOND)
    found = {one.record_id: one for one in items(store)}
    assert {record_id: (one.formats, one.once) for record_id, one in found.items()} == {
        make_record(2).id: ((), ("a", "b")),
        make_record(3).id: ((), ("a", "b")),
        make_record(4).id: (("a",), ("a", "b")),
    }
    put(store, now + 2 * SECOND, make_record(2, status="subscription", title="Autre"))
    follow(store, now + 2 * SECOND)
    assert store.oai.get(make_record(2).id) == found[make_record(2).id]


def test_another_judgement_leaves_datestamps_alone(store: Store, now: datetime) -> None:
    put(store, now, make_record(1, status="free"), make_record(2, status="open"))
    put(store, now + SECOND, make_record(1, status="free", title="Autre"))
    follow(store, now + SECOND, close=True)
    before = items(store)
    keep(store, before)
    follow(store, now + 60 * SECOND, Judge(lambda _: Entry(("a", "c")), "2"))
    assert [(one.seq, one.stamp) for one in items(store, "c")] == [(one.seq, one.stamp) for one in before]
    assert [one.xml for one in store.oai.page(Window("a"), 9, with_xml=True)] == [None, None]


def keep(store: Store, found: list[Item], revision: int | None = None) -> None:
    revisions = {record.id: record.revision for record in store.records.iter(include_deleted=True)}
    store.oai.keep([Metadata(i.record_id, "a", i.seq, b"<x/>", revision or revisions[i.record_id]) for i in found])


def test_metadata_are_kept_while_item_and_record_are_the_same(store: Store, now: datetime) -> None:
    put(store, now, make_record(1), make_record(2))
    follow(store, now)

    def kept() -> list[bytes | None]:
        return [one.xml for one in store.oai.page(Window("a"), 9, with_xml=True)]

    found = items(store)
    keep(store, found, revision=7)
    assert kept() == [None, None]
    keep(store, found)
    assert kept() == [b"<x/>", b"<x/>"]
    put(store, now + SECOND, make_record(1, title="Autre"))
    follow(store, now + SECOND)
    keep(store, found)  # of the item as it was
    assert kept() == [b"<x/>", None]
    store.transact(lambda unit: store.records.purge(unit, make_record(2).id, "legal", now))
    keep(store, found)
    assert kept() == [None, None]


def test_who_renders_ahead_sees_each_item_once(store: Store, now: datetime) -> None:
    put(store, now, *(make_record(n) for n in range(1, 6)))
    follow(store, now)
    assert store.oai.unrendered("a", 3)[0] == 3
    store.oai.keep([], looked_at=3)
    looked_at, rest = store.oai.unrendered("a", 3)
    assert (looked_at, [one.seq for one in rest]) == (5, [4, 5])
    store.oai.keep([], looked_at=looked_at)
    assert store.oai.unrendered("a", 3) == (0, [])


@pytest.mark.parametrize("table", ["items", "closed"])
def test_a_backup_brings_what_harvesters_were_told(table: str, store: Store, now: datetime, tmp_path: Path) -> None:
    put(store, now, make_record(1, status="free"))
    follow(store, now)
    put(store, now + SECOND, make_record(1, status="subscription"))
    follow(store, now + 9 * SECOND, close=True)
    backup(store, tmp_path / "copy.sqlite", now, lambda *_: None)
    with Store.open(f"sqlite:///{tmp_path}/restored.sqlite", migrate=True) as other:
        restore(other, tmp_path / "copy.sqlite", now, lambda *_: None)
        if table == "items":
            assert items(other) == items(store)
        else:
            assert other.oai.state() == store.oai.state()
