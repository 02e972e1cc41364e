"""The index of words follows the change log, forgets what is removed, and can be made anew."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from made import make_record
from sqlalchemy import text

from harvester.model.record import DateValue, LangText, Record
from harvester.model.search import Query, Sort
from storage.search import search as searching
from storage.store import Store


def save(store: Store, now: datetime, *batch: Record) -> None:
    with store.begin() as unit:
        assert all(saved.error is None for saved in store.records.save(unit, batch, run_id=None, now=now))


def total(store: Store, words: str) -> int:
    return store.search.find(Query(text=words)).total


def test_what_was_saved_is_found_at_once_and_only_as_it_is_now(store: Store, now: datetime) -> None:
    save(store, now, make_record(1, title="Ancien titre"))
    assert total(store, "ancien") == 1
    save(store, now, make_record(1, title="Nouvel intitulé"))
    assert (total(store, "ancien"), total(store, "intitule")) == (0, 1)
    assert total(store, "") == 1


def test_a_deleted_record_is_not_found_until_it_is_restored(store: Store, now: datetime) -> None:
    record = make_record(1)
    save(store, now, record)
    assert total(store, "etude") == 1
    with store.begin() as unit:
        store.records.delete(unit, record.id, "gone", now)
        assert unit.connection.execute(text("SELECT count(*) FROM search_words")).scalar() == 0
    assert total(store, "etude") == 0
    save(store, now, record)
    assert total(store, "etude") == 1


def test_what_was_rolled_back_is_not_found(store: Store, now: datetime) -> None:
    save(store, now, make_record(1))
    assert total(store, "etude") == 1
    with pytest.raises(ZeroDivisionError), store.begin() as unit:
        store.records.delete(unit, make_record(1).id, "gone", now)
        store.records.save(unit, [make_record(2, title="Fantôme")], run_id=None, now=now)
        raise ZeroDivisionError
    assert (total(store, "etude"), total(store, "fantome")) == (1, 0)


def test_a_purge_leaves_no_word_in_any_table(store: Store, now: datetime, tmp_path: Path) -> None:
    record = make_record(1, title="Une zythologie", doi="10.1000/zytho")
    save(store, now, record, make_record(2))
    assert total(store, "zythologie") == 1
    store.purge(tmp_path / "archive", record.id, "legal", now)
    assert total(store, "zytholog*") == 0
    with store.begin() as unit:
        for table in ("search_words", "search_keywords", "search_entries", "search_terms"):
            rows = unit.connection.execute(text(f"SELECT * FROM {table}")).all()
            assert rows
            assert "zytho" not in str(rows)


def test_a_search_waits_for_so_many_changes_and_says_what_it_has_not_read(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "WAITS_FOR", 10)
    monkeypatch.setattr(searching, "_BATCH", 10)
    save(store, now, *(make_record(n) for n in range(25)))
    found = store.search.find(Query())
    assert (found.total, found.behind) == (10, 15)
    assert store.search.catch_up() == 0
    found = store.search.find(Query())
    assert (found.total, found.behind) == (25, 0)


def test_the_index_can_be_made_anew(store: Store, now: datetime) -> None:
    save(store, now, *(make_record(n) for n in range(30)))
    with store.begin() as unit:
        store.records.delete(unit, make_record(3).id, "gone", now)
    before = store.search.find(Query(text="etude oedeme", limit=100))
    store.search.rebuild()
    assert store.search.find(Query(text="etude oedeme", limit=100)) == before
    assert before.total == 29


def test_tokens_of_another_analyser_are_replaced_at_an_upgrade(store: Store, now: datetime) -> None:
    outdate(store, now)
    store.upgrade()
    assert total(store, "etude") == 1


def test_they_are_replaced_too_where_the_schema_stays_as_it_is(store: Store, database: str, now: datetime) -> None:
    outdate(store, now)
    assert store.check() == ["search: the index is of another analyser; `harvester db upgrade` makes it anew"]
    with Store.open(database, migrate=True) as again:
        assert total(again, "etude") == 1


def outdate(store: Store, now: datetime) -> None:
    """An index whose tokens no query matches."""
    save(store, now, make_record(1))
    store.search.catch_up()
    with store.begin() as unit:
        unit.connection.execute(text("UPDATE search_head SET analyser = 'older'"))
        unit.connection.execute(text("DELETE FROM search_words"))


def test_records_of_one_day_keep_one_order_and_never_share_a_place(store: Store, now: datetime) -> None:
    day = (DateValue(kind="published", value="2024-05-06", precision="day", raw="x", rule="iso"),)
    alike = [make_record(n, dates=day, id=f"abcdef{n:014d}") for n in range(12)]
    save(store, now, *alike)
    newest = [hit.record_id for hit in store.search.find(Query(sort=Sort.NEWEST)).hits]
    assert newest == sorted((one.id for one in alike), reverse=True)
    save(store, now + timedelta(days=1), *(make_record(n, dates=day, id=f"abcdef{n:014d}") for n in range(12, 20)))
    assert len({hit.record_id for hit in store.search.find(Query(sort=Sort.NEWEST, limit=100)).hits}) == 20


@pytest.mark.parametrize("value", ["2024-02-30", "0", "99999", "soon", "1066", "-5"])
def test_a_date_that_is_none_sorts_last_and_breaks_nothing(store: Store, now: datetime, value: str) -> None:
    odd = (DateValue(kind="published", value=value, precision="year", raw=value, rule="x"),)
    dated = (DateValue(kind="published", value="1999", precision="year", raw="1999", rule="iso"),)
    save(store, now, make_record(1, dates=odd), make_record(2, dates=dated))
    hits = store.search.find(Query(sort=Sort.NEWEST)).hits
    assert hits[0].record_id == make_record(2).id
    assert len(hits) == 2


def test_texts_without_end_are_indexed_to_a_limit(store: Store, now: datetime) -> None:
    words = " ".join(f"mot{n}" for n in range(50_000))
    blocks = {"en": LangText(value="é" * 3_000_000, language="en"), "fr": LangText(value=words, language="fr")}
    blocks["zh"] = LangText(value="免疫" * 500_000, language="zh")
    save(store, now, make_record(1, abstracts=blocks))
    assert total(store, "mot12") == 1
    assert total(store, "免疫") == 1
    assert total(store, "mot49999") == 0
