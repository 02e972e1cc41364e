"""An operator's verdict stands above every harvest until it ends; what is doubtful waits until somebody has looked."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from made import make_record
from sqlalchemy import text

from harvester.errors import UsageError
from harvester.model.access import AccessConflict, AccessStatus, AccessVerdict, Tier
from harvester.model.doubt import DoubtKind
from harvester.model.override import Override
from harvester.model.record import Record
from harvester.model.run import ChangeKind
from harvester.model.signal import Evidence
from storage.store import Store

HOUR = timedelta(hours=1)


def save(store: Store, record: Record, now: datetime) -> ChangeKind | None:
    (saved,) = store.transact(lambda unit: store.records.save(unit, [record], run_id="r", now=now))
    return saved.kind


def correct(store: Store, record: Record, now: datetime, status: str = "subscription", **more: Any) -> Override:
    about = {"id": 0, "record_id": record.id, "status": status, "by": "ann", "reason": "I asked", "at": now}
    wanted = Override.model_validate(about | more)
    return store.transact(lambda unit: store.overrides.set(unit, wanted))


def lift(store: Store, record: Record, now: datetime) -> Override:
    return store.transact(lambda unit: store.overrides.lift(unit, record.id, "bob", "mended", now))


def verdict(store: Store, record: Record) -> AccessVerdict:
    found = store.records.get(record.id)
    assert found
    return found.access


def saying(status: str, quote: str, *against: str, disputed: bool = False) -> AccessVerdict:
    """What a page says, and what it says against it."""
    words = [
        Evidence(vocabulary="page", name="sentence", quote=said, where="/html/body/p") for said in (quote, *against)
    ]
    conflicts = [
        AccessConflict(status=AccessStatus.FREE, tier=Tier.SENTENCE, rule="lexicon@1", evidence=one)
        for one in words[1:]
    ]
    return make_record().access.model_copy(
        update={
            "status": AccessStatus(status),
            "tier": Tier.SENTENCE,
            "evidence": (words[0],),
            "conflicts": tuple(conflicts),
            "disputed": disputed,
        }
    )


def test_harvests_go_on_below_it_and_its_end_brings_back_the_latest_they_read(store: Store, now: datetime) -> None:
    page = make_record(access=saying("free", "free for all"))
    save(store, page, now)
    done = correct(store, page, now + HOUR)
    over = verdict(store, page)
    assert (over.status, over.tier, over.operator) == ("subscription", Tier.OPERATOR, "ann: I asked")
    assert [(one.status, one.evidence.quote) for one in over.conflicts] == [("free", "free for all")]

    assert save(store, page, now + 2 * HOUR) is None
    later = make_record(access=saying("open", "under CC BY"), title="Mended")
    assert save(store, later, now + 3 * HOUR) is ChangeKind.UPDATED
    assert verdict(store, page).status == "subscription"
    stored = store.records.get(page.id)
    assert stored
    assert save(store, stored, now + 4 * HOUR) is None  # what was read from storage is not what the page says
    assert [one.access for one in store.overrides.as_read([stored])] == [later.access]

    ended = lift(store, page, now + 5 * HOUR)
    assert (ended.id, ended.ended_by, ended.ended_reason) == (done.id, "bob", "mended")
    assert verdict(store, page) == later.access
    kinds = [(one.kind, one.revision) for one in store.changes.since(0)]
    assert kinds == [("created", 1), ("access_changed", 2), ("updated", 3), ("access_changed", 4)]
    past = [one.operator or one.status.value for one in store.records.verdicts(page.id)]
    assert past == ["free", "ann: I asked", "open"]


def test_it_ends_with_its_last_day_and_nothing_is_fetched(store: Store, now: datetime) -> None:
    page = make_record(access=saying("free", "free for all"))
    save(store, page, now)
    correct(store, page, now, until=now.date())
    assert store.end_overrides(now + 12 * HOUR) == []
    assert verdict(store, page).status == "subscription"
    assert store.end_overrides(now + 24 * HOUR) == [page.id]
    assert verdict(store, page) == page.access
    assert store.end_overrides(now + 24 * HOUR) == []
    (ended,) = store.overrides.list(10, ended=True)
    assert (ended.ended_at, ended.ended_by) == (now + 24 * HOUR, None)
    assert store.changes.since(2)[0].kind is ChangeKind.ACCESS_CHANGED


def test_a_harvest_after_the_last_day_needs_no_scheduler(store: Store, now: datetime) -> None:
    page = make_record(access=saying("free", "free for all"))
    save(store, page, now)
    correct(store, page, now, until=now.date())
    assert save(store, page, now + 24 * HOUR) is ChangeKind.ACCESS_CHANGED
    assert verdict(store, page).status == "free"


def test_another_takes_the_place_of_the_first(store: Store, now: datetime) -> None:
    page = make_record(access=saying("free", "free for all"))
    save(store, page, now)
    correct(store, page, now)
    correct(store, page, now + HOUR, "no_fulltext", by="bob")
    assert [(one.status, one.ended_reason) for one in store.overrides.list(10, ended=True)] == [
        ("no_fulltext", None),
        ("subscription", "another override"),
    ]
    lift(store, page, now + 2 * HOUR)
    assert verdict(store, page) == page.access


def test_what_cannot_be_overridden_says_why(store: Store, now: datetime) -> None:
    page = make_record()
    with pytest.raises(UsageError, match="no record"):
        correct(store, page, now)
    save(store, page, now)
    with pytest.raises(UsageError, match="has passed"):
        correct(store, page, now, until=date(2020, 1, 1))
    with pytest.raises(UsageError, match="no override"):
        lift(store, page, now)
    store.transact(lambda unit: store.records.delete(unit, page.id, "gone", now))
    with pytest.raises(UsageError, match="deleted"):
        correct(store, page, now)


def test_a_purge_takes_it_along_and_a_deletion_does_not(store: Store, tmp_path: Any, now: datetime) -> None:
    page = make_record(access=saying("unknown", "free", "closed", disputed=True))
    save(store, page, now)
    correct(store, page, now)
    store.transact(lambda unit: store.records.delete(unit, page.id, "gone", now))
    lift(store, page, now)
    assert store.doubts.counts()[DoubtKind.DISPUTED] == 0
    store.purge(tmp_path / "archive", page.id, "legal", now)
    assert store.overrides.list(10, ended=True) == []


class TestDoubts:
    """The queue of verdicts to look at."""

    DISPUTED = saying("unknown", "free for all", "a subscription is needed", disputed=True)

    def test_what_is_confirmed_stays_away_until_its_evidence_changes(self, store: Store, now: datetime) -> None:
        page = make_record(access=self.DISPUTED)
        save(store, page, now)
        save(store, make_record(2, access=saying("subscription", "a subscription is needed", "free access")), now)
        save(store, make_record(3, access=saying("free", "free for all")), now)
        assert store.doubts.counts() == {DoubtKind.DISPUTED: 1, DoubtKind.CONTRADICTED: 1}
        (waiting,) = store.doubts.queue(DoubtKind.DISPUTED, 10)
        assert (waiting.record.id, waiting.doubt.since) == (page.id, now)

        store.transact(lambda unit: store.doubts.settle(unit, waiting.doubt, "ann", "nobody can tell", now + HOUR))
        assert store.doubts.queue(DoubtKind.DISPUTED, 10) == []
        save(store, page, now + 2 * HOUR)
        doubt = store.doubts.get(page.id)
        assert doubt
        assert (doubt.settled_by, doubt.settled_reason) == ("ann", "nobody can tell")
        save(store, make_record(access=saying("unknown", "free!", "a subscription", disputed=True)), now + 3 * HOUR)
        (again,) = store.doubts.queue(DoubtKind.DISPUTED, 10)
        assert again.doubt.since == now + 3 * HOUR
        with pytest.raises(UsageError, match="settled, or the page says something else"):
            store.transact(lambda unit: store.doubts.settle(unit, waiting.doubt, "ann", "an old page", now))
        save(store, make_record(access=saying("free", "free!")), now + 4 * HOUR)
        assert store.doubts.get(page.id) is None
        with pytest.raises(UsageError, match="settled, or the page says something else"):
            store.transact(lambda unit: store.doubts.settle(unit, again.doubt, "ann", "", now))

    def test_an_override_is_a_decision_and_its_end_opens_the_question_again(self, store: Store, now: datetime) -> None:
        page = make_record(access=self.DISPUTED)
        save(store, page, now)
        correct(store, page, now)
        save(store, page, now + HOUR)
        assert store.doubts.queue(DoubtKind.DISPUTED, 10) == []
        lift(store, page, now + 2 * HOUR)
        assert [one.record.id for one in store.doubts.queue(DoubtKind.DISPUTED, 10)] == [page.id]

    def test_it_is_read_a_page_at_a_time_from_the_index(self, store: Store, now: datetime) -> None:
        batch = [make_record(n, access=self.DISPUTED) for n in range(25)]
        store.transact(lambda unit: store.records.save(unit, batch, run_id="r", now=now))
        seen, after = [], None
        while page := store.doubts.queue(DoubtKind.DISPUTED, 10, after):
            after = page[-1].doubt
            seen += [one.record.id for one in page]
        assert sorted(seen) == sorted(record.id for record in batch)
        if store.engine_name == "sqlite":
            query = "EXPLAIN QUERY PLAN SELECT * FROM doubts WHERE kind = 'disputed' AND settled_at IS NULL"
            with store.snapshot() as connection:
                (plan,) = connection.execute(text(f"{query} ORDER BY since, record_id LIMIT 20")).all()
            assert "doubts_by_kind" in plan[3]
            assert "TEMP B-TREE" not in plan[3]
