"""Ingest on a real database and archive: what a batch of visits leaves behind, whatever becomes of its pages."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from harvester.extraction.extract import Extraction
from harvester.ingest import Ingest, LeaseLostError, Quarantine
from harvester.ingest import reading as reading_module
from harvester.ingest.burial import Graveyard
from harvester.ingest.reading import lost
from harvester.model.access import AccessVerdict
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record
from harvester.model.run import ChangeKind, Visit
from harvester.model.source import RightsRules, Source
from harvester.sample import Site, seeds
from harvester.sources import load
from storage.archive import ArchiveWriter, read
from storage.pages import PageState
from storage.runs import Owner
from storage.store import Store

START = datetime(2026, 11, 1, 8, tzinfo=UTC)
ADDRESS = "http://127.0.0.1:8901"
RUN = "20261101T080000-aaaaaa"
LEASE_S = 60.0


class Publisher:
    url = ADDRESS
    host = "127.0.0.1:8901"


class Bench:
    """A store, an archive and the sample site's pages, without a network between them."""

    def __init__(self, folder: Path, store: Store, basis: str = "none", **changes: Any) -> None:
        seeds(folder / "seeds", Publisher())
        self.site = Site(ADDRESS)
        self.source: Source = load(folder / "seeds").sources["halvern-review"].model_copy(update=changes)
        self.store = store
        self.folder = folder / "archive"
        self.now = START
        self.taken = 0
        self.due: list[tuple[VisitOutcome, int, bool]] = []
        with store.begin() as unit:
            store.runs.open(unit, self.source.id, RUN, Owner("here", 1, "x"), START, LEASE_S, lambda owner: False)
        self.archive = ArchiveWriter(self.folder, self.source.id, RUN)
        self.ingest = self.another(basis)

    def another(self, basis: str = "none") -> Ingest:
        self.ingest = Ingest(
            self.store,
            self.archive,
            self.folder,
            self.source,
            run_id=RUN,
            default_basis=basis,
            revisit=self._revisit,
            lease_s=LEASE_S,
            clock=lambda: self.now,
        )
        return self.ingest

    def _revisit(
        self, outcome: VisitOutcome, at: datetime, failures: int, first_seen: datetime, news: bool
    ) -> datetime:
        self.due.append((outcome, failures, news))
        return at + timedelta(days=1)

    @property
    def ids(self) -> list[str]:
        return [a.id for a in self.site.listed("hrsh") if not a.tdm and "noarchive" not in a.robots]

    def url(self, article_id: str) -> str:
        return ADDRESS + self.site.path(article_id)

    def visit(self, article_id: str, **changes: Any) -> Visit:
        answer = self.site.respond(self.site.path(article_id))
        values = {
            "url": self.url(article_id),
            "final_url": self.url(article_id),
            "status": answer.status,
            "headers": tuple((name.lower(), value) for name, value in answer.headers.items()),
            "body": answer.body,
            "fetched_at": self.now,
        }
        page = Page.model_validate(values | changes)
        return Visit(run_id=RUN, url=page.url, outcome=VisitOutcome.OK, page=page, at=self.now)

    def failed(self, article_id: str, outcome: VisitOutcome, detail: str = "") -> Visit:
        return Visit(run_id=RUN, url=self.url(article_id), outcome=outcome, detail=detail, at=self.now)

    def take(self, *visits: Visit) -> dict[str, int]:
        """Take the visits in as one segment; returns what was counted for it."""
        before = self.ingest.tally.counts.copy()
        self.taken += 1
        self.now += timedelta(minutes=1)
        self.ingest.take(f"{RUN}-{self.taken:06d}.seg", visits)
        return dict(self.ingest.tally.counts - before)

    def record(self, article_id: str) -> Record:
        (found,) = self.store.records.find(url=self.url(article_id))
        return found

    def state(self, article_id: str) -> PageState:
        found = self.store.pages.get(self.source.id, self.url(article_id))
        assert found is not None
        return found

    def kinds(self) -> list[ChangeKind]:
        return [change.kind for change in self.store.changes.since(0)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/h.db", migrate=True) as opened:
        yield opened


@pytest.fixture
def bench(tmp_path: Path, store: Store) -> Bench:
    return Bench(tmp_path, store)


def reserved(bench: Bench) -> str:
    return next(a.id for a in bench.site.listed("hrsh") if a.tdm)


def test_a_batch_makes_records_pointers_and_visit_results(bench: Bench) -> None:
    ids = bench.ids[:4]
    counts = bench.take(*(bench.visit(one) for one in ids))
    assert (counts["ok"], counts["created"]) == (4, 4)
    for one in ids:
        record, state = bench.record(one), bench.state(one)
        assert (state.outcome, state.record_id, state.failures) == (VisitOutcome.OK, record.id, 0)
        assert state.etag and state.digest == record.provenance.page_digest
        pointer = bench.store.archive_index.pointer(record.id)
        assert pointer is not None
        assert (pointer.file, pointer.offset) == (record.provenance.warc_file, record.provenance.warc_offset)
        assert read(bench.folder, pointer).url == bench.url(one)
        assert record.provenance.run_id == RUN
    assert bench.store.runs.is_segment_done(f"{RUN}-000001.seg")
    assert bench.due == [(VisitOutcome.OK, 0, True)] * 4
    assert bench.store.check() == []


def test_the_same_bytes_are_not_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    monkeypatch.setattr(reading_module, "extract", lambda *_: pytest.fail("extracted again"))
    assert bench.take(bench.visit(one)) == {"not_modified": 1}
    assert bench.kinds() == [ChangeKind.CREATED]


def test_a_verdict_may_go_when_its_date_is_past_or_other_rules_reached_it(bench: Bench) -> None:
    one = next(a.id for a in bench.site.listed("hrsh") if a.access.status == "embargoed")
    bench.take(bench.visit(one))
    known = bench.record(one)
    read = known.model_copy(update={"access": AccessVerdict(as_of=START)})
    rules = known.provenance.rules
    assert lost(known, read, rules) == "the access verdict"
    assert lost(known, read, "other rules") is None
    assert known.access.embargo_until
    later = datetime.combine(known.access.embargo_until, time(), UTC)
    provenance = read.provenance.model_copy(update={"fetched_at": later})
    assert lost(known, read.model_copy(update={"provenance": provenance}), rules) is None


@pytest.mark.parametrize(
    ("header", "value", "told"),
    [
        ("x-robots-tag", "noarchive", ()),
        ("tdm-reservation", "1", ()),
        ("x-nothing", "1", ("tdm-reservation: 1",)),
    ],
)
def test_a_right_newly_stated_over_the_same_bytes_is_seen(
    bench: Bench, header: str, value: str, told: tuple[str, ...]
) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    again = bench.visit(one)
    assert again.page
    page = again.page.model_copy(update={"headers": (*again.page.headers, (header, value))})
    bench.take(again.model_copy(update={"page": page, "robots": told}))
    record = bench.record(one)
    assert record.provenance.archive == ("none" if value == "noarchive" else "cut")
    assert bool(record.abstracts) == (value == "noarchive")


def test_todays_rules_read_the_same_bytes_again(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    bench.source = bench.source.model_copy(update={"digest": "sha256:changed"})
    bench.another()
    assert bench.take(bench.visit(one))["unchanged"] == 1
    assert bench.record(one).provenance.source_digest == "sha256:changed"
    assert bench.kinds() == [ChangeKind.CREATED]


def test_a_new_footer_is_no_change_and_no_new_archive_entry(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before = bench.store.archive_index.pointer(bench.record(one).id)
    bench.site.restyle("Another footer")
    counts = bench.take(bench.visit(one))
    assert counts == {"ok": 1, "unchanged": 1}
    assert bench.store.archive_index.pointer(bench.record(one).id) == before
    assert bench.state(one).digest != bench.record(one).provenance.page_digest
    assert bench.due[-1] == (VisitOutcome.OK, 0, False)


def test_a_real_change_is_one_change_with_history(bench: Bench) -> None:
    one = next(a.id for a in bench.site.listed("hrsh") if a.access.status == "open" and not a.tdm and not a.robots)
    bench.take(bench.visit(one))
    bench.site.revise(one, access="subscription")
    counts = bench.take(bench.visit(one))
    assert counts["access_changed"] == 1
    assert bench.kinds()[0] is ChangeKind.CREATED
    assert ChangeKind.ACCESS_CHANGED in bench.kinds()
    assert [r.revision for r in bench.store.records.revisions(bench.record(one).id)] == [1, 2]


def test_not_modified_changes_nothing(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before = bench.state(one)
    assert bench.take(bench.failed(one, VisitOutcome.NOT_MODIFIED, "HTTP 304")) == {"not_modified": 1}
    after = bench.state(one)
    assert (after.digest, after.etag, after.record_id) == (before.digest, before.etag, before.record_id)
    assert bench.ingest.tally.seen["records"] == 2


@pytest.mark.parametrize(
    "outcome",
    [
        VisitOutcome.CHALLENGED,
        VisitOutcome.LOGIN,
        VisitOutcome.FORBIDDEN,
        VisitOutcome.DISALLOWED,
        VisitOutcome.TRUNCATED,
    ],
)
def test_a_refusal_leaves_the_record_as_it_was(bench: Bench, outcome: VisitOutcome) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before = bench.record(one)
    assert bench.take(bench.failed(one, outcome)) == {outcome.value: 1, "kept_old": 1}
    assert bench.record(one) == before
    assert (bench.state(one).outcome, bench.state(one).failures) == (outcome, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><head><title>Maintenance</title></head><body><p>Back soon.</p></body></html>",
        b"<html><body><form action=/login><input type=password name=p></form></body></html>",
        b"",
        b"%PDF-1.7 \x00\x01",
    ],
)
def test_a_page_that_is_no_article_any_more_leaves_the_record(bench: Bench, body: bytes) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before, state = bench.record(one), bench.state(one)
    counts = bench.take(bench.visit(one, body=body))
    assert counts["kept_old"] == 1
    assert "ok" not in counts
    assert bench.record(one) == before
    assert bench.state(one).digest == state.digest
    assert bench.take(bench.visit(one)) == {"not_modified": 1}


@pytest.mark.parametrize(
    ("emptied", "said"),
    [
        ({"titles": {}}, "titles"),
        ({"abstracts": {}}, "abstracts"),
        ({"access": AccessVerdict(as_of=START)}, "the access verdict"),
    ],
)
def test_a_page_that_says_nothing_of_a_field_any_more_leaves_the_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, emptied: dict[str, Any], said: str
) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before = bench.record(one)
    honest = reading_module.extract

    def extract(page: Page, source: Source) -> Extraction:
        found = honest(page, source)
        assert found.record
        return found._replace(record=found.record.model_copy(update=emptied))

    monkeypatch.setattr(reading_module, "extract", extract)
    bench.site.restyle("New clothes")
    assert bench.take(bench.visit(one)) == {"ok": 1, "kept_old": 1}
    assert bench.record(one) == before
    assert bench.state(one).detail == f"{said} no longer found"


def test_a_page_that_is_no_article_makes_no_record(bench: Bench) -> None:
    one = bench.ids[0]
    counts = bench.take(
        bench.visit(one, body=b"<html><head><title>About us</title></head><body>" + b"<p>We print.</p>" * 40)
    )
    assert counts == {"not_article": 1}
    assert list(bench.store.records.iter()) == []
    assert bench.store.archive_index.pointer(bench.url(one)) is None


def test_extraction_that_raises_is_a_result_and_the_batch_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = bench.ids[:2]
    honest = reading_module.extract

    def extract(page: Page, source: Source) -> Any:
        if page.url == bench.url(bad):
            raise RecursionError("too deep")
        return honest(page, source)

    monkeypatch.setattr(reading_module, "extract", extract)
    for tries in (1, 2, 3):
        counts = bench.take(bench.visit(bad), bench.visit(good))
        assert counts["wrong_content"] == 1
        state = bench.state(bad)
        assert (state.failures, state.due is None) == (tries, tries == 3)
        assert "RecursionError: too deep" in (state.detail or "")
    assert bench.record(good)


def test_a_page_that_ends_the_process_is_set_aside_after_three_tries(tmp_path: Path, bench: Bench) -> None:
    bad, good = bench.ids[:2]
    segment = tmp_path / "run-000001.seg"
    for _ in range(3):
        died = Quarantine(segment)
        assert died.admit(bench.url(good))
        assert died.admit(bench.url(bad))
    bench.ingest.take(segment.name, [bench.visit(good), bench.visit(bad)], Quarantine(segment))
    assert bench.ingest.tally.counts["quarantined"] == 1
    assert bench.record(good)
    assert "set aside" in (bench.state(bad).detail or "")
    Quarantine(segment).close()
    assert Quarantine(segment).admit(bench.url(bad))


def test_several_addresses_of_one_article_are_one_record(bench: Bench) -> None:
    one = bench.ids[0]
    longer = bench.url(one) + "/a-speaking-name"
    bench.take(bench.visit(one), bench.visit(one, url=longer, final_url=longer))
    bench.take(bench.visit(one, url=ADDRESS + "/old/place"))
    (record,) = bench.store.records.iter()
    assert {record.url, *record.aliases} >= {bench.url(one), longer, ADDRESS + "/old/place"}
    assert bench.kinds() == [ChangeKind.CREATED]


def on_disk(folder: Path, words: str) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            plain = gzip.decompress(data) if path.suffix == ".gz" else data
            found += [path.name] if words.encode() in plain else []
    return found


def words_of(bench: Bench, article_id: str) -> str:
    """Some words in a row from the middle of an article's first abstract."""
    text = next(iter(bench.site.expected(article_id).abstracts.values()))
    return " ".join(text.split()[8:13])


def test_without_a_basis_reserved_abstracts_are_nowhere_on_the_disk(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store)
    one = reserved(bench)
    counts = bench.take(bench.visit(one))
    assert (counts["reserved"], counts["abstracts_withheld"], counts["archive_cut"]) == (1, 1, 1)
    record = bench.record(one)
    assert record.titles
    assert not record.abstracts
    assert record.provenance.archive == "cut"
    assert record.rights.abstract_policy.basis == "none"
    bench.archive.sync()
    assert on_disk(tmp_path, words_of(bench, one)) == []


def test_on_the_basis_of_research_they_are_kept(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, rights=RightsRules(basis="research"))
    one = reserved(bench)
    bench.take(bench.visit(one))
    assert bench.record(one).abstracts
    assert bench.record(one).rights.abstract_policy.show == "signed_in"
    bench.archive.sync()
    assert on_disk(bench.folder, words_of(bench, one))


def test_a_basis_that_ends_takes_the_abstracts_with_the_next_visit(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, basis="research")
    one = reserved(bench)
    bench.take(bench.visit(one))
    assert bench.record(one).abstracts
    bench.another("none")
    bench.take(bench.visit(one))
    assert not bench.record(one).abstracts


def test_noarchive_keeps_no_body(bench: Bench) -> None:
    one = bench.ids[0]
    visit = bench.visit(one, headers=(("content-type", "text/html; charset=utf-8"), ("x-robots-tag", "noarchive")))
    assert bench.take(visit)["archive_none"] == 1
    record = bench.record(one)
    assert (record.provenance.archive, record.provenance.warc_file) == ("none", None)
    assert record.provenance.archive_reason == "robots: noarchive"
    assert bench.store.archive_index.pointer(record.id) is None


def test_no_address_of_a_person_reaches_record_or_archive(tmp_path: Path, bench: Bench) -> None:
    bench.take(*(bench.visit(one) for one in bench.ids))
    bench.archive.sync()
    assert any(b"mailto:" in bench.visit(one).page.body for one in bench.ids if bench.visit(one).page)  # type: ignore[union-attr]
    domain = next(
        body.split(b"mailto:")[1].split(b'"')[0].decode().partition("@")[2]
        for body in (bench.site.respond(bench.site.path(one)).body for one in bench.ids)
        if b"mailto:" in body and b"@" in body.split(b"mailto:")[1].split(b'"')[0]
    )
    assert on_disk(tmp_path, f"@{domain}") == []


def test_gone_makes_a_tombstone_at_the_end_of_the_run(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(*(bench.visit(other) for other in bench.ids))
    bench.take(
        bench.failed(one, VisitOutcome.GONE, "HTTP 410"), bench.failed(bench.ids[1], VisitOutcome.GONE, "HTTP 404")
    )
    assert bench.record(one).deleted_at is None
    bench.another()
    bench.take(
        bench.failed(one, VisitOutcome.GONE, "HTTP 410"), bench.failed(bench.ids[1], VisitOutcome.GONE, "HTTP 404")
    )
    assert bench.ingest.finish() == []
    assert bench.record(one).deletion_reason == "gone"
    assert bench.record(bench.ids[1]).deleted_at is None
    assert bench.ingest.tally.counts["deleted"] == 1
    assert bench.kinds()[-1] is ChangeKind.DELETED


def test_an_article_that_comes_back_is_restored(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    bench.take(bench.failed(one, VisitOutcome.GONE, "HTTP 410"))
    bench.another()
    bench.take(bench.failed(one, VisitOutcome.GONE, "HTTP 410"))
    bench.ingest.finish()
    assert bench.take(bench.visit(one))["restored"] == 1
    assert bench.record(one).deleted_at is None


def test_a_site_that_lost_its_articles_loses_no_record(bench: Bench) -> None:
    bench.take(*(bench.visit(one) for one in bench.ids))
    bench.another()
    bench.take(*(bench.failed(one, VisitOutcome.GONE, "HTTP 410") for one in bench.ids))
    (note,) = bench.ingest.finish()
    assert "no record was deleted" in note
    assert all(record.deleted_at is None for record in bench.store.records.iter())


def test_few_missing_pages_are_no_redesign() -> None:
    graves = Graveyard(missing={"a", "b", "c", "d"})
    assert not graves.is_redesign(5)
    graves.missing.add("e")
    assert graves.is_redesign(5)
    assert not graves.is_redesign(25)
    graves.note_alive("e")
    assert not graves.is_redesign(5)


def test_a_record_removed_on_request_never_returns(tmp_path: Path, bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    bench.store.purge(bench.folder, bench.record(one).id, "legal", bench.now)
    words = words_of(bench, one)
    assert bench.take(bench.visit(one)) == {"ok": 1, "skipped": 1}
    other = bench.url(one) + "/again"
    assert bench.take(bench.visit(one, url=other, final_url=other))["skipped"] == 1
    assert bench.record(one).deletion_reason == "legal"
    bench.archive.sync()
    assert on_disk(bench.folder, words) == []


def test_a_lost_lease_stores_nothing(bench: Bench) -> None:
    with bench.store.begin() as unit:
        bench.store.runs.open(unit, bench.source.id, "another", Owner("here", 2, "y"), START, 60, lambda owner: False)
    with pytest.raises(LeaseLostError):
        bench.take(bench.visit(bench.ids[0]))
    assert list(bench.store.records.iter()) == []
    assert bench.store.changes.head() == 0
