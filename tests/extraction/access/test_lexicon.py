"""Every entry of every language is read against its own sentences: positive, negated, neutral, inside an abstract."""

import tomllib
from html import escape
from importlib.resources import files
from typing import Any

import pytest
from access_pages import article, reading

from harvester.model.access import Tier

LANGUAGES = ("cs", "da", "de", "en", "es", "fr", "it", "nl", "no", "pl", "pt", "ru", "sv", "tr")
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


@pytest.mark.parametrize(
    "sentence",
    [
        "The abstract of this article is free to read.",
        "First page of this article is free.",
        "This article is available for free with a 30-day trial.",
        "Is this article open access?",
        "This article was open access until 2020.",
        "This article is free to read for subscribers.",
        "Le résumé de cet article est disponible gratuitement.",
        "Cet article est-il en libre accès ?",
        "Cet article était en libre accès jusqu'en 2020.",
        "Cet article est en libre accès pour les abonnés.",
        "Die Zusammenfassung dieses Artikels ist frei zugänglich.",
        "Ist dieser Artikel frei zugänglich?",
        "Dieser Artikel war bis 2020 frei zugänglich.",
        "Dieser Artikel ist für Abonnenten frei zugänglich.",
        "El resumen de este artículo es de acceso abierto.",
        "¿Este artículo es de acceso abierto?",
        "Este artículo era de acceso abierto hasta 2020.",
        "Este artículo es de acceso gratuito para suscriptores.",
        "O resumo deste artigo é de acesso aberto.",
        "Este artigo é de acesso aberto?",
        "Este artigo era de acesso aberto até 2020.",
        "Este artigo é de acesso gratuito para assinantes.",
        "Il riassunto di questo articolo è ad accesso aperto.",
        "Questo articolo è ad accesso aperto?",
        "Questo articolo era ad accesso aperto fino al 2020.",
        "Questo articolo è ad accesso gratuito per gli abbonati.",
        "De samenvatting van dit artikel is vrij toegankelijk.",
        "Is dit artikel vrij toegankelijk?",
        "Dit artikel was vrij toegankelijk tot 2020.",
        "Dit artikel is vrij toegankelijk voor abonnees.",
    ],
)
def test_free_in_part_in_question_in_the_past_or_for_some_is_not_free(sentence: str) -> None:
    assert not rules_said(sentence, "free") | rules_said(sentence, "open")


def test_free_for_subscribers_is_a_subscription() -> None:
    assert rules_said("This article is free to read for subscribers.", "subscription")


@pytest.mark.parametrize(
    ("lang", "read_in"), [("es", {"es"}), ("pt-BR", {"pt"}), ("", {"es", "pt"}), ("ca", {"es", "pt"})]
)
def test_where_two_languages_read_a_sentence_its_block_decides(lang: str, read_in: set[str]) -> None:
    page = article(f"<div lang='{lang}'><p>Texto completo gratuito para usuarios registrados</p></div>")
    assert {one.evidence.language for one in reading(page).statements} == read_in


def test_a_sentence_in_words_of_another_language_is_not_read_in_one_spelt_alike() -> None:
    said = rules_said("El acceso al texto completo es gratuito para usuarios registrados.")
    assert {rule.partition(".")[0] for rule in said} == {"lexicon/es"}
