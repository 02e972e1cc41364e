"""A process of its own reads segments ahead of the Run; what is stored is what the Run itself would have read."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from press import PAGES, Press, assert_whole

from harvester.ahead.segments import ReadPage, digest_of, read_ahead
from harvester.extraction.extract import Extraction
from harvester.model.page import Page, VisitOutcome
from harvester.model.run import Visit
from harvester.model.source import Source
from harvester.run import ahead as companies
from harvester.run import run_source
from harvester.run.ahead import Ahead
from harvester.settings import Settings
from storage.store import Store


class Watched(Ahead):
    """Remembers itself, and may be struck by a signal at every question."""

    made: list["Watched"] = []
    struck: signal.Signals | None = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.brought: dict[str, Extraction] = {}
        self.made.append(self)

    def ask(self, *args: Any) -> None:
        while self.struck and not self._pid:
            time.sleep(0.01)
        if self.struck:
            with suppress(ProcessLookupError):  # struck before
                os.kill(self._pid, self.struck)
        super().ask(*args)

    def answer(self, *args: Any) -> dict[str, Extraction] | None:
        found = super().answer(*args)
        self.brought |= found or {}
        return found


@pytest.fixture
def ahead(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of a Run that has its pages read ahead."""
    Watched.made = []
    monkeypatch.setattr(companies, "Ahead", Watched)
    yield settings.model_copy(update={"read_ahead": 2})
    assert not any(Path(f"/proc/{one._pid}").exists() for one in Watched.made)


def _said(store: Store) -> dict[str, Any]:
    """What the records say, without times and places."""
    fields = {"titles", "abstracts", "keywords", "contributors", "identifiers", "access", "container", "languages"}
    return {one.url: one.model_dump(include=fields, exclude={"access": {"as_of"}}) for one in store.records.iter()}


def test_the_records_are_those_that_the_run_itself_reads(
    store: Store, source: Source, ahead: Settings, settings: Settings, tmp_path: Path
) -> None:
    assert run_source(store, source, ahead).counts["created"] == PAGES
    assert_whole(store, ahead)
    assert sum(len(one.brought) for one in Watched.made) == PAGES
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})
    with Store.open(elsewhere.database_url, migrate=True) as other:
        run_source(other, source, elsewhere)
        assert _said(other) == _said(store)
    assert len(Watched.made) == 2


def test_only_what_has_changed_is_read(store: Store, source: Source, ahead: Settings, press: Press) -> None:
    run_source(store, source, ahead)
    press.edition[7] = "Access to the full text of this article requires a subscription."
    assert run_source(store, source, ahead, full=True).counts["not_modified"] == PAGES - 1
    assert [url for one in Watched.made[2:] for url in one.brought] == [f"{press.origin}/article/7"]


def test_the_same_bytes_are_not_read_again(source: Source) -> None:
    now = datetime.now(UTC)
    pages = [Page(url=url, final_url=url, body=b"<html><h1>A page</h1>", fetched_at=now) for url in ("a:1", "a:2")]
    visits = [Visit(run_id="r", url=page.url, outcome=VisitOutcome.OK, page=page, at=now) for page in pages]
    (said,) = read_ahead(visits, source, {"a:1": digest_of(pages[0]), "a:2": "sha256:other"})
    assert ReadPage.model_validate_json(said).url == "a:2"


def test_once_it_is_killed_the_run_reads_by_itself(
    store: Store, source: Source, ahead: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Watched, "struck", signal.SIGKILL)
    assert run_source(store, source, ahead).counts["created"] == PAGES
    assert_whole(store, ahead)
    assert [one.brought for one in Watched.made] == [{}, {}]
    assert "a process that reads ahead has ended" in caplog.text


def test_one_that_does_not_answer_is_killed(
    store: Store, source: Source, ahead: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(companies, "PATIENCE_S", 0.1)
    monkeypatch.setattr(Watched, "struck", signal.SIGSTOP)
    assert run_source(store, source, ahead).counts["created"] == PAGES
    assert_whole(store, ahead)
    assert "a process that reads ahead has not answered for 0.1 s" in caplog.text


def test_a_gap_leaves_time_enough(store: Store, source: Source, ahead: Settings, press: Press) -> None:
    slow = source.model_copy(update={"politeness": source.politeness.model_copy(update={"delay": 0.001})})
    run_source(store, slow, ahead)
    assert Watched.made == []
