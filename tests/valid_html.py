"""HTML as html-validate (npm) judges it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest


def complaints(folder: Path, *allowed: str) -> str:
    """What is wrong with the HTML files of a folder, empty where nothing is; `allowed` rules are not asked for."""
    off = dict.fromkeys((*allowed, "long-title", "require-sri"), "off")
    rules = {"root": True, "extends": ["html-validate:recommended"], "rules": off}
    (folder / ".htmlvalidate.json").write_text(json.dumps(rules))
    program = _installed() / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    done = subprocess.run(
        ["node", str(program), "--ext", "html", "."],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout + done.stderr


def missing(what: str, remedy: str) -> None:
    """A tool that is not there skips on a user's machine and fails where everything must be proved."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing: {remedy}")
    pytest.skip(f"{what} is missing: {remedy}")


def _installed() -> Path:
    """The folder it is installed in, in the machine's cache, so that it is fetched once."""
    if not shutil.which("npm") or not shutil.which("node"):
        missing("npm", "make system-deps")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "harvester-tests" / "html-validate-10"
    if not (cache / "node_modules" / "html-validate" / "package.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache), "html-validate@^10"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
        if done.returncode:
            missing("html-validate", f"npm install html-validate: {done.stderr[-300:]}")
    return cache
