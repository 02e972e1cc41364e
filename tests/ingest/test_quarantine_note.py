"""Only what ends the process while a page is being read counts against that page."""

from pathlib import Path

from harvester.ingest import Quarantine
from harvester.ingest.quarantine import TRIES

URL = "https://journal.example/article/1"


def test_a_process_killed_after_the_page_was_read_counts_for_nothing(tmp_path: Path) -> None:
    for _ in range(TRIES + 2):
        killed_later = Quarantine(tmp_path / "1.seg")
        assert killed_later.admit(URL)
        killed_later.done()


def test_a_page_that_ends_the_process_each_time_is_set_aside(tmp_path: Path) -> None:
    for _ in range(TRIES):
        assert Quarantine(tmp_path / "1.seg").admit(URL)
    assert not Quarantine(tmp_path / "1.seg").admit(URL)
