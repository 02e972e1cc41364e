"""What a batch of visits leaves behind."""

from datetime import UTC, datetime, time

import pytest
from workbench import RUN, START, Bench

from harvester.ingest import LeaseLostError
from harvester.ingest import reading as reading_module
from harvester.ingest.reading import lost
from harvester.model.access import AccessVerdict
from harvester.model.page import VisitOutcome
from harvester.model.run import ChangeKind
from storage.archive import read
from storage.runs import Owner


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
    assert [(each.outcome, each.failures, each.news) for each in bench.due] == [(VisitOutcome.OK, 0, True)] * 4
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
@pytest.mark.fault(79)
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


@pytest.mark.fault(58)
def test_a_new_footer_is_no_change_and_no_new_archive_entry(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before = bench.store.archive_index.pointer(bench.record(one).id)
    bench.site.restyle("Another footer")
    counts = bench.take(bench.visit(one))
    assert counts == {"ok": 1, "unchanged": 1}
    assert bench.store.archive_index.pointer(bench.record(one).id) == before
    assert bench.state(one).digest != bench.record(one).provenance.page_digest
    assert (bench.due[-1].outcome, bench.due[-1].failures, bench.due[-1].news) == (VisitOutcome.OK, 0, False)


@pytest.mark.fault(59)
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


def test_a_lost_lease_stores_nothing(bench: Bench) -> None:
    with bench.store.begin() as unit:
        bench.store.runs.open(unit, bench.source.id, "another", Owner("here", 2, "y"), START, 60, lambda owner: False)
    with pytest.raises(LeaseLostError):
        bench.take(bench.visit(bench.ids[0]))
    assert list(bench.store.records.iter()) == []
    assert bench.store.changes.head() == 0


@pytest.mark.fault(78)
def test_a_reservation_that_comes_while_pages_answer_304_has_them_sent_again(bench: Bench) -> None:
    one = bench.ids[0]
    visit = bench.visit(one, headers=(("content-type", "text/html"), ("etag", '"1"')))
    bench.take(visit)
    unread = bench.failed(one, VisitOutcome.NOT_MODIFIED)
    bench.take(unread)
    assert bench.state(one).etag == '"1"'
    bench.take(unread.model_copy(update={"robots": ("tdm-reservation: 1",)}))
    state = bench.state(one)
    assert (state.etag, state.digest, state.due) == (None, None, bench.now)
