"""What Prometheus is told: from the tables, the same from every process, and as much as can be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from exposition import OPENMETRICS, Scrape, scrape, table
from idle import Idle
from sqlalchemy import text

from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.record import LangText, Provenance, Record, record_id
from harvester.model.run import IMPORT_NOTE, RunOutcome
from harvester.model.schedule import Fire, FireState, Standing
from harvester.serving.app import make_app
from harvester.serving.server import Server
from storage.runs import Owner
from storage.store import Store

NOW = datetime.now(UTC)
ME = Owner("here", 7, "x")
GOOD = {"ok": 5, "gone": 1, "created": 4, "unchanged": 1, "excluded": 3}


def ran(store: Store, name: str, number: int, outcome: RunOutcome | None = RunOutcome.SUCCEEDED, *notes: str) -> None:
    """A Run of ten seconds; one without an outcome is still at work."""
    run_id, at, seen = f"{name}-{number}", NOW + timedelta(minutes=number), {"records": 5, "status:open": 3}
    with store.begin() as unit:
        store.runs.open(unit, name, run_id, ME, at, 60, lambda owner: False, notes)
        if outcome:
            store.runs.close(unit, run_id, outcome, GOOD, notes, at + timedelta(seconds=10), seen)
        else:
            store.runs.note_counts(unit, run_id, GOOD)


def record(number: int, status: str = "open") -> Record:
    url = f"https://valley.example/article/{number}"
    name = record_id("valley", url)
    return Record(
        id=name,
        work_id=name,
        source_id="valley",
        url=url,
        titles={"en": LangText(value=f"Valley {number}", language="en")},
        access=AccessVerdict(status=AccessStatus(status), as_of=NOW, decided_by="rule@1"),
        provenance=Provenance(url=url, fetched_at=NOW, page_digest="sha256:00", rules="1"),
    )


def save(store: Store, *records: Record) -> None:
    with store.begin() as unit:
        assert not any(one.error for one in store.records.save(unit, records, run_id=None, now=NOW))


@contextmanager
def served(store: Store, folder: Path, work: Idle | None = None) -> Iterator[str]:
    with Server(make_app(store, folder, work or Idle()), "127.0.0.1", 0) as server:
        yield server.url


@pytest.fixture
def asked(store: Store, tmp_path: Path) -> Iterator[str]:
    with served(store, tmp_path / "data", Idle(leads=True)) as url:
        yield url


def test_runs_add_up_while_they_work_and_after_a_restart(store: Store, asked: str, tmp_path: Path) -> None:
    ran(store, "valley", 1)
    ran(store, "moor", 1, RunOutcome.FAILED)
    first = scrape(asked)
    assert first.of("harvester_page_visits_total") == {
        "gone moor": 1, "ok moor": 5, "gone valley": 1, "ok valley": 5
    }  # fmt: skip
    assert first.of("harvester_records_saved_total") == {
        "created moor": 4, "unchanged moor": 1, "created valley": 4, "unchanged valley": 1
    }  # fmt: skip
    assert first.of("harvester_verdicts_total") == {"open moor": 3, "open valley": 3}
    assert first.of("harvester_runs_total") | {"harvest degraded valley": 0} == first.of("harvester_runs_total")
    assert first.of("harvester_runs_total")["harvest failed moor"] == 1
    assert first.of("harvester_run_duration_seconds_sum") == {"moor": 10, "valley": 10}
    success = (NOW + timedelta(minutes=1, seconds=10)).timestamp()
    assert first.of("harvester_source_last_success_timestamp_seconds") == {"valley": pytest.approx(success)}
    ran(store, "valley", 2, RunOutcome.SUCCEEDED, IMPORT_NOTE)
    ran(store, "valley", 3, None)
    ran(store, "moor", -9, RunOutcome.SUCCEEDED)  # a clock that was put back
    then = scrape(asked)
    assert then.of("harvester_page_visits_total")["ok valley"] == 10
    assert then.of("harvester_page_visits_total")["ok moor"] == 10
    assert then.of("harvester_runs_total")["import succeeded valley"] == 1
    assert then.of("harvester_run_duration_seconds_count") == {"moor": 2, "valley": 1}
    with served(store, tmp_path) as other:
        assert counters(scrape(other)) == counters(then)


def counters(found: Scrape) -> dict[str, float]:
    return {name: value for name, value in found.samples.items() if "_total" in name and "process" not in name}


def test_records_are_those_of_this_moment(store: Store, tmp_path: Path) -> None:
    save(store, record(1), record(2), record(3, "unknown"))
    store.search.catch_up()
    save(store, record(2, "unknown"), record(4))
    with store.begin() as unit:
        store.records.delete(unit, record(1).id, "gone", NOW)
    with served(store, tmp_path) as url:
        assert scrape(url).of("harvester_records") == {"open valley": 1, "unknown valley": 2}
    store.search.catch_up()
    with served(store, tmp_path) as url:
        found = scrape(url)
    assert found.of("harvester_records") == {"open valley": 1, "unknown valley": 2}
    assert found.samples["harvester_change_log_seq"] == store.figures.head() > 0


def test_what_waits_and_what_is_held(store: Store, tmp_path: Path) -> None:
    with store.begin() as unit:
        store.pages.discover(unit, "valley", [(f"https://valley.example/{n}", None) for n in range(7)], NOW)
        store.pages.discover(unit, "moor", [("https://moor.example/1", None)], NOW + timedelta(days=1))
        for number in range(102):
            store.hosts.hold(unit, f"h{number}.example", NOW + timedelta(hours=number + 1), "secret reason")
        store.hosts.hold(unit, "free.example", NOW - timedelta(hours=1), "over")
        fire = Fire(source_id="valley", at=NOW, state=FireState.QUEUED, claimed_by="us", claimed_at=NOW)
        store.schedules.claim(unit, fire)
    standings = [
        Standing(source_id="valley", rests=False, next_due=NOW, behind_s=12.5),
        Standing(source_id="moor", rests=True),
    ]
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "r1-000001.seg").write_bytes(b"12345")
    with served(store, tmp_path, Idle(age=4, stand=standings)) as url:
        found = scrape(url)
    assert found.of("harvester_pages_due") == {"moor": 0, "valley": 7}
    assert found.samples["harvester_hosts_held"] == 102
    held = found.of("harvester_host_hold_seconds")
    assert len(held) == 100
    assert 100 * 3600 < held["h101.example"] <= 102 * 3600
    assert "secret" not in found.text
    assert found.of("harvester_fires") == {"queued": 1, "running": 0}
    assert found.of("harvester_source_lag_seconds") == {"moor": 0, "valley": 12.5}
    assert found.of("harvester_source_rests") == {"moor": 1, "valley": 0}
    assert found.of("harvester_source_next_due_timestamp_seconds") == {"valley": pytest.approx(NOW.timestamp())}
    assert found.samples["harvester_spool_bytes"] == 5
    assert 0 <= found.samples["harvester_spool_oldest_seconds"] < 600
    assert (found.samples["harvester_leader"], found.samples["harvester_scheduler_look_age_seconds"]) == (0, 4)


def test_damage_costs_only_what_is_damaged(store: Store, asked: str) -> None:
    for number in range(3):
        ran(store, "valley", number)
    with store.begin() as unit:
        store.hosts.hold(unit, "h.example", NOW + timedelta(hours=1), "")
        store.hosts.hold(unit, "i.example", NOW + timedelta(hours=1), "")
        for words in (
            "UPDATE runs SET counts = 'no JSON' WHERE id = 'valley-0'",
            "UPDATE runs SET started_at = 'yesterday' WHERE id = 'valley-1'",
            "UPDATE hosts SET hold_until = 'for ever' WHERE host = 'h.example'",
            "INSERT INTO runs (id, source_id, outcome, started_at, counts, notes) VALUES ('x','y','?','?','[]','{}')",
            "DROP TABLE leaders",
            "DROP TABLE fires",
        ):
            unit.connection.execute(text(words))
    for _ in range(2):
        found = scrape(asked)
        assert found.samples["harvester_damaged_runs"] == 3
        assert found.of("harvester_page_visits_total")["ok valley"] == 5
        assert [*found.of("harvester_host_hold_seconds")] == ["i.example"]
        assert {part for part, failed in found.of("harvester_scrape_failed").items() if failed} == {"fires"}
        assert found.samples["harvester_up"] == 1


def test_a_database_that_is_away_is_told(
    store: Store, database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    ran(store, "valley", 1)
    with served(store, tmp_path, Idle(leads=True)) as url:
        assert scrape(url).samples["harvester_up"] == 1
        if database.startswith("sqlite"):
            store.close()
            for path in (tmp_path / "data").glob("harvester.db*"):
                path.write_bytes(b"no database")
        else:
            request.getfixturevalue("postgresql").shut(database)
        found = scrape(url)
    assert found.samples["harvester_up"] == 0
    assert found.samples["harvester_leader"] == 1
    assert not counters(found)
    assert "harvester_spool_bytes" in found.samples


def test_each_asks_for_the_format_it_reads(asked: str) -> None:
    assert scrape(asked).kind == "text/plain; version=0.0.4; charset=utf-8"
    found = scrape(asked, OPENMETRICS)
    assert found.kind.startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    assert found.text.endswith("# EOF\n")
    assert found.families <= table()
