"""The demonstration as a newcomer runs it, and the commands it tells them to type next."""

import os
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from harvester.demo import make_fresh
from harvester.errors import UsageError

HARVESTER = [sys.executable, "-m", "harvester.cli"]


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder in which `harvester demo` has been run, and what it said."""
    folder = tmp_path_factory.mktemp("newcomer")
    # Settings of the user's own must not reach the demonstration.
    environment = os.environ | {"HARVESTER_TDM_BASIS": "research", "HARVESTER_DATA_DIR": str(folder / "elsewhere")}
    done = subprocess.run(
        [*HARVESTER, "demo"], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    return folder, done


@pytest.mark.fault(81)
def test_it_ends_well_and_shows_every_status_with_the_words(
    demonstrated: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, done = demonstrated
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("open", "free", "embargoed", "registration", "subscription", "no_fulltext", "unknown", "“"):
        assert word in done.stdout
    assert "for full texts, prints, exports or logins: 0" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["demo-data"]


def test_every_command_it_prints_works(demonstrated: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = demonstrated
    steps = done.stdout.partition("What to type next:\n")[2].splitlines()
    assert len(steps) >= 4
    for step in steps:
        next_step = subprocess.run(shlex.split(step), capture_output=True, text=True, cwd=folder, check=False)
        assert next_step.returncode == 0, (step, next_step.stderr)
        assert next_step.stdout or next_step.stderr
    assert (folder / "demo-data" / "records.jsonl").stat().st_size > 0


def test_it_is_served_with_its_records_and_a_way_to_sign_in(tmp_path: Path) -> None:
    serving = [*HARVESTER, "demo", "--serve", "--port", "0"]
    running = subprocess.Popen(serving, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path)
    assert running.stdout
    try:
        last = next(line for line in running.stdout if "nobody can sign in yet" in line)
        first, code = last.split()[-2:]
        with urllib.request.urlopen(first.rstrip(",").replace("/desk/begin", "/?q=lichens")) as page:
            assert "on slate roofs as a record of coal smoke" in page.read().decode()
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0
    finally:
        running.kill()
        running.stdout.close()
    assert len(code) == 32


def test_it_may_be_run_again_but_never_over_something_else(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    make_fresh(folder)
    (folder / "left-over").touch()
    make_fresh(folder)
    assert not (folder / "left-over").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").touch()
    with pytest.raises(UsageError, match="not empty"):
        make_fresh(mine)
    assert (mine / "thesis.txt").exists()
