"""Updates that would take from records what they had wait for the end of the Run; rights never wait."""

from workbench import Bench

from harvester.ingest import reading as reading_module
from harvester.ingest.holding import LEAST_LOST, MOST_HELD, Holding

NO_KEYWORDS: dict[str, object] = {"keywords": {}}


def lose(monkeypatch, bench: Bench, *headers: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    """From now on no page shows keywords any more."""
    honest = reading_module.extract

    def extract(page, source):  # type: ignore[no-untyped-def]
        found = honest(page, source)
        return found._replace(record=found.record.model_copy(update=NO_KEYWORDS))

    monkeypatch.setattr(reading_module, "extract", extract)
    bench.site.restyle("New clothes")


def test_a_loss_waits_for_the_end_of_the_run(bench: Bench, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before = bench.record(one)
    assert before.keywords
    lose(monkeypatch, bench)
    assert bench.take(bench.visit(one))["held"] == 1
    assert bench.record(one) == before
    assert bench.state(one).due == bench.state(one).visited_at
    assert bench.ingest.settle() == []
    assert bench.record(one).keywords == {}
    assert bench.ingest.tally.counts["held"] == 0
    assert bench.ingest.tally.counts["updated"] == 1
    assert bench.state(one).digest == bench.record(one).provenance.page_digest


def test_another_page_that_has_it_all_ends_the_wait(bench: Bench, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    one = bench.ids[0]
    bench.take(bench.visit(one))
    with monkeypatch.context() as patch:
        lose(patch, bench)
        bench.take(bench.visit(one))
    bench.site.restyle("Newest clothes")
    bench.take(bench.visit(one))
    bench.ingest.settle()
    assert bench.record(one).keywords


def test_rights_that_have_changed_hold_even_where_the_page_has_lost_something(bench: Bench, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    one = bench.ids[0]
    bench.take(bench.visit(one))
    before = bench.record(one)
    assert before.abstracts
    lose(monkeypatch, bench)
    visit = bench.visit(one)
    bench.take(visit.model_copy(update={"robots": ("tdm-reservation: 1",)}))
    after = bench.record(one)
    assert after.keywords == before.keywords
    assert (after.abstracts, after.rights.abstract_policy.keep) == ({}, False)


def test_drift_is_a_matter_of_share_and_number() -> None:
    def drifted(lost: int, had: int, **earlier: int) -> bool:
        holding = Holding({name.replace("_", ":"): count for name, count in earlier.items()})
        holding.settle({"had:doi": had, "lost:doi": lost})
        return holding.drifted == {"doi"}

    assert not drifted(LEAST_LOST - 1, LEAST_LOST - 1)
    assert drifted(LEAST_LOST, LEAST_LOST)
    assert not drifted(20, 100)
    assert drifted(21, 100)
    assert drifted(1, 1, had_doi=2, lost_doi=2)
    assert not drifted(1, 1, had_doi=50, lost_doi=2)


def test_what_is_held_is_bounded() -> None:
    holding = Holding()
    assert not holding.is_full()
    holding.held = dict.fromkeys(map(str, range(MOST_HELD)))  # type: ignore[assignment]
    assert holding.is_full()
