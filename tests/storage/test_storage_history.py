"""History: revisions, what differs between them, records as of a moment, dated verdicts."""

from datetime import UTC, datetime, timedelta

import pytest
from made import make_record

from harvester.errors import UsageError
from harvester.model.record import Contributor, LangText, Record
from harvester.model.run import ChangeKind
from storage.store import Store

DAY = timedelta(days=1)


def save(store: Store, now: datetime, *batch: Record, run_id: str = "run-1") -> None:
    with store.begin() as unit:
        store.records.save(unit, batch, run_id=run_id, now=now)


@pytest.mark.fault(86)
def test_access_that_goes_and_comes_back_is_three_dated_verdicts_and_two_changes(store: Store, now: datetime) -> None:
    for day, (status, quote) in enumerate((("subscription", "a"), ("open", "b"), ("subscription", "a"))):
        save(store, now + day * DAY, make_record(1, status=status, quote=quote), run_id=f"run-{day}")
    past = store.records.history(make_record(1).id)
    assert [(one.at, one.run_id, one.verdict.status.value) for one in past.verdicts] == [
        (now, "run-0", "subscription"),
        (now + DAY, "run-1", "open"),
        (now + 2 * DAY, "run-2", "subscription"),
    ]
    assert [one.verdict.evidence[0].quote for one in past.verdicts] == ["a", "b", "a"]
    assert [change.kind for change in past.changes] == [
        ChangeKind.CREATED,
        ChangeKind.ACCESS_CHANGED,
        ChangeKind.ACCESS_CHANGED,
    ]
    assert [(one.since, one.until, one.run_id) for one in past.revisions] == [
        (now, now + DAY, "run-0"),
        (now + DAY, now + 2 * DAY, "run-1"),
        (now + 2 * DAY, None, "run-2"),
    ]
    stood = [store.records.as_of(make_record(1).id, now + day * DAY) for day in range(3)]
    assert [one and one.access.status.value for one in stood] == ["subscription", "open", "subscription"]


class TestDiff:
    @pytest.fixture(autouse=True)
    def some(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1))
        save(store, now + DAY, make_record(1, title="Autre titre"))
        more = {"de": LangText(value="Ein Titel", language="de")} | make_record(1, title="Autre titre").titles
        save(store, now + 2 * DAY, make_record(1, titles=more, contributors=(Contributor(name="A. B.", order=1),)))

    def test_the_last_two_by_field_and_language(self, store: Store) -> None:
        found = {(one.name, one.language): (one.old, one.new) for one in store.records.diff(make_record(1).id)}
        assert found.keys() == {("contributors", None), ("titles", "de")}
        assert found["titles", "de"][0] is None and found["titles", "de"][1]["value"] == "Ein Titel"

    def test_any_two(self, store: Store) -> None:
        (one,) = store.records.diff(make_record(1).id, 1, 2)
        assert (one.name, one.language, one.old, one.new) == ("titles.value", "fr", "Étude numéro 1", "Autre titre")
        backwards = store.records.diff(make_record(1).id, 3, 1)
        assert {(one.name, one.language) for one in backwards} == {
            ("contributors", None),
            ("titles", "de"),
            ("titles.value", "fr"),
        }
        assert store.records.diff(make_record(1).id, 2, 2) == []

    def test_a_tombstone_and_a_merge_differ_too(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(2, doi="10.1000/x"), make_record(3, source_id="beta", id="b" * 20))
        save(store, now, make_record(3, source_id="beta", id="b" * 20, doi="10.1000/x"))
        assert "work_id" in {one.field for one in store.records.diff("b" * 20, 1)}
        with store.begin() as unit:
            store.records.delete(unit, make_record(2).id, "gone", now)
        assert {one.field for one in store.records.diff(make_record(2).id)} == {"deleted_at", "deletion_reason"}

    def test_what_is_not_kept_is_told(self, store: Store) -> None:
        with pytest.raises(UsageError, match="no revision 9"):
            store.records.diff(make_record(1).id, 1, 9)
        with pytest.raises(UsageError, match="no record"):
            store.records.diff("nobody")


class TestAsOf:
    def test_a_record_at_every_moment(self, store: Store, now: datetime) -> None:
        record = make_record(1)
        save(store, now, record)
        save(store, now + DAY, make_record(1, title="Autre titre"))
        with store.begin() as unit:
            store.records.delete(unit, record.id, "gone", now + 2 * DAY)
        moments = (now - DAY, now, now + DAY / 2, now + DAY, now + 2 * DAY)
        stood = [store.records.as_of(record.id, moment) for moment in moments]
        assert [one and (one.revision, one.deletion_reason) for one in stood] == [
            None,
            (1, None),
            (1, None),
            (2, None),
            (3, "gone"),
        ]
        assert stood[1] and stood[1].titles["fr"].value == "Étude numéro 1"
        assert store.records.as_of("nobody", now) is None

    def test_all_records_as_of_a_day(self, store: Store, now: datetime) -> None:
        save(store, now, *(make_record(n) for n in range(250)))
        save(store, now + DAY, *(make_record(n, title="Autre") for n in range(0, 500, 2)))
        with store.begin() as unit:
            store.records.delete(unit, make_record(1).id, "gone", now + DAY)
        before = list(store.records.iter_as_of(now))
        after = list(store.records.iter_as_of(now + DAY))
        assert [one.id for one in before] == sorted(make_record(n).id for n in range(250))
        assert {one.titles["fr"].value for one in before} == {f"Étude numéro {n}" for n in range(250)}
        assert len(after) == 250 + 125 - 1
        assert len(list(store.records.iter_as_of(now + DAY, include_deleted=True))) == 375
        assert list(store.records.iter_as_of(now, source_id="beta")) == []
        assert list(store.records.iter_as_of(datetime(2000, 1, 1, tzinfo=UTC))) == []

    def test_a_purged_past_is_gone(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1))
        with store.begin() as unit:
            store.records.purge(unit, make_record(1).id, "legal", now + DAY)
        assert store.records.as_of(make_record(1).id, now) is None
        assert list(store.records.iter_as_of(now)) == []
