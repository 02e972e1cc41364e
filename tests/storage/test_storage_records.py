"""Saving, finding and removing records."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from made import make_record

from harvester.errors import UsageError
from harvester.model.access import AccessStatus
from harvester.model.record import Identifier, Integrity, LangText, Record, Relation
from harvester.model.run import ChangeKind
from storage.saving import Saved
from storage.store import Store


def save(store: Store, now: datetime, *batch: Record) -> list[Saved]:
    with store.begin() as unit:
        return store.records.save(unit, batch, run_id="run-1", now=now)


def kinds(store: Store) -> list[ChangeKind]:
    return [change.kind for change in store.changes.since(0)]


def with_status(record: Record, status: AccessStatus) -> Record:
    return record.model_copy(update={"access": record.access.model_copy(update={"status": status})})


class TestSave:
    def test_a_new_record_is_created_once_and_read_back_whole(self, store: Store, now: datetime) -> None:
        record = make_record(1, doi="10.1000/abc")
        assert save(store, now, record) == [Saved(record.id, ChangeKind.CREATED, revision=1)]
        stored = store.records.get(record.id)
        assert stored == record.model_copy(update={"revision": 1, "created_at": now, "updated_at": now})
        assert kinds(store) == [ChangeKind.CREATED]

    def test_the_same_content_again_is_no_change_but_renews_the_provenance(self, store: Store, now: datetime) -> None:
        record = make_record(1)
        save(store, now, record)
        later = now + timedelta(days=1)
        read_again = record.provenance.model_copy(update={"fetched_at": later, "warc_file": "alpha/r-001.warc.gz"})
        (saved,) = save(store, later, record.model_copy(update={"provenance": read_again}))
        stored = store.records.get(record.id)
        assert saved.kind is None
        assert stored and stored.provenance == read_again
        assert (stored.revision, stored.updated_at) == (1, now)
        assert len(store.records.revisions(record.id)) == 1
        assert store.changes.head() == 1

    def test_a_real_change_is_one_revision_and_one_change(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1))
        later = now + timedelta(days=1)
        (saved,) = save(store, later, make_record(1, title="Autre titre"))
        assert (saved.kind, saved.extra, saved.revision) == (ChangeKind.UPDATED, (), 2)
        titles = [revision.titles["fr"].value for revision in store.records.revisions(saved.record_id)]
        assert titles == ["Étude numéro 1", "Autre titre"]
        assert kinds(store) == [ChangeKind.CREATED, ChangeKind.UPDATED]
        stored = store.records.get(saved.record_id)
        assert stored and (stored.created_at, stored.updated_at) == (now, later)

    @pytest.mark.fault(59)
    def test_access_alone_flips_to_one_access_change(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1, status="subscription"))
        (saved,) = save(store, now, make_record(1, status="open"))
        assert (saved.kind, saved.extra) == (ChangeKind.ACCESS_CHANGED, ())
        save(store, now, make_record(1, status="subscription"))
        assert [v.status for v in store.records.verdicts(saved.record_id)] == ["subscription", "open", "subscription"]
        assert len(store.records.revisions(saved.record_id)) == 3

    def test_access_and_text_together_are_two_changes(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1, status="subscription"))
        (saved,) = save(store, now, make_record(1, status="open", title="Autre"))
        assert (saved.kind, saved.extra) == (ChangeKind.UPDATED, (ChangeKind.ACCESS_CHANGED,))

    @pytest.mark.fault(60)
    def test_a_retraction_is_an_integrity_change(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1))
        (saved,) = save(store, now, make_record(1, integrity=Integrity(status="retracted", notice="10.1000/r")))
        assert (saved.kind, saved.extra) == (ChangeKind.INTEGRITY_CHANGED, ())

    def test_new_evidence_for_the_same_verdict_is_history_but_no_change(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1, status="open", quote="accès libre"))
        (saved,) = save(store, now, make_record(1, status="open", quote="libre accès"))
        assert saved.kind is None
        assert [v.evidence[0].quote for v in store.records.verdicts(saved.record_id)] == ["accès libre", "libre accès"]

    def test_one_record_twice_in_a_batch_is_seen_in_order(self, store: Store, now: datetime) -> None:
        saved = save(store, now, make_record(1), make_record(2), make_record(1, title="Autre"), make_record(1))
        assert [s.kind for s in saved] == [
            ChangeKind.CREATED,
            ChangeKind.CREATED,
            ChangeKind.UPDATED,
            ChangeKind.UPDATED,
        ]
        assert [s.revision for s in saved] == [1, 1, 2, 3]

    def test_a_large_batch_takes_a_handful_of_statements(
        self, store: Store, now: datetime, statements: list[str]
    ) -> None:
        save(store, now, *(make_record(n, doi=f"10.1000/{n}") for n in range(64)))
        assert len(statements) <= 12
        statements.clear()
        save(store, now, *(make_record(n, doi=f"10.1000/{n}") for n in range(64)))
        assert len(statements) <= 8


class TestIdentity:
    @pytest.mark.fault(100)
    def test_the_doi_compares_without_case_and_shows_as_printed(self, store: Store, now: datetime) -> None:
        first = make_record(1, doi="10.1000/ABC")
        second = make_record(2, doi="10.1000/abc", publisher_id=None)
        saved = save(store, now, first) + save(store, now, second)
        assert {s.record_id for s in saved} == {first.id}
        assert [r.id for r in store.records.find(doi="10.1000/aBc")] == [first.id]
        stored = store.records.get(first.id)
        assert stored and stored.url == first.url and second.url in stored.aliases

    def test_the_doi_of_another_edition_is_no_name(self, store: Store, now: datetime) -> None:
        other = (Identifier(scheme="doi", value="10.1000/en", raw="10.1000/en", role="other_edition"),)
        saved = save(store, now, make_record(1, doi="10.1000/en"), make_record(2, identifiers=other))
        assert len({s.record_id for s in saved}) == 2

    def test_another_source_is_another_record(self, store: Store, now: datetime) -> None:
        here = make_record(1, doi="10.1000/a")
        there = here.model_copy(update={"source_id": "beta", "id": "b" * 20})
        saved = save(store, now, here, there)
        assert [s.kind for s in saved] == [ChangeKind.CREATED] * 2
        assert len(store.records.find(doi="10.1000/a")) == 2
        assert [r.source_id for r in store.records.find(doi="10.1000/a", source_id="beta")] == ["beta"]

    def test_the_publishers_id_decides_before_url_and_doi(self, store: Store, now: datetime) -> None:
        one, two = make_record(1), make_record(2, doi="10.1000/two")
        save(store, now, one, two)
        (saved,) = save(store, now, make_record(3, publisher_id="1", doi="10.1000/two"))
        assert saved.record_id == one.id

    def test_a_later_doi_changes_no_id(self, store: Store, now: datetime) -> None:
        (first,) = save(store, now, make_record(1))
        (then,) = save(store, now, make_record(1, doi="10.1000/late"))
        assert then.record_id == first.record_id
        assert [r.id for r in store.records.find(doi="10.1000/late")] == [first.record_id]

    def test_other_urls_gather_as_aliases_without_a_change(self, store: Store, now: datetime) -> None:
        first = make_record(1)
        save(store, now, first)
        english = make_record(1, url="https://publisher.test/en/article/1")
        (saved,) = save(store, now, english)
        assert (saved.record_id, saved.kind) == (first.id, None)
        assert [r.id for r in store.records.find(url=english.url)] == [first.id]

    @pytest.mark.fault(49)
    def test_a_moved_article_keeps_its_id_and_its_old_url_as_alias(self, store: Store, now: datetime) -> None:
        first = make_record(1)
        save(store, now, first)
        moved = make_record(1, url="https://publisher.test/new/1", aliases=(first.url,), publisher_id=None)
        (saved,) = save(store, now, moved)
        stored = store.records.get(first.id)
        assert saved.record_id == first.id
        assert stored and (stored.url, stored.aliases) == (moved.url, (first.url,))
        with store.begin() as unit:
            assert store.records.find_existing(unit, moved) == stored
            assert store.records.find_existing(unit, make_record(9)) is None

    @pytest.mark.fault(23)
    def test_two_writers_of_one_doi_make_one_record(self, store: Store, database: str, now: datetime) -> None:
        def write(place: int) -> None:
            with Store.open(database) as other:
                start.wait()
                for n in range(20):
                    save(other, now, make_record(100 * place + n, doi=f"10.1000/{n}", publisher_id=None))

        start = threading.Barrier(2)
        writers = [threading.Thread(target=write, args=(place,)) for place in (1, 2)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        stored = list(store.records.iter())
        assert len(stored) == 20
        assert all(len(record.aliases) == 1 for record in stored)


class TestBadInput:
    @pytest.mark.fault(22)
    def test_nul_and_lone_surrogates_are_cleaned_and_flagged(self, store: Store, now: datetime) -> None:
        dirty = make_record(1)
        title = dirty.titles["fr"].model_copy(update={"value": "a\x00b\ud800c \ud83d\ude00"})
        dirty = dirty.model_copy(update={"titles": {"fr": title}})
        saved = save(store, now, dirty, make_record(2))
        stored = store.records.get(dirty.id)
        assert [s.kind for s in saved] == [ChangeKind.CREATED] * 2
        assert stored and stored.titles["fr"].value == "ab\ufffdc \U0001f600"
        assert stored.flags == ("text_cleaned",)
        assert save(store, now, dirty)[0].kind is None

    def test_a_written_out_escape_is_no_nul(self, store: Store, now: datetime) -> None:
        record = make_record(1, title=r"the escape \u0000 explained")
        save(store, now, record)
        stored = store.records.get(record.id)
        assert stored and stored.titles["fr"].value == record.titles["fr"].value and stored.flags == ()

    @pytest.mark.fault(22)
    def test_five_megabytes_are_kept(self, store: Store, now: datetime) -> None:
        record = make_record(1, abstracts={"fr": LangText(value="é" * 5_000_000, language="fr")})
        save(store, now, record)
        stored = store.records.get(record.id)
        assert stored and len(stored.abstracts["fr"].value) == 5_000_000

    def test_an_item_of_wrong_type_fails_alone(self, store: Store, now: datetime) -> None:
        broken = make_record(2).model_copy(update={"titles": {"fr": object()}})
        nameless = make_record(3).model_copy(update={"aliases": None})
        saved = save(store, now, make_record(1), broken, nameless, make_record(4))
        assert [s.kind for s in saved] == [ChangeKind.CREATED, None, None, ChangeKind.CREATED]
        assert saved[1].error and saved[2].error
        assert len(store.changes.since(0)) == 2

    def test_a_mistake_of_the_program_is_no_bad_item(
        self, store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(Record, "identity_doi")
        with pytest.raises(AttributeError):
            save(store, now, make_record(1))

    def test_a_doi_under_a_citation_note_is_no_name(self, store: Store, now: datetime) -> None:
        noted = (Relation(type="isVariantFormOf", state="unresolved"),)
        saved = save(store, now, make_record(1, doi="10.1000/en"), make_record(2, doi="10.1000/en", relations=noted))
        assert len({s.record_id for s in saved}) == 2

    @pytest.mark.fault(27)
    def test_an_item_the_database_refuses_fails_alone(self, store: Store, now: datetime) -> None:
        with store.begin() as unit:
            for statement in _REFUSE_THE_SECOND[unit.connection.dialect.name]:
                unit.connection.exec_driver_sql(statement)
        saved = save(store, now, *(make_record(n) for n in (1, 2, 3)))
        assert [s.kind for s in saved] == [ChangeKind.CREATED, None, ChangeKind.CREATED]
        assert saved[1].error and "not this one" in saved[1].error
        assert [c.record_id for c in store.changes.since(0)] == [saved[0].record_id, saved[2].record_id]


_REFUSE_THE_SECOND = {
    "sqlite": [
        "CREATE TRIGGER refuse BEFORE INSERT ON records WHEN NEW.publisher_id = '2'"
        " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE check_violation USING MESSAGE = 'not this one'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON records FOR EACH ROW"
        " WHEN (NEW.publisher_id = '2') EXECUTE FUNCTION refuse()",
    ],
}


class TestRead:
    @pytest.fixture(autouse=True)
    def some(self, store: Store, now: datetime) -> None:
        save(store, now, *(make_record(n, doi=f"10.1000/{n}") for n in range(450)))
        save(store, now, make_record(7, doi="10.1000/7", status="open", title="Thérapie du cœur"))

    def test_iteration_passes_over_every_record_once_in_order(self, store: Store) -> None:
        ids = [record.id for record in store.records.iter()]
        assert len(ids) == 450
        assert ids == sorted(set(ids))

    def test_several_are_read_in_the_order_asked_for(self, store: Store) -> None:
        ids = [record.id for record in store.records.iter()][:3]
        assert [record.id for record in store.records.several([ids[2], "unknown", ids[0]])] == [ids[2], ids[0]]

    def test_filters(self, store: Store) -> None:
        records = store.records
        assert list(records.iter(source_id="beta")) == []
        assert [r.publisher_id for r in records.iter(since=450)] == ["7"]


class TestRemoval:
    def test_a_deleted_record_is_a_tombstone_that_can_be_restored(self, store: Store, now: datetime) -> None:
        record = make_record(1)
        save(store, now, record)
        for _ in range(2):
            with store.begin() as unit:
                store.records.delete(unit, record.id, "gone", now)
        tombstone = store.records.get(record.id)
        assert tombstone and (tombstone.deleted_at, tombstone.deletion_reason) == (now, "gone")
        assert list(store.records.iter()) == []
        assert len(list(store.records.iter(include_deleted=True))) == 1
        (saved,) = save(store, now, record)
        assert saved.kind is ChangeKind.RESTORED
        restored = store.records.get(record.id)
        assert restored and restored.deleted_at is None
        assert kinds(store) == [ChangeKind.CREATED, ChangeKind.DELETED, ChangeKind.RESTORED]
        assert [r.revision for r in store.records.revisions(record.id)] == [1, 2, 3]

    def test_an_unknown_record_or_reason_is_refused(self, store: Store, now: datetime) -> None:
        save(store, now, make_record(1))
        with pytest.raises(UsageError, match="no record"), store.begin() as unit:
            store.records.delete(unit, "nothing", "gone", now)
        with pytest.raises(UsageError, match="whim"), store.begin() as unit:
            store.records.delete(unit, make_record(1).id, "whim", now)
        assert store.changes.head() == 1

    @pytest.mark.parametrize("reason", ["legal", "operator"])
    @pytest.mark.fault(80)
    def test_what_was_removed_on_request_never_returns(
        self, store: Store, now: datetime, reason: str, tmp_path: Path
    ) -> None:
        record = make_record(1, doi="10.1000/abc")
        save(store, now, record)
        store.purge(tmp_path / "archive", record.id, reason, now)
        again = save(store, now, record, make_record(5, doi="10.1000/ABC", publisher_id=None))
        assert [(s.record_id, s.kind, s.skipped) for s in again] == [(record.id, None, True)] * 2
        assert kinds(store) == [ChangeKind.CREATED, ChangeKind.DELETED]
        with store.begin() as unit:
            store.pages.discover(unit, "alpha", [(record.url, now), ("https://publisher.test/article/8", None)], now)
            assert [i.url for i in store.pages.claim(unit, "alpha", "r", now, 9)] == [
                "https://publisher.test/article/8"
            ]
        assert store.pages.due_count("alpha", now) == 1

    def test_what_earlier_transactions_left_on_free_pages_goes_with_the_rest(
        self, store: Store, tmp_path: Path, now: datetime
    ) -> None:
        said = {"archive_reason": "Telling words " * 4000}
        told = [make_record(n) for n in range(20)]
        save(
            store, now, *(one.model_copy(update={"provenance": one.provenance.model_copy(update=said)}) for one in told)
        )
        save(store, now, *told)
        for record in told:
            store.purge(tmp_path / "archive", record.id, "legal", now)
        assert [path for path in tmp_path.rglob("*.sqlite*") if b"Telling words" in path.read_bytes()] == []
