"""Which records become tombstones."""

import pytest
from workbench import Bench

from harvester.ingest.burial import Graveyard
from harvester.model.page import VisitOutcome
from harvester.model.run import ChangeKind


@pytest.mark.fault(60)
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


@pytest.mark.fault(62)
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
