"""A dump is one moment of the database, as every record would be written by itself."""

from datetime import datetime

from made import make_record

from harvester.formats.jsonl import line, pasted
from storage.store import Store


def save(store: Store, now: datetime, *numbers: int, title: str = "Flore des toits") -> None:
    with store.begin() as unit:
        store.records.save(unit, [make_record(n, title=title) for n in numbers], run_id=None, now=now)


def test_it_holds_the_very_lines_of_the_records_in_order(store: Store, now: datetime) -> None:
    save(store, now, *range(600), title="Ligne\u2028brisée\u0085 «œdème» 🌧")
    with store.records.dump() as dump:
        lines = [pasted(text) for text in dump.documents]
    assert lines == [line(record) for record in store.records.iter()]
    assert len(lines) == 600 and not any(b"\xe2\x80\xa8" in text for text in lines)


def test_what_is_written_meanwhile_is_not_in_it_but_after_its_head(store: Store, now: datetime) -> None:
    save(store, now, *range(600))
    with store.records.dump() as dump:
        first = next(dump.documents)
        save(store, now, *range(595, 610), title="Autre")
        texts = [first, *dump.documents]
    assert len(texts) == 600 == dump.head and not any("Autre" in text for text in texts)
    with store.records.dump(dump.head) as later:
        assert [text.count("Autre") for text in later.documents] == [1] * 15


def test_since_gives_each_changed_record_once_and_tombstones(store: Store, now: datetime) -> None:
    save(store, now, *range(300))
    head = store.changes.head()
    save(store, now, 7, 8, title="Un")
    save(store, now, 7, title="Deux")
    gone = make_record(9).id
    with store.begin() as unit:
        store.records.delete(unit, gone, "gone", now)
    with store.records.dump(head) as dump:
        texts = list(dump.documents)
    assert len(texts) == 3 and sum(gone in text for text in texts) == 1 and dump.head == head + 4
    with store.records.dump() as dump:
        assert len(list(dump.documents)) == 299
