"""Looking at one page over HTTP: the manners of a harvest, and nothing kept."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.sample import Publisher, serve


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serve() as running:
        yield running


def look(publisher: Publisher, folder: Path, url: str, *, allowed: bool = True) -> tuple[int, str]:
    environment = {"HARVESTER_PRIVATE_ALLOW": publisher.host if allowed else "", "HARVESTER_CONTACT": "a@b.example"}
    done = CliRunner().invoke(app, ["--data", str(folder), "extract", url, "--json"], env=environment)
    return done.exit_code, done.output if done.exit_code < 2 and not done.exception else str(done.exception)


def test_a_page_is_read_and_nothing_is_kept(publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.url + publisher.site.path("700201")
    code, output = look(publisher, tmp_path, url)
    assert code == 0
    assert json.loads(output)["identifiers"][0]["value"] == publisher.site.expected("700201").doi
    assert not list(tmp_path.rglob("*.warc.gz"))
    assert not list(tmp_path.rglob("*.seg"))
    assert publisher.log[0].path == "/robots.txt"
    code, _ = look(publisher, tmp_path, url)
    assert code == 0, "a second look is as good as the first"


def test_a_full_text_is_never_asked_for(publisher: Publisher, tmp_path: Path) -> None:
    code, message = look(publisher, tmp_path, publisher.url + "/hrsh/article/700201/pdf")
    assert code != 0
    assert "was not asked for" in message
    assert publisher.site.trapped == []


def test_a_private_address_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    code, _ = look(publisher, tmp_path, publisher.url + publisher.site.path("700201"), allowed=False)
    assert code != 0
    assert not publisher.log
