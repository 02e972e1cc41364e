"""Every entry of every language is read against its own sentences: positive, negated, neutral, inside an abstract."""

import tomllib
from html import escape
from importlib.resources import files
from typing import Any

import pytest
from access_pages import article, reading

from harvester.model.access import Tier

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
FOLDER = files("harvester.extraction.access") / "lexicon"
FILES = {code: tomllib.loads((FOLDER / f"{code}.toml").read_text("utf-8")) for code in LANGUAGES}


def cases(kind: str) -> list[Any]:
    """(language, entry, sentence) for every sentence of a kind."""
    return [
        pytest.param(code, entry, sentence, id=f"{code}.{entry['id']}:{sentence[:40]}")
        for code, data in FILES.items()
        for entry in data["entry"]
        for sentence in entry.get(kind, ())
    ]


def rules_said(sentence: str, status: str | None = None) -> set[str]:
    """Rules that read a sentence standing below an article's title, optionally those of one status."""
    found = reading(article(f"<p>{escape(sentence)}</p>")).statements
    return {one.rule for one in found if status is None or one.status == status}


def rule(code: str, entry: dict[str, Any]) -> str:
    return f"lexicon/{code}.{entry['id']}@{entry['version']}"


@pytest.mark.parametrize(("code", "entry", "sentence"), cases("positive"))
def test_positive(code: str, entry: dict[str, Any], sentence: str) -> None:
    kind = entry.get("kind", "sentence")
    if kind == "neutral":
        said = reading(article(f"<p>{escape(sentence)}</p>")).statements
        assert not [one for one in said if one.tier <= Tier.STRUCTURE]
    elif kind == "banner":
        assert reading(f"<p>{escape(sentence)}</p>" + article("")).banner
    else:
        assert rule(code, entry) in rules_said(sentence, entry["status"])


@pytest.mark.parametrize(("code", "entry", "sentence"), cases("negated"))
def test_negated(code: str, entry: dict[str, Any], sentence: str) -> None:
    assert not rules_said(sentence, entry["status"])


@pytest.mark.parametrize(("code", "entry", "sentence"), cases("neutral"))
def test_neutral(code: str, entry: dict[str, Any], sentence: str) -> None:
    assert rule(code, entry) not in rules_said(sentence)


@pytest.mark.parametrize(("code", "entry", "sentence"), cases("positive"))
def test_inside_an_abstract(code: str, entry: dict[str, Any], sentence: str) -> None:
    assert not reading(article("", abstract=escape(sentence))).statements


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_entry_has_its_sentences(code: str) -> None:
    for entry in FILES[code]["entry"]:
        flips = entry.get("kind", "sentence") == "sentence" and entry.get("negation", True)
        assert entry["positive"], entry["id"]
        assert entry.get("neutral") or entry.get("kind") == "neutral", entry["id"]
        assert entry.get("negated") or not flips or entry["id"] in ("subscription.preview",), entry["id"]


def test_the_five_inner_statuses_are_told_in_every_language() -> None:
    for code, data in FILES.items():
        told = {entry.get("status") for entry in data["entry"]}
        assert {"subscription", "registration", "embargoed", "free", "open", "no_fulltext"} <= told, code
