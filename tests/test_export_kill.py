"""An export that is killed in the middle leaves the old one as it was."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENDLESS = """
import sys, time
from pathlib import Path
from harvester.cli.writing import to_file
from harvester.formats.jsonl import line
sys.path.insert(0, "tests/storage")
from made import make_record

def lines():
    for number in range(10**6):
        yield line(make_record(number))
        if number == 2000:
            print("in the middle", flush=True)
            time.sleep(60)

to_file(lines(), Path(sys.argv[1]))
"""


@pytest.mark.fault(11)
def test_kill_9_leaves_the_old_export(tmp_path: Path) -> None:
    export = tmp_path / "records.jsonl"
    export.write_text("the old one\n")
    writing = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(export)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writing.stdout
    assert writing.stdout.readline() == "in the middle\n"
    writing.kill()
    writing.communicate()
    assert export.read_text() == "the old one\n"
