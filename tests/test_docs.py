"""The README is a promise: every command in it runs, every setting, folder and word in it is the code's."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from harvester.cli import main
from harvester.model.access import AccessStatus
from harvester.policy import is_listed
from harvester.serving.app import make_app
from harvester.serving.server import Server
from harvester.settings import described
from harvester.sources import check
from storage.store import Store

sys.path.append(str(Path(__file__).parent / "serving"))

from idle import Idle

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line.split("  #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
LEAVES = [line.split("  #")[0].strip() for line in README.splitlines() if "# leaves this machine" in line]
PAGE = ROOT / "tests" / "sources" / "generic" / "highwire-twice" / "page.html"


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Shell:
    """A folder in which commands are called as the README writes them, in this process: loading takes most of each."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("HARVESTER_")]:
            monkeypatch.delenv(name)

    def call(self, command: str) -> Said:
        words = shlex.split(command)
        while "=" in words[0]:
            self._monkeypatch.setenv(*words.pop(0).split("=", 1))
        assert words[0] == "harvester"
        self._capsys.readouterr()
        try:
            main(words[1:])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return Said(code, *self._capsys.readouterr())


@pytest.fixture
def shell(demonstrated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(demonstrated, monkeypatch, capsys)


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    (folder / "page.html").write_bytes(PAGE.read_bytes())
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HARVESTER_")}
    command = [sys.executable, "-m", "harvester.cli", "demo"]
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("command", [c for c in COMMANDS if re.match(r"(\w+=\S+ )*harvester ", c) and c not in LEAVES])
def test_every_command_runs(command: str, shell: Shell) -> None:
    done = shell.call(command)
    assert done.code == 0, done.err
    assert done.out or "-o " in command


@pytest.mark.parametrize("command", LEAVES)
def test_a_command_that_leaves_the_machine_asks_for_a_contact_first(command: str, shell: Shell) -> None:
    done = shell.call(command)
    assert done.code == 2
    assert "HARVESTER_CONTACT" in done.err


def test_every_request_is_answered(demonstrated: Path) -> None:
    asked = [shlex.split(command)[-1] for command in COMMANDS if command.startswith("curl ")]
    folder = demonstrated / "demo-data"
    with ExitStack() as opened:
        store = opened.enter_context(Store.open(f"sqlite:///{folder}/harvester.db"))
        server = opened.enter_context(Server(make_app(store, folder, Idle()), "127.0.0.1", 0))
        own = next(record.url for record in store.records.iter() if is_listed(record))
        for address in asked:
            path = address.removeprefix("http://127.0.0.1:8000").replace("http://revue.example/12", own)
            with urllib.request.urlopen(server.url + path, timeout=60) as answer:
                said = answer.read()
            if path.startswith("/oai"):
                assert b"<error" not in said, path
            else:
                assert json.loads(said)["items"] is not None
    assert len(asked) > 5


def test_every_make_target_of_the_readme_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert named
    assert set(named) <= set(targets)


def test_every_setting_stands_in_the_readme_as_the_code_has_it() -> None:
    rows = {match[1]: match[0] for match in re.finditer(r"^\| `(HARVESTER_\w+)` \|.*$", README, re.MULTILINE)}
    assert set(rows) == {setting.variable for setting in described()}
    for setting in described():
        assert setting.help in rows[setting.variable]
        assert setting.default in rows[setting.variable]


def test_every_access_status_is_explained() -> None:
    table = README.partition("| status | meaning |")[2].partition("\n\n")[0]
    explained = re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)
    assert set(explained) == {status.value for status in AccessStatus}


def test_every_folder_of_the_map_exists_and_every_room_is_on_it() -> None:
    named = {name.rstrip("/") for name in re.findall(r"^\| .*?`([\w./]+/)`", README, re.MULTILINE)}
    assert all((ROOT / name).is_dir() for name in named)
    rooms = {f"harvester/{path.name}" for path in (ROOT / "harvester").iterdir() if (path / "__init__.py").is_file()}
    assert rooms <= named


def test_the_source_file_of_the_readme_has_no_mistake(tmp_path: Path) -> None:
    text = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)[0]
    assert tomllib.loads(text)
    (tmp_path / "sources").mkdir()
    (tmp_path / "platforms").mkdir()
    (tmp_path / "sources" / "revue-des-exemples.toml").write_text(text, "utf-8")
    assert check(None, tmp_path) == []


def test_linked_files_exist() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_every_command_a_message_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [path.read_text("utf-8") for room in ("harvester", "storage") for path in (ROOT / room).rglob("*.py")]
    groups = {"source", "runs", "records", "works", "db", "schedule", "keys", "alert", "digest", "reader"}
    for named in sorted({found for text in texts for found in re.findall(r"`(harvester [a-z]+(?: [a-z]+)?)", text)}):
        words = named.split() if named.split()[1] in groups else named.split()[:2]
        with pytest.raises(SystemExit) as ended:
            main([*words[1:], "--help"])
        said = capsys.readouterr()
        assert not ended.value.code, f"{named}: {said.err}"
        assert " ".join(words) in said.out, f"{named} is no verb"
