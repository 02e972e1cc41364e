"""Scoring: each rule of a match, the same figures as the corpus's own scorer, and floors that may not fall."""

import json
import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harvester.errors import UsageError
from harvester.evaluate import Comparison, Prediction, Scores, labels
from harvester.evaluate.matching import f1, fold, similarity
from harvester.model.access import AccessVerdict
from harvester.model.record import (
    Container,
    Contributor,
    DateValue,
    Identifier,
    Issn,
    KeywordList,
    LangText,
    Provenance,
    Record,
)

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("HARVESTER_CORPUS", ROOT.parent / "shared" / "corpus"))
FLOORS = tomllib.loads((ROOT / "tests" / "accuracy.toml").read_text(encoding="utf-8"))
needs_corpus = pytest.mark.skipif(
    not (CORPUS / "dev" / "labels.jsonl").is_file(),
    reason=f"labelled pages are not in {CORPUS.name}/dev beside the project (HARVESTER_CORPUS names their folder)",
)
MOMENT = datetime(2026, 1, 2, tzinfo=UTC)
TEXT = "Seventeen patients were followed for two years in three rural hospitals of the region"

LABEL: dict[str, Any] = {
    "file": "page.html",
    "kind": "article",
    "titles": {"fr": "L’œdème du genou", "en": "Oedema of the knee"},
    "abstracts": {"en": TEXT},
    "keywords": {"en": ["Knee", "Oedema"]},
    "authors": [{"family": "Dupont", "given": "É."}, {"name": "Trial Group"}],
    "doi": "10.5555/ABC",
    "issns": ["1234-5679"],
    "journal": "Cahiers du genou",
    "volume": "12",
    "issue": "3-4",
    "pages": "101-9",
    "published": "2024-03",
    "access": "subscription",
}


def record(**changes: Any) -> Record:
    """The record that matches LABEL in every unit, with `changes`."""
    values: dict[str, Any] = {
        "id": "a",
        "work_id": "a",
        "source_id": "s",
        "url": "https://journal.example/1",
        "titles": {lang: LangText(value=text, language=lang) for lang, text in LABEL["titles"].items()},
        "abstracts": {"en": LangText(value=TEXT, language="en")},
        "keywords": {"en": KeywordList(items=("knee", "oedema"), language="en")},
        "contributors": (
            Contributor(name="É. Dupont", family="Dupont", order=1),
            Contributor(name="Trial Group", order=2),
            Contributor(name="An Editor", family="Editor", role="editor", order=1),
        ),
        "container": Container(
            titles={"fr": "Cahiers du Genou"}, issns=(Issn(value="1234-5679"),), volume="12", issue="3–4", pages="101-9"
        ),
        "dates": (DateValue(kind="published", value="2024-03-15", precision="day", raw="", rule="iso"),),
        "identifiers": (Identifier(scheme="doi", value="10.5555/abc", raw=""),),
        "access": AccessVerdict(status="subscription", as_of=MOMENT),
        "provenance": Provenance(url="https://journal.example/1", fetched_at=MOMENT, page_digest="sha256:0", rules="1"),
    }
    return Record(**(values | changes))


def scored(label: dict[str, Any], read: Record | None) -> Scores:
    scores = Scores()
    scores.add(label, read)
    return scores


def test_a_perfect_record_matches_every_unit() -> None:
    scores = scored(LABEL, record())
    assert scores.misses == []
    assert scores.core_mean == 1
    assert scores.by_language["title", "fr"] == [1, 1]


def test_no_record_of_an_article_misses_every_unit_but_is_not_false_open() -> None:
    scores = scored(LABEL, None)
    assert sum(scores.hits.values()) == 0
    assert scores.access == {("subscription", "unknown"): 1}
    assert scores.false_open == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("title", {"titles": {"fr": LangText(value="Le genou", language="fr")}}),
        ("abstract", {"abstracts": {"fr": LangText(value=TEXT, language="fr")}}),
        ("keywords", {"keywords": {"en": KeywordList(items=("knee",), language="en")}}),
        ("authors", {"contributors": (Contributor(name="Trial Group", order=1),)}),
        ("doi", {"identifiers": (Identifier(scheme="doi", value="10.5555/abc", raw="", role="other_edition"),)}),
        ("issn", {"container": Container()}),
        ("journal", {"container": Container(titles={"fr": "Cahiers"})}),
        ("pages", {"container": Container(pages="101-109")}),
        ("published", {"dates": (DateValue(kind="published", value="2023", precision="year", raw="", rule="iso"),)}),
        ("access", {"access": AccessVerdict(as_of=MOMENT)}),
    ],
)
def test_a_wrong_value_is_a_miss_of_its_field(field: str, changes: dict[str, Any]) -> None:
    scores = scored(LABEL, record(**changes))
    assert scores.shares[field] < 1
    assert field in {miss.field for miss in scores.misses}


def test_right_text_under_the_wrong_language_counts_only_for_any_language() -> None:
    scores = scored(LABEL, record(abstracts={"fr": LangText(value=TEXT, language="fr")}))
    assert scores.hits["abstract"] == 0
    assert scores.hits["abstract_any_lang"] == 1


def test_another_reading_printed_on_the_page_is_as_good() -> None:
    label = LABEL | {"pages": "e101", "pages_alt": ["101-9"], "published": "2020", "published_alt": "2024-03-15"}
    scores = scored(label, record())
    assert scores.shares["pages"] == scores.shares["published"] == 1


def test_said_open_of_a_gated_page_is_the_worst_cell() -> None:
    scores = scored(LABEL, record(access=AccessVerdict(status="free", as_of=MOMENT)))
    assert scores.false_open == ["page.html"]


def test_values_where_the_label_has_none_are_invented() -> None:
    scores = scored(LABEL | {"abstracts": {}, "keywords": {}, "doi": None}, record())
    assert scores.spurious == {"abstract": ["page.html"], "keywords": ["page.html"], "doi": ["page.html"]}


def test_null_keywords_are_not_scored() -> None:
    scores = scored(LABEL | {"keywords": None}, record())
    assert "keywords" not in scores.units
    assert scores.unlabelled["keywords"] == 0


def test_two_abstracts_reduced_to_one_are_counted() -> None:
    label = LABEL | {"abstracts": {"en": TEXT, "fr": "Dix-sept patients ont été suivis pendant deux ans"}}
    assert scored(label, record()).reduced_to_one == ["page.html"]


def test_two_readings_beside_each_other() -> None:
    wrong = record(titles={"fr": LangText(value="Le genou", language="fr")})
    helped = [Prediction(LABEL, record(), True), Prediction(LABEL, record())]
    alone = [Prediction(LABEL, record(), True), Prediction(LABEL, wrong)]
    figures = Comparison.of(helped, alone).as_json()
    assert figures["core_mean"] == 1 > figures["beside"]["core_mean"]
    assert figures["generic_metadata"] == {"pages": 1, "core_mean": 1.0, "beside_core_mean": 1.0}


def test_a_negative_counts_only_if_no_record_came() -> None:
    scores = Scores()
    scores.add({"kind": "login", "file": "a"}, None)
    scores.add({"kind": "listing", "file": "b"}, record())
    assert (scores.kept_out, scores.negatives) == (1, 2)


def test_access_figures_per_class() -> None:
    scores = Scores()
    for labelled, said in (("open", "open"), ("open", "free"), ("free", "free"), ("unknown", "unknown")):
        scores.add(LABEL | {"access": labelled}, record(access=AccessVerdict(status=said, as_of=MOMENT)))
    figures = {one.status: one for one in scores.classes}
    assert (figures["free"].precision, figures["free"].recall) == (0.5, 1.0)
    assert (figures["open"].precision, figures["open"].recall) == (1.0, 0.5)
    assert scores.access_macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_folding_and_likeness() -> None:
    assert fold("L’Œdème — du GENOU") == "l oedeme du genou"
    assert f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert similarity(TEXT, TEXT) == 1
    assert similarity({"shingles": ["seventeen patients were"]}, "Seventeen patients were") == 1
    assert similarity(TEXT, TEXT + " and " + TEXT[::-1]) < 0.9


@pytest.mark.parametrize(("content", "word"), [(None, "labels.jsonl"), ('{"kind": "article"', "JSON")])
def test_labels_that_cannot_be_read_are_wrong_use(tmp_path: Path, content: str | None, word: str) -> None:
    if content is not None:
        (tmp_path / "labels.jsonl").write_text(content)
    with pytest.raises(UsageError, match=word):
        labels(tmp_path)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Our figures on the labelled pages, and the file of predictions they were drawn from."""
    predictions = tmp_path_factory.mktemp("evaluate") / "predictions.jsonl"
    command = [sys.executable, "-m", "harvester.cli", "evaluate", str(CORPUS / "dev"), "--json"]
    done = subprocess.run(
        [*command, "--predictions", str(predictions)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), predictions


@needs_corpus
def test_same_figures_as_the_reference_scorer(evaluated: tuple[dict[str, Any], Path], tmp_path: Path) -> None:
    ours, predictions = evaluated
    theirs_file = tmp_path / "theirs.json"
    scorer = [sys.executable, str(CORPUS / "score.py"), str(CORPUS / "dev" / "labels.jsonl"), str(predictions)]
    subprocess.run([*scorer, "--json", str(theirs_file)], capture_output=True, check=True)
    theirs = json.loads(theirs_file.read_text())
    for name in ("fields", "access_confusion", "false_open", "negatives_kept_out", "core_mean", "access_macro_f1"):
        assert ours[name] == theirs[name], name
    assert ours["bilingual_reduced_to_one"] == theirs["bilingual_reduced_to_one"]
    assert {field: pair[0] for field, pair in ours["spurious"].items() if pair[0]} == {
        field: pair[0] for field, pair in theirs["spurious"].items() if pair[0]
    }


@needs_corpus
@pytest.mark.parametrize(("name", "floor"), FLOORS["fields"].items())
def test_a_field_does_not_fall_below_its_floor(name: str, floor: float, evaluated: tuple[dict[str, Any], Path]) -> None:
    assert evaluated[0]["fields"][name][2] >= floor


@needs_corpus
def test_the_sums_do_not_fall(evaluated: tuple[dict[str, Any], Path]) -> None:
    ours = evaluated[0]
    assert ours["core_mean"] >= FLOORS["core_mean"]
    assert ours["access_macro_f1"] >= FLOORS["access_macro_f1"]
    assert ours["false_open"] == []
    assert ours["negatives_kept_out"][0] == ours["negatives_kept_out"][1]
    assert len(ours["invented_abstracts"]) <= FLOORS["invented_abstracts"]


@needs_corpus
def test_generic_metadata_need_no_seed_file(evaluated: tuple[dict[str, Any], Path]) -> None:
    assert evaluated[0]["beside"]["core_mean"] >= FLOORS["core_mean_without_files"]
    described = evaluated[0]["generic_metadata"]
    assert described["pages"] > 20
    assert described["core_mean"] - described["beside_core_mean"] <= FLOORS["most_lost_without_files"]
