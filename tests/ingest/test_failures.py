"""Good data outlive bad pages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from workbench import ADDRESS, START, Bench

from harvester.extraction.extract import Extraction
from harvester.ingest import Quarantine
from harvester.ingest import reading as reading_module
from harvester.model.access import AccessVerdict
from harvester.model.page import Page, VisitOutcome
from harvester.model.run import ChangeKind
from harvester.model.source import Source


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
@pytest.mark.fault(43, 44, 46)
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
@pytest.mark.fault(45, 63)
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


@pytest.mark.fault(45)
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
        assert (state.failures, state.due) == (tries, bench.now + timedelta(days=7) - timedelta(minutes=1))
        assert "RecursionError in test_failures.py, line " in (state.detail or "")
    said = bench.ingest.tally.first[VisitOutcome.WRONG_CONTENT]
    assert said.startswith(f"{bench.url(bad)}: extraction failed: RecursionError in ")
    assert "too deep" not in said, "the words of an error may be words of the page"
    assert bench.record(good)


@pytest.mark.fault(6)
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


@pytest.mark.fault(99)
def test_several_addresses_of_one_article_are_one_record(bench: Bench) -> None:
    one = bench.ids[0]
    longer = bench.url(one) + "/a-speaking-name"
    bench.take(bench.visit(one), bench.visit(one, url=longer, final_url=longer))
    bench.take(bench.visit(one, url=ADDRESS + "/old/place"))
    (record,) = bench.store.records.iter()
    assert {record.url, *record.aliases} >= {bench.url(one), longer, ADDRESS + "/old/place"}
    assert bench.kinds() == [ChangeKind.CREATED]


@pytest.mark.fault(49)
def test_an_address_that_leads_to_a_page_visited_there_becomes_an_alias(bench: Bench) -> None:
    one = bench.ids[0]
    here = ADDRESS + "/old/place"
    moved = bench.failed(one, VisitOutcome.REDIRECTED, bench.url(one)).model_copy(update={"url": here})
    assert bench.take(moved) == {"redirected": 1}
    bench.take(bench.visit(one))
    bench.ingest.name_moved()
    assert here in bench.record(one).aliases
    assert bench.kinds() == [ChangeKind.CREATED]


@pytest.mark.fault(49)
def test_where_a_redirect_led_to_has_been_visited_too(bench: Bench) -> None:
    one = bench.ids[0]
    here = ADDRESS + "/old/place"
    bench.take(bench.visit(one, url=here))
    state = bench.state(one)
    assert (state.outcome, state.record_id) == (VisitOutcome.OK, bench.record(one).id)
    old = bench.store.pages.get(bench.source.id, here)
    assert old is not None
    assert (old.outcome, old.detail, old.record_id) == (VisitOutcome.REDIRECTED, bench.url(one), state.record_id)


@pytest.mark.fault(99)
def test_what_a_site_adds_to_the_query_on_the_way_makes_no_other_page(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one, final_url=bench.url(one) + "?visit=81723"))
    assert bench.state(one).outcome is VisitOutcome.OK
    assert bench.store.pages.get(bench.source.id, bench.url(one) + "?visit=81723") is None


@pytest.mark.fault(99)
@pytest.mark.parametrize("together", [True, False])
def test_a_slash_at_the_end_makes_no_second_record(bench: Bench, together: bool) -> None:
    body = b"""<html lang="en"><head><meta name="citation_title" content="Weather lore of the upper valley">
        <meta name="citation_author" content="Merriweather, Ilse"><meta name="citation_journal_title" content="Annals">
        <meta name="citation_publication_date" content="2026/03/01"></head><body>
        <h1>Weather lore of the upper valley</h1>
        <h2>Abstract</h2><p>The old sayings about fog were written down by the miller's daughter, and each was held
        against the readings of the weather station for eleven years in a row.</p></body></html>"""
    urls = [ADDRESS + path for path in ("/notes/fog/", "/notes/fog")]
    visits = [bench.visit(bench.ids[0], url=url, final_url=url, body=body) for url in urls]
    for batch in [visits] if together else [[visit] for visit in visits]:
        bench.take(*batch)
    (record,) = bench.store.records.iter()
    assert (record.publisher_id, record.identity_doi) == (None, None)
    assert {record.url, *record.aliases} == set(urls)
    assert bench.kinds() == [ChangeKind.CREATED]


@pytest.mark.fault(92)
def test_a_canonical_link_to_another_host_is_not_the_records_address(bench: Bench) -> None:
    one = bench.ids[0]
    visit = bench.visit(one)
    assert visit.page
    foreign = b'<link rel="canonical" href="https://elsewhere.example/x"><base href="https://elsewhere.example/">'
    body = visit.page.body.replace(b"<head>", b"<head>" + foreign)
    assert body != visit.page.body
    bench.take(bench.visit(one, body=body))
    (record,) = bench.store.records.iter()
    assert record.url == bench.url(one)
    assert not any("elsewhere" in url for url in record.aliases)
