"""What is installed as a service: units, image, compose file, settings."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harvester.settings import described

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
BIN = Path(sys.executable).parent


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they stand on a machine that has the program and the user."""
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text().replace("/opt/harvester/bin/harvester", "/bin/true")
        text = re.sub(r"^(User|Group)=harvest$", r"\1=root", text, flags=re.MULTILINE)
        (tmp_path / unit.name.replace("@.", "@one.")).write_text(text)
    return tmp_path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI"):
            pytest.fail("no systemd-analyze here: `make system-deps` installs it")
        pytest.skip("no systemd-analyze here: apt-get install systemd")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_units_are_well_formed(installed: Path) -> None:
    done = analyze("verify", *map(str, installed.iterdir()))
    assert (done.returncode, done.stderr.strip()) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_hardened(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=30", "--no-pager", str(unit))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_start_verbs_that_there_are(unit: Path) -> None:
    [started] = re.findall(r"^ExecStart=/opt/harvester/bin/harvester (\w+)", unit.read_text(), flags=re.MULTILINE)
    done = subprocess.run(
        [BIN / "harvester", started, "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0
    assert f"harvester {started}" in done.stdout


@pytest.mark.parametrize("name", ["Containerfile", "mail/Containerfile"])
def test_the_image_is_what_a_linter_wants(name: str) -> None:
    done = subprocess.run([BIN / "hadolint", DEPLOY / name], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_made_of_what_is_here_and_starts_a_verb() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = [
        source for line in re.findall(r"^COPY (?!--)(.+)$", text, flags=re.MULTILINE) for source in line.split()[:-1]
    ]
    assert {"pyproject.toml", "constraints.txt", "harvester", "storage", "seeds"} <= set(copied)
    assert all((TOP / source).exists() for source in copied)
    assert 'CMD ["serve"' in text


def test_the_compose_file_follows_its_schema() -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_the_example_of_an_environment_has_every_setting_once() -> None:
    named = re.findall(r"^#?(HARVESTER_\w+)=", (DEPLOY / "env.example").read_text(), flags=re.MULTILINE)
    assert sorted(named) == sorted(one.variable for one in described())
