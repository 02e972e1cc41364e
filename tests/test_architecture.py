"""The floors, the pure rooms, and what the code may not name."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("harvester", "storage")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
SEEDS = sorted((ROOT / "seeds").rglob("*.toml"))

# Hosts that stand for a standard, a register or nobody, and so may be named in code.
STANDARD_HOSTS = re.compile(
    r"(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(org|com|net)$|^127\.0\.0\.1$|(?i:^host$)|^\{|"
    r"(^|\.)(w3\.org|doi\.org|schema\.org|json-schema\.org|purl\.org|creativecommons\.org|orcid\.org|niso\.org|"
    r"sitemaps\.org|jsonfeed\.org|openarchives\.org|prismstandard\.org|toml\.io|ietf\.org|rfc-editor\.org|issn\.org|coar-repositories\.org|"
    r"opendatacommons\.org|ogp\.me|rightsstatements\.org|gnu\.org|opensource\.org|spdx\.org|nih\.gov|arxiv\.org|crossref\.org|unpaywall\.org|datacite\.org|openaire\.eu|netpreserve\.org)$"
)


def in_bare_process(code: str) -> set[str]:
    """Top-level packages loaded by `code` in a new Python."""
    listing = f"{code}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("harvester", {"pydantic", "typer", "lxml"}),
        ("harvester.cli", {"rich", "pydantic", "sqlalchemy", "scrapy", "twisted", "lxml"}),
        ("harvester.extraction.extract", {"scrapy", "twisted", "sqlalchemy", "fastapi", "typer", "rich", "storage"}),
        ("harvester.policy", {"scrapy", "twisted", "sqlalchemy", "storage"}),
        ("harvester.formats.jsonl", {"scrapy", "sqlalchemy", "lxml", "storage"}),
        ("harvester.sources", {"scrapy", "twisted", "sqlalchemy", "storage"}),
        ("storage.store", {"scrapy", "twisted", "lxml", "typer", "rich", "pydantic_settings"}),
    ],
)
def test_a_room_loads_only_its_own(module: str, unwanted: set[str]) -> None:
    assert not in_bare_process(f"import {module}") & unwanted


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_stands_on_a_floor() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    floors = next(one for one in config["tool"]["importlinter"]["contracts"] if one["type"] == "layers")["layers"]
    named = {name for layer in floors for name in re.findall(r"[\w.]+", layer)}
    rooms = {
        f"harvester.{path.stem}" for path in (ROOT / "harvester").iterdir() if path.suffix == ".py" or path.is_dir()
    }
    rooms -= {"harvester.__init__", "harvester.__pycache__"}
    assert rooms | {"storage"} == named


PURE = [
    path
    for place in (
        "model",
        "extraction",
        "formats",
        "policy",
        "policy.py",
        "urls.py",
        "crawl/discovery.py",
        "crawl/revisit.py",
    )
    for path in [ROOT / "harvester" / place]
    for path in (sorted(path.rglob("*.py")) if path.is_dir() else [path])
    if path.exists()
]
WORLD = {
    "os",
    "socket",
    "random",
    "secrets",
    "time",
    "subprocess",
    "threading",
    "requests",
    "urllib.request",
    "http.client",
}
CLOCK = {"now", "utcnow", "today"}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pure_module_reads_no_clock_environment_network_or_chance(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not set(imported(tree)) & WORLD
    calls = [
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not set(calls) & CLOCK


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module named by an import, whole and by its first part."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        for name in names:
            yield from (name, name.partition(".")[0])


# Publishing software whose name is that of a metadata vocabulary or of an identifier scheme.
VOCABULARIES = {"highwire", "eprints", "bepress", "hal", "arxiv"}


def seed_names() -> set[str]:
    """Ids of all seed files, and the hosts they declare that no standard names."""
    names = {path.stem for path in SEEDS} - VOCABULARIES
    for path in SEEDS:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        hosts = [*data.get("hosts", ()), *data.get("detect", {}).get("hosts", ())]
        plain = {host.partition(":")[0].removeprefix("www.") for host in hosts}
        names |= {host for host in plain if not STANDARD_HOSTS.search(host)}  # one resolves an identifier scheme
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_publisher_is_named_in_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    addresses = re.findall(r"https?://([^\s/\"'<>()`?#:,]+)", text)
    assert not [
        host
        for host in addresses
        if not STANDARD_HOSTS.search(host.rstrip(".")) and "\\" not in host and "[" not in host
    ]
    assert not [name for name in seed_names() if re.search(rf"\b{re.escape(name)}\b", text)]


def tracked() -> list[Path]:
    """The project's own text files: as git lists them, else by walking."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT, check=True)
        return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        places = [ROOT / name for name in (*PACKAGES, "seeds", "tests", "deploy", ".ci")]
        return [
            path for place in places for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts
        ]


def test_no_file_names_a_place_of_one_machine() -> None:
    private = re.compile(rb"(?<![\w.:/-])/(?:home|root|work|Users)/[\w.-]+")
    found = {
        str(path.relative_to(ROOT)): match[0] for path in tracked() if (match := private.search(path.read_bytes()))
    }
    assert not found


def test_constraints_hold_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"#.*|[\w.-]+==[\w.+-]+", line) for line in lines)
