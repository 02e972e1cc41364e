"""An operator's verdict is above what pages say: no visit and no replay undoes it, and none takes it for a loss."""

import pytest
from test_replay_withheld import replay
from workbench import Bench

from harvester.ingest import reading as reading_module
from harvester.model.access import AccessStatus
from harvester.model.override import Override


def correct(bench: Bench, article: str, status: str) -> None:
    wanted = {"id": 0, "record_id": bench.record(article).id, "status": status, "by": "ann", "reason": "I asked"}
    override = Override.model_validate(wanted | {"at": bench.now})
    bench.store.transact(lambda unit: bench.store.overrides.set(unit, override))


def test_visits_and_replays_leave_it_and_see_what_the_page_says(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    said = bench.record(one).access
    assert said.status is AccessStatus.OPEN
    correct(bench, one, "subscription")
    over = bench.record(one)
    assert bench.take(bench.visit(one))["not_modified"] == 1  # the same bytes
    bench.site.restyle("New clothes")
    assert bench.take(bench.visit(one))["unchanged"] == 1  # the same words
    assert bench.record(one).access == over.access
    honest = reading_module.extract

    def mute(page, source):  # type: ignore[no-untyped-def]
        found = honest(page, source)
        nothing = type(said)(as_of=found.record.access.as_of)
        return found._replace(record=found.record.model_copy(update={"access": nothing}))

    monkeypatch.setattr(reading_module, "extract", mute)
    bench.site.restyle("Newer clothes")
    assert bench.take(bench.visit(one))["kept_old"] == 1  # a verdict that is lost is still told from one that is not
    monkeypatch.undo()
    assert "kept_old" not in {page.effect for page in replay(bench, "none")}
    assert bench.record(one).access == over.access
