"""A source tried on one page: rules, winners and runners-up, verdict, policy."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harvester.cli.app import app
from harvester.model.page import Page, VisitOutcome
from harvester.model.source import GENERIC, AccessRules, ReadRules, RightsRules, SelectorRule, Source, UrlRules
from harvester.sample import Publisher, serve
from harvester.sources import load
from harvester.trial.trial import Trial, try_page

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 22, tzinfo=UTC)
EM_CONSULTE = ROOT / "tests" / "sources" / "em-consulte" / "free-with-account" / "page.html"
URL = "https://journal.example/articles/12-of-moss"
BODY = """<!DOCTYPE html><html lang="en"><head><title>Moss on the north wall | Walls</title>
<meta name="citation_title" content="Moss on the north wall">
<meta name="citation_doi" content="10.5555/walls.12"><meta name="citation_author" content="Tregenza, Lowenna">
<meta name="description" content="Walls: a journal of garden walls and what grows there.">
{head}</head><body><h1>Moss on the north wall</h1>
<p class="gate">Access to the full text of this article requires a subscription.</p>
<p class="author">Lowenna Tregenza (lowenna@walls.example)</p>
<h2>Abstract</h2><p>Moss was weighed on forty garden walls in each month of the year. It was heaviest in March on walls
that face north, and nowhere did it keep to the north side alone, whatever the proverb says of it.</p>{tail}
</body></html>"""
LIST = b"<html><body><h1>Our journals</h1><p>%s</p></body></html>" % (b"Walls, hedges and all that grows on them. " * 9)


def tried(source: Source = GENERIC, head: str = "", tail: str = "", basis: str = "none", **headers: str) -> Trial:
    body = BODY.format(head=head, tail=tail).encode()
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    page = Page(
        url=URL,
        final_url=URL,
        headers=(("content-type", "text/html; charset=utf-8"), *named),
        body=body,
        fetched_at=NOW,
    )
    return try_page(page, source, default_basis=basis, now=NOW)


def rule(trial: Trial, key: str) -> tuple[int, str | None, bool]:
    found = next(one for one in trial.rules if one.key == key)
    return found.matches, found.value, found.is_idle


def test_every_rule_is_told_with_its_matches_and_first_value() -> None:
    source = GENERIC.model_copy(
        update={
            "urls": UrlRules(article=(r"/articles/(?P<id>\d+)-", r"/paper/")),
            "read": ReadRules(
                title=(SelectorRule(css="h1"),),
                keywords=(SelectorRule(css=".keywords"),),
                doi=(SelectorRule(css=".author", pattern=r"10\.\d+/\S+"),),
                blocks=(SelectorRule(css="body"),),
                boilerplate=(r"whatever the proverb says of it\.?", "Read on"),
            ),
            "access": AccessRules(slots=(".gate",), outside=("footer",), ignore=("highwire:doi",)),
        }
    )
    trial = tried(source)
    assert rule(trial, "urls.article[0]") == (1, "/articles/12-", False)
    assert rule(trial, "urls.article[1]") == (0, None, True)
    assert rule(trial, "read.title[0]") == (1, "Moss on the north wall", False)
    assert rule(trial, "read.keywords[0]") == (0, None, True)
    assert rule(trial, "read.doi[0]") == (1, None, True), "found, but its pattern fits nothing"
    assert rule(trial, "read.blocks[0]")[0] == 1
    assert rule(trial, "read.boilerplate[0]")[0] == 1
    assert rule(trial, "read.boilerplate[1]") == (0, None, True)
    assert rule(trial, "access.slots[0]")[0] == 1
    assert rule(trial, "access.outside[0]") == (0, None, True)
    assert rule(trial, "access.ignore[0]") == (1, "10.5555/walls.12", False)


def test_values_name_their_vocabulary_and_the_runners_up() -> None:
    fields = {field.field: field for field in tried().fields}
    title = fields["titles.en"]
    assert (title.value, title.won_by[0]) == ("Moss on the north wall", "highwire:title")
    assert ("title_element:title", "Moss on the north wall | Walls") in title.runners_up
    assert fields["abstracts.en"].won_by == ("heading:abstract",)
    assert any(who.endswith(":description") for who, _ in fields["abstracts.en"].runners_up)
    assert (fields["issn"].value, fields["keywords"].value) == (None, None)


def test_the_verdict_and_what_would_be_stored() -> None:
    trial = tried()
    assert trial.outcome is VisitOutcome.OK
    assert trial.stored
    assert (trial.stored.access.status, trial.stored.abstracts.keys()) == ("subscription", {"en"})
    assert trial.archive
    assert trial.archive.state == "cut"
    assert trial.forbidden == ("cut from the archived page: e-mail addresses",)


@pytest.mark.parametrize(
    ("basis", "kept", "words"), [("none", False, "no abstract is kept (read: en)"), ("research", True, "signed_in")]
)
def test_a_reservation_meets_the_basis(basis: str, kept: bool, words: str) -> None:
    trial = tried(head='<meta name="tdm-reservation" content="1">', basis=basis)
    assert trial.stored
    assert bool(trial.stored.abstracts) is kept
    assert f"basis {basis}" in trial.forbidden[0]
    assert words in trial.forbidden[0]


def test_a_basis_that_has_ended_is_none() -> None:
    ended = RightsRules(basis="research", until="2026-01-01")  # type: ignore[arg-type]
    trial = tried(GENERIC.model_copy(update={"rights": ended}), head='<meta name="tdm-reservation" content="1">')
    assert "basis none" in trial.forbidden[0]


def test_a_reservation_of_the_sites_file_counts() -> None:
    page = tried().page
    trial = try_page(page, GENERIC, default_basis="none", visit_robots=("tdm-reservation: 1",), now=NOW)
    assert "file:/.well-known/tdmrep.json" in trial.forbidden[0]


def test_robots_directives_are_told_with_what_follows() -> None:
    trial = tried(x_robots_tag="noarchive, noindex")
    assert [line.partition(":")[0] for line in trial.forbidden[:2]] == ["robots noarchive", "robots noindex"]
    assert "no copy of the page is archived: robots: noarchive" in trial.forbidden
    assert trial.archive
    assert trial.archive.page is None


def test_hidden_full_text_is_told() -> None:
    text = "The walls were visited on foot. " * 40
    source = GENERIC.model_copy(update={"read": ReadRules(fulltext=(SelectorRule(css="#whole"),))})
    trial = tried(source, tail=f'<div id="whole" hidden><p>{text}</p></div>')
    assert any("full text" in line for line in trial.forbidden)
    assert rule(trial, "read.fulltext[0]")[0] == 1


def test_an_address_that_is_never_asked_for_is_told() -> None:
    page = tried().page.model_copy(update={"final_url": "https://journal.example/articles/12/pdf"})
    trial = try_page(page, GENERIC, default_basis="none", now=NOW)
    assert "never asks" in trial.forbidden[0]


def test_a_page_that_is_no_article_is_told_with_its_signals() -> None:
    page = tried().page.model_copy(update={"body": LIST})
    trial = try_page(page, GENERIC, default_basis="none", now=NOW)
    assert trial.outcome is VisitOutcome.NOT_ARTICLE
    assert trial.reason
    assert (trial.fields, trial.stored, trial.vocabularies) == ((), None, {"visible": 1})


@pytest.mark.parametrize(
    "page", sorted((ROOT / "tests" / "sources").glob("*/*/page.html")), ids=lambda p: p.parent.name
)
def test_every_signal_a_value_rests_on_is_among_those_shown(page: Path) -> None:
    about = json.loads((page.parent / "page.json").read_text("utf-8"))
    catalogue = load(ROOT / "seeds")
    reader = GENERIC if page.parts[-3] == "generic" else catalogue.get(page.parts[-3])
    saved = Page(url=about["url"], final_url=about["url"], body=page.read_bytes(), fetched_at=about["fetched_at"])
    trial = try_page(saved, reader, fingerprints=catalogue.fingerprints, default_basis="none", now=NOW)
    rests_on = {who.partition(":")[0] for field in trial.fields for who in field.won_by}
    assert rests_on <= {*trial.vocabularies, "printed", "fact"}


# The command ---------------------------------------------------------------------------------------------------------


Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*words: object, **environment: str) -> Any:
        arguments = ["--data", str(tmp_path), "source", *map(str, words)]
        return CliRunner().invoke(app, arguments, env=environment, catch_exceptions=True)

    return call


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with serve() as running:
        yield running


def test_try_shows_rules_values_verdict_and_policy(run: Run) -> None:
    done = run("try", EM_CONSULTE, "--url", "https://www.em-consulte.com/article/1700002")
    assert done.exit_code == 0, done.exception
    for words in ("read.title[0]", "! no match", "runners-up", "Connectez-vous", "basis none", "What would be stored"):
        assert words in done.output, words


def test_try_recognises_a_platform_by_its_marks(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(EM_CONSULTE.read_bytes())
    done = run("try", page, "--url", "https://elsewhere.example/article/1700002", "--json")
    told = json.loads(done.stdout)
    assert (told["reader"], told["platform"]) == ("generic", "em-consulte")
    assert any(rule["key"] == "read.title[0]" and rule["matches"] for rule in told["rules"])


def test_try_fetches_one_page_with_manners_and_keeps_nothing(run: Run, publisher: Publisher, tmp_path: Path) -> None:
    url = publisher.url + publisher.site.path("700201")
    done = run("try", url, "--json", HARVESTER_PRIVATE_ALLOW=publisher.host, HARVESTER_CONTACT="a@b.example")
    told = json.loads(done.stdout)
    assert (told["outcome"], told["access"]["status"]) == ("ok", publisher.site.expected("700201").access)
    assert publisher.log[0].path == "/robots.txt"
    assert len(publisher.requests(publisher.site.path("700201"))) == 1
    assert not list(tmp_path.rglob("*.warc.gz"))


def test_try_of_a_page_that_is_no_article_ends_with_1(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(LIST.decode(), "utf-8")
    done = run("try", page)
    assert done.exit_code == 1
    assert "not_article" in done.output
