"""What earlier Runs were like, and when a Run falls short of it: never by chance, always when a field is gone."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.ingest.measures import FIELDS
from harvester.model.run import Run, RunOutcome
from harvester.model.source import Expectations
from harvester.run.baseline import ACCEPTED, chance_of_at_most, falls, learnable, lost_lately, unvarying

START = datetime(2026, 3, 1, tzinfo=UTC)
PLAIN = Expectations()


def run(day: int, outcome: RunOutcome = RunOutcome.SUCCEEDED, **seen: int) -> Run:
    at = START + timedelta(days=day)
    return Run(id=f"run-{day}", source_id="valley", outcome=outcome, started_at=at, ended_at=at, seen=seen)


def fell(seen: dict[str, int], earlier: list[Run], expect: Expectations = PLAIN) -> list[str]:
    return [str(one) for one in falls(seen, earlier, expect)]


def test_noise_raises_no_alarm() -> None:
    chance, alarms, judged = random.Random(7), 0, 0
    for _ in range(200):
        shares = {name: chance.choice((1.0, 0.99, 0.9, 0.7, 0.5, 0.2, 0.0)) for name in FIELDS}
        earlier: list[Run] = []
        for day in range(11):
            records = chance.choice((1, 3, 5, 8, 20, 60, 300))
            seen = {name: sum(chance.random() < share for _ in range(records)) for name, share in shares.items()}
            if day > 5:
                judged += 1
                alarms += bool(falls({"records": records, **seen}, earlier, PLAIN))
            earlier.insert(0, run(day, records=records, **seen))
    assert judged == 1000
    assert alarms < 5


@pytest.mark.parametrize(("share", "records"), [(1.0, 5), (0.95, 6), (0.8, 8), (0.6, 12)])
def test_a_fall_to_nothing_is_seen_in_a_few_records(share: float, records: int) -> None:
    earlier = [run(day, records=100, keywords=round(100 * share)) for day in (2, 1, 0)]
    assert fell({"records": records}, earlier) == [
        f"keywords: from {share:.0%} to 0% of {records} records read, since this run"
    ]


@given(st.integers(5, 500), st.integers(5, 60), st.data())
def test_what_is_as_it_was_never_falls(records: int, before: int, data: st.DataObject) -> None:
    had = data.draw(st.integers(0, before))
    earlier = [run(day, records=before, doi=had) for day in range(4)]
    now = -(-records * had // before)
    assert fell({"records": records, "doi": now}, earlier) == []


@given(st.integers(1, 300), st.floats(0.01, 0.99))
def test_chances_grow_with_the_count_and_end_at_one(of: int, share: float) -> None:
    chances = [chance_of_at_most(count, of, share) for count in range(of + 1)]
    assert chances == sorted(chances)
    assert chances[-1] == 1.0


def test_a_first_run_and_a_handful_of_records_say_nothing() -> None:
    assert fell({"records": 500}, []) == []
    assert fell({"records": 500}, [run(0, records=9, doi=9)]) == []
    assert fell({"records": 4}, [run(0, records=500, doi=500)]) == []


def test_degraded_runs_teach_nothing_and_tell_since_when() -> None:
    good, bad = run(0, records=50, doi=50), RunOutcome.DEGRADED
    earlier = [run(3, records=2), run(2, bad, records=50), run(1, bad, records=50, doi=1), good]
    assert [one.id for one in learnable(earlier)] == ["run-3", "run-0"]
    assert fell({"records": 50}, earlier) == ["DOI: from 100% to 0% of 50 records read, since 2026-03-02 (run run-1)"]


def test_what_the_operator_accepted_is_what_is_expected() -> None:
    accepted = run(3, **{ACCEPTED: 1})
    earlier = [accepted, run(2, RunOutcome.DEGRADED, records=50, **{"lost:doi": 50}), run(1, records=50, doi=50)]
    assert fell({"records": 50}, earlier) == []
    assert lost_lately(earlier) == {}
    assert fell({"records": 50}, [run(4, records=50, doi=50), *earlier]) == []
    better = [run(day, records=50, doi=50) for day in (7, 6, 5, 4)]
    assert len(fell({"records": 50}, [*better, *earlier])) == 1


def test_thresholds_win_over_what_was_learnt_and_it_can_be_switched_off() -> None:
    earlier = [run(0, records=50, doi=50, keywords=50)]
    assert len(fell({"records": 50}, earlier)) == 2
    assert len(fell({"records": 50}, earlier, Expectations(with_doi=0.0))) == 1
    assert fell({"records": 50}, earlier, Expectations(learned=False)) == []


def test_the_same_abstract_on_many_articles_is_a_fall_of_distinct_ones() -> None:
    earlier = [run(0, records=50)]
    assert fell({"records": 50, "duplicate_abstracts": 40}, earlier) == [
        "distinct abstracts: from 100% to 20% of 50 records read, since this run"
    ]
    assert fell({"records": 50, "duplicate_abstracts": 40}, [run(0, records=50, duplicate_abstracts=41)]) == []
    assert fell({"records": 50, "duplicate_abstracts": 40}, earlier, Expectations(duplicate_abstracts=0.9)) == []


def test_a_field_that_differed_and_no_longer_does() -> None:
    now = {"records": 30, "keywords": 30, "same:keywords": 30}
    assert list(unvarying(now, [run(0, records=30, keywords=30)], PLAIN)) == [
        "keywords: the same on all 30 articles that have any, since this run"
    ]
    always = run(0, records=30, keywords=30, **{"same:keywords": 30})
    assert list(unvarying(now, [always], PLAIN)) == []
    assert list(unvarying(now, [], PLAIN)) == []
