"""Rights are read again too: what may not be kept any more goes, and what was cut is neither lost nor made up."""

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from test_withheld import on_disk, reserved, words_of
from workbench import LEASE_S, Bench

from harvester.ingest.replay import Replay, Reread
from harvester.model.source import RightsRules
from harvester.run.replay import replay_source
from harvester.settings import Settings
from storage.archive import ArchiveWriter, Pointer
from storage.archive_index import ArchiveEntry
from storage.runs import Owner
from storage.store import Store


def importing(bench: Bench) -> None:
    bench.another()
    bench.ingest._reader = dataclasses.replace(bench.ingest._reader, saved=True, rules="other")


def replay(bench: Bench, basis: str, number: int = 1, **changes: Any) -> list[Reread]:
    """Read everything again as one batch of a Run of its own."""
    run_id = f"20261201T08000{number}-bbbbbb"
    bench.archive.sync()
    bench.now += timedelta(days=1)
    with bench.store.begin() as unit:
        bench.store.runs.open(
            unit, bench.source.id, run_id, Owner("here", 2, "y"), bench.now, LEASE_S, lambda owner: False
        )
    archive = ArchiveWriter(bench.folder, bench.source.id, run_id)
    source = bench.source.model_copy(update=changes)
    one = Replay(
        bench.store, bench.folder, archive, source, default_basis=basis, clock=lambda: bench.now, run_id=run_id
    )
    found = [page for entry in one.entries() if (page := one.reread(entry))]
    one.save(found, LEASE_S)
    archive.close()
    return found


def test_a_basis_that_ended_takes_abstracts_from_record_and_archive(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, basis="research")
    article = reserved(bench)
    bench.take(bench.visit(article))
    digest = bench.record(article).provenance.page_digest
    (page,) = replay(bench, "none")
    assert page.effect == "changed"
    assert "basis for the abstracts research -> none" in page.why
    record = bench.record(article)
    assert not record.abstracts
    assert record.titles
    assert (record.provenance.archive, record.provenance.page_digest) == ("cut", digest)
    assert "abstracts" in (record.provenance.archive_reason or "")
    assert on_disk(bench.folder, words_of(bench, article)) == []
    (entry,) = store.archive_index.iterate(bench.source.id)
    assert (entry.cut, entry.pointer.file) == (True, record.provenance.warc_file)
    assert [one.effect for one in replay(bench, "none", 2)] == ["unchanged"]


def test_a_basis_that_ended_counts_even_where_the_page_cannot_be_read_any_more(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, basis="research")
    article = reserved(bench)
    bench.take(bench.visit(article))
    titles = bench.record(article).titles
    bench.archive.sync()
    entry = next(store.archive_index.iterate(bench.source.id))
    with (bench.folder / entry.pointer.file).open("r+b") as file:
        file.seek(entry.pointer.offset)
        file.write(b"broken")
    (page,) = replay(bench, "none")
    assert (page.effect, "no page there" in page.reason) == ("changed", True)
    record = bench.record(article)
    assert (record.abstracts, record.titles.keys()) == ({}, titles.keys())
    assert (record.provenance.archive, list(store.archive_index.iterate(bench.source.id))) == ("none", [])
    assert replay(bench, "none", 2) == []


def test_a_basis_that_begins_makes_no_abstract_up(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store)
    article = reserved(bench)
    bench.take(bench.visit(article))
    (page,) = replay(bench, "research")
    assert {change.field.rpartition(".")[0] for change in page.fields} == {"rights.abstract_policy"}
    assert any("--full" in why for why in page.why)
    record = bench.record(article)
    assert not record.abstracts
    assert record.provenance.archive == "cut"


def test_a_record_that_has_its_abstracts_keeps_them_though_the_page_was_cut(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store)
    article = reserved(bench)
    bench.take(bench.visit(article))
    with Store.open(f"sqlite:///{tmp_path}/other.db", migrate=True) as elsewhere:
        whole = Bench(tmp_path / "other", elsewhere, basis="research")
        whole.take(whole.visit(article))
        cut, kept = bench.record(article), whole.record(article)
    with store.begin() as unit:
        mixed = kept.model_copy(update={"provenance": cut.provenance})
        store.records.save(unit, [mixed], run_id=None, now=bench.now)
    replay(bench, "research", digest="sha256:other")
    assert bench.record(article).abstracts == kept.abstracts
    assert bench.record(article).keywords == kept.keywords


def test_a_replay_killed_before_it_emptied_old_pages_is_ended_by_the_next(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, store, basis="research")
    article = reserved(bench)
    bench.take(bench.visit(article))

    def die(self: Replay, pointers: Sequence[Pointer]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Replay, "_empty", die)
        with pytest.raises(KeyboardInterrupt):
            replay(bench, "none")
    assert not bench.record(article).abstracts
    assert on_disk(bench.folder, words_of(bench, article)), "the old page is still there"
    assert sorted(one.effect for one in replay(bench, "none", 2)) == ["superseded", "unchanged"]
    assert on_disk(bench.folder, words_of(bench, article)) == []
    assert [entry.cut for entry in store.archive_index.iterate(bench.source.id)] == [True]


def test_a_reservation_that_only_the_sites_own_file_states_still_holds(bench: Bench) -> None:
    article = bench.ids[0]
    visit = bench.visit(article).model_copy(update={"robots": ("tdm-reservation: 1", "tdm-policy: https://p.example/")})
    bench.take(visit)
    before = bench.record(article)
    assert not before.abstracts
    (page,) = replay(bench, "none", digest="sha256:other")
    assert page.effect == "renewed"
    assert bench.record(article).rights.tdm == before.rights.tdm


def test_a_page_past_its_unavailable_after_leaves_the_archive(bench: Bench) -> None:
    article = bench.ids[0]
    after = (bench.now + timedelta(hours=2)).strftime("unavailable_after: %d %b %Y %H:%M:%S GMT")
    headers = (("content-type", "text/html; charset=utf-8"), ("x-robots-tag", after))
    bench.take(bench.visit(article, headers=headers))
    assert bench.store.archive_index.pointer(bench.record(article).id)
    (page,) = replay(bench, "none", digest="sha256:other")
    assert page.body
    record = bench.record(article)
    assert (record.provenance.archive, record.provenance.warc_file) == ("none", None)
    assert bench.store.archive_index.pointer(record.id) is None
    assert on_disk(bench.folder, words_of(bench, article)) == []


def test_records_that_are_gone_or_removed_are_not_read_again(bench: Bench) -> None:
    gone, removed, alive = bench.ids[:3]
    bench.take(*(bench.visit(one) for one in (gone, removed, alive)))
    with bench.store.begin() as unit:
        bench.store.records.delete(unit, bench.record(gone).id, "gone", bench.now)
    bench.store.purge(bench.folder, bench.record(removed).id, "legal", bench.now)
    head = bench.store.changes.head()
    pages = replay(bench, "none", digest="sha256:other")
    assert [page.url for page in pages] == [bench.url(alive)]
    assert bench.store.changes.head() == head


def test_an_address_that_another_record_has_moves_nothing(bench: Bench) -> None:
    one, other = bench.ids[:2]
    bench.take(bench.visit(one), bench.visit(other))
    taken = bench.url(other)
    urls = bench.source.urls.model_copy(update={"canonical": taken})
    pages = replay(bench, "none", urls=urls, digest="sha256:other")
    effects = {page.url: (page.effect, page.reason) for page in pages}
    assert effects[bench.url(one)] == ("kept_old", f"{taken} is the address of record {bench.record(other).id}")


def test_a_licence_may_open_the_archive_to_no_more_than_it_holds(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store)
    article = reserved(bench)
    bench.take(bench.visit(article))
    before: ArchiveEntry = next(store.archive_index.iterate(bench.source.id))
    rights = RightsRules(basis="licence", reference="C 1", declared_by="A. B.", keep=True, show="public")
    replay(bench, "none", rights=rights)
    assert next(store.archive_index.iterate(bench.source.id)) == before
    assert bench.record(article).provenance.archive_reason == before.reason


@pytest.mark.fault(78)
def test_what_may_not_be_kept_leaves_history_tombstones_and_records_without_a_page(
    tmp_path: Path, store: Store
) -> None:
    bench = Bench(tmp_path, store, basis="research")
    headers = (("content-type", "text/html; charset=utf-8"), ("tdm-reservation", "1"))
    changed, unarchived, gone = bench.ids[:3]
    bench.take(*(bench.visit(one, headers=headers) for one in (changed, unarchived, gone)))
    title = next(iter(bench.record(changed).titles.values())).value.encode()
    body = bench.site.respond(bench.site.path(changed)).body.replace(title, b"Another title")
    bench.take(bench.visit(changed, headers=headers, body=body))
    without = bench.record(unarchived)
    nowhere = without.provenance.model_copy(update={"warc_file": None, "warc_offset": None, "archive": "none"})
    with store.begin() as unit:
        store.records.delete(unit, bench.record(gone).id, "gone", bench.now)
        store.records.save(unit, [without.model_copy(update={"provenance": nowhere})], run_id=None, now=bench.now)
    bench.archive.sync()
    before = store.changes.head()
    settings = Settings(data_dir=tmp_path, tdm_basis="none")
    foreseen = replay_source(store, bench.source, settings, lambda one: None, dry_run=True)
    counts = replay_source(store, bench.source, settings, lambda one: None, dry_run=False)
    assert (foreseen["changed"], counts["changed"], counts["history_cut"]) == (2, 2, 5)
    for one in (changed, unarchived, gone):
        kept = store.records.revisions(bench.record(one).id)
        assert not [each for each in kept if each.abstracts or each.other_abstracts]
        assert on_disk(bench.folder, words_of(bench, one)) == []
    assert bench.record(gone).deleted_at
    assert store.changes.head() == before + 2, "what a tombstone loses is no news"
    again = replay_source(store, bench.source, settings, lambda one: None, dry_run=False)
    assert {*again} <= {"unchanged", "superseded"}


def test_what_only_a_header_forbade_holds_for_pages_that_lost_it(tmp_path: Path, bench: Bench) -> None:
    one, other = bench.ids[:2]
    html = ("content-type", "text/html; charset=utf-8")
    bench.take(bench.visit(one, headers=(html, ("x-robots-tag", "noindex"))))
    bench.take(bench.visit(other, headers=(html, ("x-robots-tag", "noarchive"))))
    importing(bench)
    bench.take(bench.visit(one, headers=(html,)), bench.visit(other, headers=(html,)))
    replay(bench, "none", digest="sha256:other")
    assert bench.record(one).rights.robots == ("noindex",)
    assert bench.record(other).rights.robots == ("noarchive",)
    assert bench.record(other).provenance.archive == "none"
    assert on_disk(bench.folder, words_of(bench, other)) == []
    assert on_disk(bench.folder, words_of(bench, one))
