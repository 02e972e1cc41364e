"""Both languages say the same things, each sentence is used, and dates and languages have their names."""

import re
import string
from pathlib import Path

import pytest

import harvester.serving.console
from harvester.model.access import AccessStatus
from harvester.model.run import ChangeKind
from harvester.serving.console.wording import LANGUAGES, Wording, preferred, wording
from storage.records import REASONS

FOLDER = Path(harvester.serving.console.__file__).parent
WRITTEN = "\n".join(
    path.read_text(encoding="utf-8") for pattern in ("*.py", "*.html") for path in FOLDER.rglob(pattern)
)
DIRECT = frozenset(re.findall(r"""say\("([a-z_.]+)\"""", WRITTEN))
BY_GROUP = frozenset(re.findall(r"""(?:say\("|known\(")([a-z_]+)(?:\." ~|",)""", WRITTEN)) | {"access_long", "record"}


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_stands_in_every_language_with_the_same_values() -> None:
    first, *others = (wording(language).names() for language in LANGUAGES)
    for other in others:
        assert first.keys() == other.keys()
        assert {name: fields(said) for name, said in first.items()} == {n: fields(s) for n, s in other.items()}


def test_every_sentence_the_pages_ask_for_is_there_and_every_sentence_is_asked_for() -> None:
    known = wording("en").names().keys()
    assert {name for name in DIRECT if not name.endswith(".")} <= known
    assert [name for name in known if name not in DIRECT and name.partition(".")[0] not in BY_GROUP] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_the_model_have_sentences(language: str) -> None:
    names = wording(language).names()
    assert all(f"{group}.{status}" in names for group in ("access", "access_long") for status in AccessStatus)
    assert all(f"change.{kind}" in names for kind in ChangeKind)
    assert all(f"reason.{reason}" in names for reason in REASONS)


def test_french_has_its_spaces_before_double_punctuation() -> None:
    for name, said in wording("fr").names().items():
        assert not re.search(
            r"(?<![\u00a0\w*/-])[;:!?»](?!\w)|«(?!\u00a0)|[^\u00a0]»", said.replace("title:mot", "")
        ), name


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        ("2025-04-11", "11 avril 2025", "April 11, 2025"),
        ("2025-04", "avril 2025", "April 2025"),
        ("2025", "2025", "2025"),
        ("2025-13", "2025-13", "2025-13"),
        ("spring", "spring", "spring"),
    ],
)
def test_dates_at_their_precision(value: str, french: str, english: str) -> None:
    assert (wording("fr").date(value), wording("en").date(value)) == (french, english)


@pytest.mark.parametrize(
    ("tag", "french"),
    [
        ("en", "anglais"),
        ("zh-Hant", "chinois (traditionnel)"),
        ("und", "langue indéterminée"),
        ("qx", "qx"),
        ("no tag", "no tag"),
    ],
)
def test_languages_have_names(tag: str, french: str) -> None:
    assert Wording("fr").language_name(tag) == french


@pytest.mark.parametrize(
    ("accepts", "language"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de, en;q=0.3, fr;q=0.4", "fr"),
        ("fr;q=0, *", "en"),
        ("", "en"),
        ("fr;q=x", "en"),
    ],
)
def test_a_browser_is_answered_in_its_language(accepts: str, language: str) -> None:
    assert preferred(accepts) == language
