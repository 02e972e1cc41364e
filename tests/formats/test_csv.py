"""CSV: no cell is a formula, nothing is lost, languages have columns."""

import csv
import io

import pytest
from articles import KEYWORDS, TITLES, article, noted, text
from hypothesis import given
from hypothesis import strategies as st

from harvester.formats import csv_rows
from harvester.model.record import Contributor, Record

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "'=1", "=cmd|'/c calc'!A0", '="1"']


def cells(*records: Record, languages: tuple[str, ...] = ("fr", "en"), raw: bool = False) -> list[dict[str, str]]:
    data = b"".join(csv_rows.rows(records, languages, raw=raw)).decode()
    return list(csv.DictReader(io.StringIO(data, newline="")))


@pytest.mark.fault(120)
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_begins_as_a_formula_does(formula: str) -> None:
    record = article(
        titles={"fr": text("fr", formula)},
        contributors=(Contributor(name=formula, order=1),),
        container=article().container.model_copy(update={"volume": formula, "publisher": formula}),
    )
    (row,) = cells(record)
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")) for cell in row.values())
    assert csv_rows.unsafe(row["title_fr"]) == csv_rows.unsafe(row["volume"]) == formula
    (raw,) = cells(record, raw=True)
    assert raw["title_fr"] == raw["volume"] == formula


@pytest.mark.fault(120)
@given(st.text())
def test_what_was_made_safe_comes_back(cell: str) -> None:
    assert csv_rows.unsafe(csv_rows.safe(cell)) == cell


def test_a_whole_row() -> None:
    (row,) = cells(article())
    assert {lang: row[f"title_{lang}"] for lang in TITLES} == TITLES
    assert row["keywords_fr"] == '["cadran solaire", "mémoire, paroisse"]'
    assert row["authors"] == '["Plume, Ada", "Groupe Cadran"]'
    assert (row["doi"], row["published"], row["access"]) == ("10.5555/ombres.12", "2025-04-11", "subscription")
    assert row["access_evidence"] == "nécessite un abonnement"
    assert row["cite_as"] == "https://doi.org/10.5555/ombres.12"
    assert row["other_texts"] == ""


def test_a_language_without_columns_is_not_lost() -> None:
    (row,) = cells(article(), languages=("fr",))
    assert TITLES["en"] in row["other_texts"]
    assert KEYWORDS["en"][0] in row["other_texts"]
    assert "title_en" not in row


def test_the_edition_to_cite_stands_beside_the_own_doi() -> None:
    (row,) = cells(noted("resolved"))
    assert (row["doi"], row["cite_as"]) == ("10.5555/ombres.12", "https://doi.org/10.5555/jbspin.77")


def test_one_record_alone_has_columns_of_its_own_languages() -> None:
    header = csv_rows.render(article()).decode().split("\r\n")[0].split(",")
    assert header == [*csv_rows.columns(("fr", "en")), "other_texts"]
