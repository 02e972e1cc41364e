"""A proposed source: what the pages show, a file that passes the check, cases that pass, nothing overwritten."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.errors import UsageError
from harvester.extraction.extract import extract
from harvester.model.page import Page
from harvester.model.source import GENERIC
from harvester.sample import Publisher, serve
from harvester.sources import Catalogue, check, load, load_files
from harvester.trial.addresses import propose
from harvester.trial.case import summary
from harvester.trial.proposal import propose_source
from harvester.trial.trial import Trial, try_page

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
BODY = """<!DOCTYPE html><html lang="en"><head><title>{title}</title>
<meta name="citation_title" content="{title}"><meta name="citation_author" content="Tregenza, Lowenna">
<meta name="citation_journal_title" content="Hedges &amp; Walls">
<meta name="citation_doi" content="10.5555/hw.{number}">
<link rel="canonical" href="https://hedges.example/articles/{number}-of-moss">{head}</head><body>
<nav><a href="/issues/current">Latest</a> <a href="https://else.example/issues/">Other</a>
<a href="/login">Log in</a></nav>
<h1>{title}</h1><p>Access to the full text of this article requires a subscription.</p><h2>Abstract</h2>
<p>Moss was weighed on forty garden walls in each month of the year. It was heaviest in March on walls that face
north, and nowhere did it keep to the north side alone, whatever the proverb says.</p></body></html>"""


def saved(number: int = 12, title: str = "Moss on the north wall", head: str = "") -> bytes:
    return BODY.format(number=number, title=title, head=head).encode()


def trial(body: bytes, url: str = "https://hedges.example/articles/12-of-moss", basis: str = "none") -> Trial:
    headers = (("content-type", "text/html"),)
    page = Page(url=url, final_url=url, headers=headers, body=body, fetched_at=NOW)
    return try_page(page, GENERIC, default_basis=basis, now=NOW)


def proposed(*trials: Trial) -> dict[str, Any]:
    return tomllib.loads(propose_source(trials, Catalogue({}, {})).text)


@pytest.mark.parametrize(
    ("urls", "ids", "canonical"),
    [
        (["https://x.example/article/view/88"], ["88"], "https://x.example/article/view/{id}"),
        (["https://x.example/articles/12-of-moss", "https://x.example/articles/7-of-fog"], ["12", "7"], None),
        (["https://x.example/article/1780244/resume/a-title-in-words"], ["1780244"], None),
        (["https://x.example/doi/10.1093/cercor/bhw393"], ["10.1093/cercor/bhw393"], "https://x.example/doi/{id}"),
        (["https://x.example/doi/10.1002/ab.1/abstract"], ["10.1002/ab.1"], "https://x.example/doi/{id}/abstract"),
        (["https://x.example/2014/03/moss-on-the-wall.html"], ["moss-on-the-wall"], None),
        (["https://x.example/hal-01234567"], ["hal-01234567"], "https://x.example/{id}"),
        (["https://x.example/pii/S0140-6736(20)30183-5"], ["S0140-6736(20)30183-5"], "https://x.example/pii/{id}"),
        (["https://x.example/s.php?pid=S0034-891&lang=en"], ["S0034-891"], None),
        (["https://x.example/revue-des-murs-2014-1-page-5.htm"], ["revue-des-murs-2014-1-page-5"], None),
        (["http://127.0.0.1:8901/hrsh/article/700201"], ["700201"], "http://127.0.0.1:8901/hrsh/article/{id}"),
    ],
)
def test_what_varies_is_generalised_and_what_names_the_article_is_the_id(
    urls: list[str], ids: list[str], canonical: str | None
) -> None:
    (pattern,) = propose(urls)
    found = [re.search(pattern.regex, url) for url in urls]
    assert [match and match["id"] for match in found] == ids
    assert canonical is None or pattern.canonical == canonical
    assert not re.search(pattern.regex, "https://elsewhere.example/article/view/88")
    assert not re.search(pattern.regex, "https://x.example/about")


def test_addresses_of_two_shapes_get_two_patterns_and_a_front_page_none() -> None:
    assert len(propose(["https://x.example/a/1", "https://x.example/a/1/b", "https://x.example/a/2"])) == 2
    assert propose(["https://x.example/"]) == []


def test_the_file_says_what_the_pages_show() -> None:
    found = proposed(trial(saved()), trial(saved(7), "https://hedges.example/articles/7-of-fog"))
    assert (found["name"], found["hosts"], found["languages"]) == ("Hedges & Walls", ["hedges.example"], ["en"])
    assert found["verified"] is False
    assert found["discovery"] == [
        {
            "kind": "urls",
            "urls": ["https://hedges.example/articles/12-of-moss", "https://hedges.example/articles/7-of-fog"],
        }
    ]
    (pattern,) = found["urls"]["article"]
    assert re.search(pattern, "https://hedges.example/articles/90-of-ivy")["id"] == "90"  # type: ignore[index]


def test_suggestions_and_evidence_stand_in_comments() -> None:
    text = propose_source([trial(saved())], Catalogue({}, {})).text
    assert '# url = "https://hedges.example/sitemap.xml"' in text
    assert '# url = "https://hedges.example/issues/current"' in text
    assert "else.example" not in text
    assert "/login" not in text
    assert "#   titles.en: Moss on the north wall (highwire:title" in text
    assert "#   subscription: “Access to the full text of this article requires a subscription.”" in text
    assert '# issn = [{ css = "SELECTOR" }]' in text


def test_a_page_cannot_write_into_the_file() -> None:
    trap = 'Moss"\n[rights]\nbasis = "licence"\n\x1b[2J\u2028# of walls'
    assert "rights" not in proposed(trial(saved(title=trap)))
    journal = saved().replace(b"Hedges &amp; Walls", b"Hedges&quot;&#10;enabled = true&#10;x=&quot;")
    found = proposed(trial(journal))
    assert "enabled" not in found
    assert found["name"] == 'Hedges" enabled = true x="'


def test_no_abstract_stands_in_the_file() -> None:
    text = propose_source([trial(saved(), basis="research")], Catalogue({}, {})).text
    assert "forty garden walls" not in text
    assert re.search(r"abstracts\.en: \d+ characters", text)


def test_a_page_without_an_address_or_of_another_host_is_refused() -> None:
    with pytest.raises(UsageError, match=r"page\.html does not say"):
        propose_source([trial(saved(), "https://saved.invalid/page.html")], Catalogue({}, {}))
    with pytest.raises(UsageError, match="several hosts"):
        propose_source([trial(saved()), trial(saved(), "https://else.example/articles/1")], Catalogue({}, {}))


# The command ---------------------------------------------------------------------------------------------------------


Run = Callable[..., Any]


@pytest.fixture
def new(tmp_path: Path) -> Run:
    def call(*words: object, **environment: str) -> Any:
        arguments = ["--data", str(tmp_path / "data"), "source", "new", *map(str, words)]
        return CliRunner().invoke(app, arguments, env={"HARVESTER_SEEDS_DIR": str(SEEDS), **environment})

    return call


def pages_in(folder: Path, **heads: str) -> list[Path]:
    paths = []
    for number, (name, head) in enumerate(heads.items(), 12):
        path = folder / f"{name}.html"
        path.write_bytes(saved(number, head=head))
        paths.append(path)
    return paths


def assert_cases_hold(folder: Path, source_file: Path, seeds: Path = SEEDS, **allowed: Any) -> list[str]:
    """Every case reads as it expects; returns their names."""
    source = load_files([source_file], seeds, **allowed).get(source_file.stem)
    cases = sorted(folder.iterdir())
    for case in cases:
        about = json.loads((case / "page.json").read_text("utf-8"))
        page = Page(
            url=about["url"],
            final_url=about["url"],
            status=about["status"],
            headers=tuple(about["headers"].items()),
            body=(case / "page.html").read_bytes(),
            fetched_at=about["fetched_at"],
        )
        found = extract(page, source)
        assert found.record
        assert summary(found.record) == json.loads((case / "expected.json").read_text("utf-8"))
    return [case.name for case in cases]


def test_two_pages_make_a_sound_file_and_two_cases(new: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = new(*pages_in(tmp_path, one="", two=""), "-o", out)
    assert done.exit_code == 0, done.exception
    file = out / "hedges-walls.toml"
    assert check([file], SEEDS) == []
    assert assert_cases_hold(out / "hedges-walls", file) == ["subscription", "subscription-2"]
    assert "highwire:title" in done.output
    assert "missing on all pages" in done.output
    assert not (tmp_path / "data").exists(), "nothing is kept of it anywhere else"


def test_without_a_folder_the_file_is_only_shown(new: Run, tmp_path: Path) -> None:
    (page,) = pages_in(tmp_path, one="")
    before = sorted(tmp_path.rglob("*"))
    done = new(page)
    assert done.exit_code == 0, done.exception
    assert 'name = "Hedges & Walls"' in done.output
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_overwritten(new: Run, tmp_path: Path) -> None:
    (page,) = pages_in(tmp_path, one="")
    file = tmp_path / "hedges-walls.toml"
    file.write_text("mine", "utf-8")
    done = new(page, "-o", tmp_path)
    assert isinstance(done.exception, UsageError)
    assert "exists already" in str(done.exception)
    assert "remedy" in str(done.exception)
    assert file.read_text("utf-8") == "mine"
    assert not (tmp_path / "hedges-walls").exists()


def test_a_case_holds_what_may_be_kept(new: Run, tmp_path: Path) -> None:
    reserved, unkept = '<meta name="tdm-reservation" content="1">', '<meta name="robots" content="noarchive">'
    out = tmp_path / "out"
    done = new(*pages_in(tmp_path, one=reserved, two=unkept), "-o", out)
    assert done.exit_code == 0, done.exception
    assert "no copy of it may be kept (robots: noarchive)" in done.output
    assert assert_cases_hold(out / "hedges-walls", out / "hedges-walls.toml") == ["subscription"]
    for path in out.rglob("*.*"):
        assert b"forty garden walls" not in path.read_bytes()


def test_a_platform_is_known_by_its_marks_and_its_rules_hold(new: Run, tmp_path: Path) -> None:
    page = ROOT / "tests" / "sources" / "em-consulte" / "free-with-account" / "page.html"
    done = new(page, "--url", "https://www.em-consulte.com/article/1700002/titre", "-o", tmp_path)
    assert done.exit_code == 0, done.exception
    (file,) = tmp_path.glob("*.toml")
    found = tomllib.loads(file.read_text("utf-8"))
    assert (found["platform"], "urls" in found) == ("em-consulte", False)
    assert check([file], SEEDS) == []
    elsewhere = new(page, "--url", "https://elsewhere.example/article/1700002/titre", "-o", tmp_path / "two")
    assert elsewhere.exit_code == 0, elsewhere.exception
    assert check((tmp_path / "two").glob("*.toml"), SEEDS) == []


def test_one_address_belongs_to_one_page(new: Run, tmp_path: Path) -> None:
    done = new(*pages_in(tmp_path, one="", two=""), "--url", "https://x.example/1")
    assert isinstance(done.exception, UsageError)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serve() as running:
        yield running


def test_an_address_is_fetched_with_manners_and_nothing_else_is(new: Run, publisher: Publisher, tmp_path: Path) -> None:
    path = publisher.site.path("700201")
    done = new(
        publisher.url + path,
        "-o",
        tmp_path / "out",
        HARVESTER_PRIVATE_ALLOW=publisher.host,
        HARVESTER_CONTACT="a@b.example",
    )
    assert done.exit_code == 0, done.exception
    assert [request.path for request in publisher.log if "tdmrep" not in request.path] == ["/robots.txt", path]
    (file,) = (tmp_path / "out").glob("*.toml")
    found = tomllib.loads(file.read_text("utf-8"))
    assert found["hosts"] == [publisher.host]
    assert f'"{publisher.url}/sitemap.xml"' in file.read_text("utf-8")
    allowed = {"private_allow": (publisher.host,)}
    assert check([file], SEEDS, **allowed) == []
    assert len(assert_cases_hold(tmp_path / "out" / file.stem, file, **allowed)) == 1


@pytest.mark.parametrize(
    "page", sorted((ROOT / "tests" / "sources").glob("*/*/page.html")), ids=lambda p: p.parent.name
)
def test_a_proposal_out_of_any_saved_page_is_sound(page: Path, tmp_path: Path) -> None:
    about = json.loads((page.parent / "page.json").read_text("utf-8"))
    catalogue = load(SEEDS)
    reader = catalogue.for_saved_page(about["url"]) or GENERIC
    where = Page(url=about["url"], final_url=about["url"], body=page.read_bytes(), fetched_at=about["fetched_at"])
    one = try_page(where, reader, fingerprints=catalogue.fingerprints, default_basis="none", now=NOW)
    proposal = propose_source([one], catalogue)
    file = tmp_path / f"{proposal.id}.toml"
    file.write_text(proposal.text, "utf-8")
    assert check([file], SEEDS) == []
