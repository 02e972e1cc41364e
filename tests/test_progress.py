"""What is told while a Run is at work."""

import pytest

from harvester.cli.progress import TROUBLES, progress
from harvester.model.page import VisitOutcome
from harvester.run import Progress


def test_without_a_terminal_plain_lines_say_how_far_each_source_is(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {"ok": 5, "created": 4, "unchanged": 1, "forbidden": 2}
    seen = Progress("run", 7, 3, 10, counts, 10, {"journal.example": 4.6})
    with progress() as watch:
        watch("one", seen)
        watch("one", seen)
        watch("two", seen)
    said = capsys.readouterr()
    assert said.out == ""
    words = "7 pages visited (0.0/s), 3 waiting, 5 records, forbidden 2, journal.example again in 5 s"
    assert said.err.splitlines() == [f"one: {words}", f"two: {words}"]


def test_every_outcome_that_is_told_exists() -> None:
    good = {VisitOutcome.OK, VisitOutcome.NOT_MODIFIED, VisitOutcome.REDIRECTED}
    assert set(TROUBLES) == {outcome.value for outcome in VisitOutcome} - good
