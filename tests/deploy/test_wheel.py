"""The wheel has everything in it: installed alone, in an empty folder, it harvests and serves."""

import os
import shutil
import site
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("harvester", "storage")
NEEDED = (*PACKAGES, "seeds", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `pip install` would, from a copy, for a build leaves its traces where it is done."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(folder))
    [found] = folder.glob("*.whl")
    return found


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_every_file_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = {name.partition(".data/data/share/harvester/")[2] or name for name in opened.namelist()}
    files = [one for name in (*PACKAGES, "seeds") for one in (ROOT / name).rglob("*") if one.is_file()]
    wanted = {one.relative_to(ROOT).as_posix() for one in files if "__pycache__" not in one.parts}
    wanted = {one for one in wanted if not one.endswith("README.md") or one.startswith("seeds")}
    assert wanted <= names, sorted(wanted - names)


def test_it_harvests_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True, timeout=60)
    python = tmp_path / "venv" / "bin" / "python"
    pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    [packages] = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    # What it depends on is lent; what is lent beside that, this checkout, is not: paths within are not followed.
    (packages / "lent.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARVESTER_", "PYTHON"))}
        command = [python.with_name("harvester"), *arguments]
        return subprocess.run(command, cwd=empty, env=kept, capture_output=True, text=True, timeout=120, check=False)

    command = [python, "-c", "import harvester; print(harvester.__file__)"]
    where = subprocess.run(command, cwd=empty, capture_output=True, text=True, timeout=60, check=True)
    assert where.stdout.startswith(str(packages)), where
    demo = run("demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert run("--data", "demo-data", "records", "--json").stdout.count('"id"') >= 5
    sources = run("source", "list")
    assert sources.returncode == 0 and "em-consulte" in sources.stdout, sources.stdout + sources.stderr
