"""Works, the past of records and redaction, as users of the command line meet them."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fresh import store_at

from harvester.cli import main
from harvester.model.access import AccessVerdict
from harvester.model.record import Contributor, Identifier, LangText, Provenance, Record, record_id
from storage.store import Store

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def harvester(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setenv("HARVESTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", line_buffering=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", line_buffering=True))

    def call(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def article(source: str, doi: str | None, **more: Any) -> Record:
    url = f"https://{source}.example/1"
    identity = record_id(source, url)
    values: dict[str, Any] = {
        "titles": {"en": LangText(value="How one article came to stand at several places", language="en")},
        "contributors": (Contributor(name="Ann Dupont", family="Dupont", given="Ann", order=1),),
        "identifiers": (Identifier(scheme="doi", value=doi, raw=doi),) if doi else (),
        "access": AccessVerdict(as_of=MOMENT),
        "provenance": Provenance(url=url, fetched_at=MOMENT, page_digest="sha256:0", rules="1"),
    }
    return Record(id=identity, work_id=identity, source_id=source, url=url, **values | more)


ONE, TWO, THREE = article("one", "10.1000/a"), article("two", "10.1000/a"), article("three", None)


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[Store]:
    with store_at(f"sqlite:///{tmp_path}/data/harvester.db") as opened:
        with opened.begin() as unit:
            opened.records.save(unit, [ONE, TWO, THREE], run_id=None, now=MOMENT)
        yield opened


def test_works_of_several_records_are_listed_and_shown_with_what_joined_them(harvester: Command) -> None:
    code, out, _ = harvester("works", "list", "--json")
    assert (code, json.loads(out)) == (0, {"work_id": ONE.id, "records": [ONE.id, TWO.id]})
    assert ONE.id in harvester("works", "list")[1]
    shown = json.loads(harvester("works", "show", TWO.id, "--json")[1])
    assert [one["id"] for one in shown["records"]] == [ONE.id, TWO.id]
    assert [one["basis"] for one in shown["merges"]] == ["doi"]
    assert "by doi" in harvester("works", "show", ONE.id)[1]


def test_the_queue_says_why_and_takes_an_answer(harvester: Command) -> None:
    code, out, _ = harvester("works", "review", "--json")
    pairs = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and {THREE.id} == set.intersection(*({one["a"], one["b"]} for one in pairs)) - {ONE.id, TWO.id}
    assert "the same title" in pairs[0]["why"][0]
    assert "1 of 1 authors agree" in harvester("works", "review")[1]
    assert harvester("works", "merge", THREE.id, TWO.id, "--reason", "seen")[0] == 0
    assert "nothing to review" in harvester("works", "review")[1]
    code, out, _ = harvester("works", "split", THREE.id, "--reason", "not so")
    assert (code, THREE.id in out) == (0, True)
    assert "undone" in harvester("works", "show", ONE.id)[1]
    assert harvester("works", "review", "--json")[1] == ""


def test_a_rejected_pair_is_gone(harvester: Command) -> None:
    harvester("works", "review")
    for other in (ONE, TWO):
        assert harvester("works", "reject", other.id, THREE.id)[0] == 0
    assert "nothing to review" in harvester("works", "review")[1]


@pytest.mark.parametrize(
    "command",
    [
        ("show", "nobody"),
        ("split", "nobody", "--reason", "r"),
        ("split", THREE.id, "--reason", "r"),
        ("merge", ONE.id, "nobody", "--reason", "r"),
        ("reject", ONE.id, TWO.id),
        ("merge", ONE.id, TWO.id),
    ],
)
def test_wrong_use_is_told(harvester: Command, command: tuple[str, ...]) -> None:
    code, _, err = harvester("works", *command)
    assert code == 2 and err


@pytest.fixture
def changed(store: Store) -> str:
    """A record with a second revision, two days after the first."""
    update = {"titles": {"en": LangText(value="How one article came to move", language="en")}}
    with store.begin() as unit:
        later = MOMENT + timedelta(days=2)
        store.records.save(unit, [THREE.model_copy(update=update)], run_id="run-2", now=later)
    return THREE.id


def test_what_differs_between_revisions_is_told(harvester: Command, changed: str) -> None:
    code, out, _ = harvester("records", "diff", changed)
    assert code == 0 and "titles.value (en)" in out and "+ How one article came to move" in out
    (one,) = json.loads(harvester("records", "diff", changed, 1, 2, "--json")[1])
    assert (one["language"], one["new"]) == ("en", "How one article came to move")
    assert "nothing differs" in harvester("records", "diff", ONE.id)[1]
    assert harvester("records", "diff", changed, 1)[0] == harvester("records", "diff", changed, 1, 7)[0] == 2


def test_a_record_is_shown_as_of_a_day(harvester: Command, changed: str) -> None:
    assert "at several places" in harvester("records", "show", changed, "--as-of", "2026-01-03")[1]
    assert "came to move" in harvester("records", "show", changed, "--as-of", "2026-01-04")[1]
    assert "at several places" in harvester("records", "show", changed, "--as-of", "2026-01-04T03:04:04Z")[1]
    for day in ("2025-01-01", "yesterday", "2026-13-01"):
        assert harvester("records", "show", changed, "--as-of", day)[0] == 2


def test_the_past_of_a_record_names_runs_changes_and_verdicts(harvester: Command, changed: str) -> None:
    code, out, _ = harvester("records", "history", changed)
    assert code == 0 and "run-2" in out and "updated" in out
    past = json.loads(harvester("records", "history", changed, "--json")[1])
    assert [one["revision"] for one in past["revisions"]] == [1, 2]
    assert [one["kind"] for one in past["changes"]] == ["created", "updated"]
    assert past["verdicts"][0]["status"] == "unknown"
    assert harvester("records", "history", "nobody")[0] == 2


def test_a_person_is_redacted_after_a_dry_run_said_what_goes(harvester: Command, store: Store) -> None:
    command = ("records", "redact-person", "Dupont, Ann", "--reason", "asked", "--record", ONE.id)
    code, out, _ = harvester(*command, "--dry-run", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["dry_run"], [one["record_id"] for one in told["records"]]) == (True, [ONE.id])
    kept = store.records.get(ONE.id)
    assert kept and kept.contributors
    assert "1 records" in harvester(*command)[1]
    cut, spared = store.records.get(ONE.id), store.records.get(TWO.id)
    assert cut and spared and (cut.contributors, len(spared.contributors)) == ((), 1)
    assert "2 records" in harvester("records", "redact-person", "Ann Dupont", "--reason", "asked")[1]


@pytest.mark.parametrize("name", ["Dupont", "", "  "])
def test_half_a_name_is_refused(harvester: Command, name: str) -> None:
    assert harvester("records", "redact-person", name, "--reason", "asked")[0] == 2
