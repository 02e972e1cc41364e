"""The archive read again: what is foreseen is what happens, once; nobody is asked; kill -9 leaves whole batches."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from press import PAGES, ROOT, Press, assert_whole
from warcio.archiveiterator import ArchiveIterator

from harvester.errors import BusyError
from harvester.model.access import AccessStatus
from harvester.model.run import REPLAY_NOTE, ChangeKind, RunOutcome
from harvester.model.source import AccessRules, ReadRules, Source
from harvester.run import run_source
from harvester.run.lease import is_alive, this_process
from harvester.run.replay import Replayed, replay_source
from harvester.settings import Settings
from storage.archive import read
from storage.store import Store

KILLED = """
import sys
from harvester.model.source import Source
from harvester.run import replay
from harvester.settings import Settings
from storage.store import Store

replay.BATCH = 4
settings = Settings.model_validate_json(sys.argv[1])
with Store.open(settings.database_url) as store:
    replay.replay_source(store, Source.model_validate_json(sys.argv[2]), settings,
                         lambda one: (print(one.page.effect, flush=True), input()), dry_run=False)
"""


def replayed(store: Store, source: Source, settings: Settings, *, dry: bool = False) -> list[Replayed]:
    seen: list[Replayed] = []
    replay_source(store, source, settings, seen.append, dry_run=dry)
    return seen


def deaf(source: Source) -> Source:
    """The source under rules that hear no word about access."""
    return source.model_copy(update={"access": AccessRules(outside=(".access",)), "digest": "sha256:deaf"})


def on_disk(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*.warc.gz")}


def test_a_dry_run_names_every_change_and_writes_nothing(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    press.asked.clear()
    before = (store.changes.head(), store.runs.list(), on_disk(settings.data_dir))
    records = list(store.records.iter())
    seen = replayed(store, deaf(source), settings, dry=True)
    assert (store.changes.head(), store.runs.list(), on_disk(settings.data_dir)) == before
    assert list(store.records.iter()) == records
    assert press.asked == []
    assert len(seen) == PAGES
    for one in seen:
        assert (one.page.effect, one.page.kinds, one.saved) == ("changed", (ChangeKind.ACCESS_CHANGED,), None)
        assert one.page.why == ("the seed files of the source",)
        status = next(change for change in one.page.fields if change.field == "access.status")
        assert (status.old, status.new) == ("open", "unknown")
        assert one.page.verdict
        assert one.page.verdict[1] == "none"


def test_a_replay_makes_exactly_the_foreseen_changes_and_only_once(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    press.asked.clear()
    head = store.changes.head()
    foreseen = {one.page.record_id: one.page.kinds for one in replayed(store, deaf(source), settings, dry=True)}
    replayed(store, deaf(source), settings)
    logged = store.changes.since(head)
    assert {change.record_id: (change.kind,) for change in logged} == foreseen
    assert len(logged) == PAGES
    for record in store.records.iter():
        assert (record.revision, record.access.status) == (2, AccessStatus.UNKNOWN)
        assert [verdict.status for verdict in store.records.verdicts(record.id)] == ["open", "unknown"]
        assert record.provenance.source_digest == "sha256:deaf"
        pointer = store.archive_index.pointer(record.id)
        assert pointer
        assert record.provenance.page_digest
        assert read(settings.data_dir / "archive", pointer).url == record.url
    assert {one.page.effect for one in replayed(store, deaf(source), settings)} == {"unchanged"}
    assert store.changes.head() == head + PAGES
    assert press.asked == []
    latest = store.runs.list()[0]
    assert (latest.outcome, latest.notes, latest.counts) == (RunOutcome.SUCCEEDED, (REPLAY_NOTE,), {"unchanged": PAGES})
    assert store.check() == []


def test_the_same_rules_change_nothing(store: Store, source: Source, settings: Settings) -> None:
    run_source(store, source, settings)
    head = store.changes.head()
    assert Counter(one.page.effect for one in replayed(store, source, settings)) == {"unchanged": PAGES}
    assert store.changes.head() == head


def test_only_the_record_that_a_rule_touches_changes(store: Store, source: Source, settings: Settings) -> None:
    run_source(store, source, settings)
    head = store.changes.head()
    rule = ReadRules(boilerplate=(r"In valley number 7 the old sayings",))
    other = source.model_copy(update={"read": rule, "digest": "sha256:other"})
    seen = [one for one in replayed(store, other, settings) if one.page.effect != "renewed"]
    (changed,) = seen
    assert [change.field for change in changed.page.fields] == ["abstracts.en.value"]
    (change,) = store.changes.since(head)
    assert (change.record_id, change.kind, change.revision) == (changed.page.record_id, ChangeKind.UPDATED, 2)
    assert {one.page.effect for one in replayed(store, other, settings)} == {"unchanged"}


def test_nothing_read_any_more_is_no_reason_to_lose_it(store: Store, source: Source, settings: Settings) -> None:
    run_source(store, source, settings)
    records = list(store.records.iter())
    rule = ReadRules(boilerplate=(r"(?s).+",))
    seen = replayed(store, source.model_copy(update={"read": rule, "digest": "sha256:greedy"}), settings)
    assert {(one.page.effect, one.page.reason) for one in seen} == {("kept_old", "abstracts no longer found")}
    assert list(store.records.iter()) == records


def test_a_page_that_cannot_be_read_is_told_and_the_others_go_on(
    store: Store, source: Source, settings: Settings
) -> None:
    run_source(store, source, settings)
    entry = next(store.archive_index.iterate(source.id))
    with (settings.data_dir / "archive" / entry.pointer.file).open("r+b") as file:
        file.seek(entry.pointer.offset)
        file.write(b"broken")
    effects = Counter(one.page.effect for one in replayed(store, deaf(source), settings))
    assert effects == {"unreadable": 1, "changed": PAGES - 1}


def test_a_replay_does_not_run_beside_a_run(store: Store, source: Source, settings: Settings) -> None:
    run_source(store, source, settings, limit=1)
    now = store.runs.list()[0].started_at.replace(year=2100)
    with store.begin() as unit:
        store.runs.open(unit, source.id, "at-work", this_process(), now, 60, is_alive)
    with pytest.raises(BusyError, match="at-work"):
        replayed(store, source, settings)
    assert len(replayed(store, source, settings, dry=True)) == 1


def test_a_failed_replay_closes_its_run_and_keeps_what_it_stored(
    store: Store, source: Source, settings: Settings
) -> None:
    run_source(store, source, settings)

    def broken_pipe(one: Replayed) -> None:
        raise BrokenPipeError("nobody listens")

    with pytest.raises(BrokenPipeError):
        replay_source(store, deaf(source), settings, broken_pipe, dry_run=False)
    assert store.runs.list()[0].outcome is RunOutcome.FAILED
    assert {one.page.effect for one in replayed(store, deaf(source), settings)} == {"unchanged"}


@pytest.mark.slow
def test_kill_9_leaves_whole_batches_and_the_next_replay_ends_the_work(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    press.asked.clear()
    head = store.changes.head()
    command = [sys.executable, "-c", KILLED, settings.model_dump_json(), deaf(source).model_dump_json()]
    for batches in (1, 2, 3):
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdin and running.stdout
            running.stdin.write("go on\n" * (4 * batches + 3))
            running.stdin.flush()
            for _ in range(4 * batches):
                assert running.stdout.readline()
            running.kill()
        assert store.check() == []
        assert (store.changes.head() - head) % 4 == 0
    assert 0 < store.changes.head() - head < PAGES, "killed in the middle"
    replayed(store, deaf(source), settings)
    changed = [change.record_id for change in store.changes.since(head)]
    assert sorted(changed) == sorted(record.id for record in store.records.iter())
    assert store.check() == []
    assert press.asked == []


@pytest.mark.fault(56)
def test_pages_found_unchanged_are_archived_as_revisits_and_read_again_from_where_they_stand(
    store: Store, source: Source, settings: Settings, press: Press
) -> None:
    run_source(store, source, settings)
    second = run_source(store, source, settings, full=True)
    assert second.counts["not_modified"] == PAGES
    (path,) = (settings.data_dir / "archive" / source.id).glob(f"{second.id}-*.warc.gz")
    with path.open("rb") as file:
        kinds = Counter(record.rec_type for record in ArchiveIterator(file, check_digests="raise"))
    assert kinds == {"warcinfo": 1, "revisit": PAGES}
    assert path.stat().st_size < 1_000 * PAGES
    assert_whole(store, settings)
    assert {one.page.effect for one in replayed(store, source, settings)} == {"unchanged"}
    run_source(store, source, settings, full=True)
    assert path.exists(), "the start of a run cuts nothing off that was committed"
    assert_whole(store, settings)
