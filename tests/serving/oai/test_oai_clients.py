"""Other people's harvesters walk lists of several pages, in every format, with deletions and changes among them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from clients import PYTHON, Walk, perl
from made import make_record
from provider import FACE, Provider


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite alone: nothing here depends on the engine."""
    return f"sqlite:///{tmp_path}/data/harvester.db"


def has_perl() -> bool:
    """Whether Perl and HTTP::OAI are here."""
    return bool(shutil.which("perl")) and not subprocess.run(
        ["perl", "-MHTTP::OAI", "-e", "1"], capture_output=True, check=False
    ).returncode  # fmt: skip


@pytest.mark.parametrize("walk", PYTHON.values(), ids=PYTHON.keys())
@pytest.mark.parametrize("prefix", ["oai_dc", "oai_openaire", "jats"])
def test_a_list_to_its_end(walk: Walk, prefix: str, provider: Provider) -> None:
    ids = provider.fill(230)
    provider.delete(ids[0])
    provider.save(make_record(50, status="free", title="Étude <revue> & corrigée"))
    assert walk(f"{provider.url}/oai", prefix) == set(map(FACE.identifier, ids))


def test_perl_too(provider: Provider) -> None:
    if not has_perl() and not os.environ.get("CI"):
        pytest.skip("there is no HTTP::OAI: apt-get install libhttp-oai-perl")
    ids = provider.fill(230)
    provider.delete(ids[0])
    assert perl(f"{provider.url}/oai", "oai_dc") == set(map(FACE.identifier, ids))
