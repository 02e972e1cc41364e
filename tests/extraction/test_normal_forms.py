"""Raw words and their normal forms, as tables."""

import pytest

from harvester.extraction.normalise.dates import read_date
from harvester.extraction.normalise.identifiers import doi, issn, orcid
from harvester.extraction.normalise.keywords import split_keywords
from harvester.extraction.normalise.names import read_name, split_names
from harvester.extraction.normalise.text import fold, tidy


@pytest.mark.parametrize(
    ("printed", "family", "given"),
    [
        ("DUPONT É.", "DUPONT", "É."),
        ("É. Dupont", "Dupont", "É."),
        ("Ordonez LN", "Ordonez", "LN"),
        ("Jean de La Tour", "de La Tour", "Jean"),
        ("Émile DE LA TOUR", "DE LA TOUR", "Émile"),
        ("van der Berg, Sanne", "van der Berg", "Sanne"),
        ("M. A. de la Cruz", "de la Cruz", "M. A."),
        ("Smith, John, Jr.", "Smith Jr.", "John"),
        ("Prof. Dr. Hans Meier", "Meier", "Hans"),
        ("Anna-Maria Łukasik, MD, PhD", "Łukasik", "Anna-Maria"),
        ("Иванова Мария Петровна", "Иванова", "Мария Петровна"),
        ("Антон Соколов", "Соколов", "Антон"),
        ("茶 太郎", "茶", "太郎"),
        ("WHO Collaborative Study Group", None, None),
        ("Taro YAMADA 1,2", "YAMADA", "Taro"),
    ],
)
def test_names(printed: str, family: str | None, given: str | None) -> None:
    name = read_name(printed)
    assert (name.family, name.given) == (family, given)


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("A. Dubois, B. Martin et C. Petit", ["A. Dubois", "B. Martin", "C. Petit"]),
        ("Dubois, Anne; Martin, Bruno", ["Dubois, Anne", "Martin, Bruno"]),
        ("Dubois, Anne", ["Dubois, Anne"]),
    ],
)
def test_lists_of_names(printed: str, names: list[str]) -> None:
    assert split_names(printed) == names


@pytest.mark.parametrize(
    ("raw", "order", "value", "rule"),
    [
        ("05/11/2023", "dmy", "2023-11-05", "day-first"),
        ("05/11/2023", "mdy", "2023-05-11", "month-first"),
        ("11/23/2023", "dmy", "2023-11-23", "month-first"),
        ("11/04/25", "dmy", "2025-04-11", "day-first"),
        ("00/1912", "dmy", "1912", "month/year"),
        ("2021", "dmy", "2021", "iso"),
        ("2021/00/00", "dmy", "2021", "iso"),
        ("2024-02-30", "dmy", "2024-02", "iso"),
        ("décembre 2025", "dmy", "2025-12", "words"),
        ("1er mars 2020", "dmy", "2020-03-01", "words"),
        ("March 1, 2020", "dmy", "2020-03-01", "words"),
        ("12 de octubre de 2019", "dmy", "2019-10-12", "words"),
        ("2013-04-24T10:00:00Z", "dmy", "2013-04-24", "iso"),
    ],
)
def test_dates(raw: str, order: str, value: str, rule: str) -> None:
    read = read_date(raw, order)
    assert read is not None
    assert (read.value, read.rule) == (value, rule)


def test_no_date_is_made_of_words_without_one() -> None:
    assert read_date("to appear") is None


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("https://doi.org/10.5555/ABC.1", "10.5555/abc.1"),
        ("doi:10.5555/abc(1)2.", "10.5555/abc(1)2"),
        ("DOI 10.5555/S0009-2614(97)04014-1)", "10.5555/s0009-2614(97)04014-1"),
        ("10.5555%2Fabc", "10.5555/abc"),
        ("https://journal.example/article/10", None),
        ("info:doi/10.5555/x", "10.5555/x"),
    ],
)
def test_dois(raw: str, value: str | None) -> None:
    assert doi(raw) == value


def test_check_digits_are_verified() -> None:
    assert issn("ISSN 0317-8471") is not None
    assert issn("0317-8472") is None
    assert orcid("https://orcid.org/0000-0002-1825-0097") == "0000-0002-1825-0097"
    assert orcid("0000-0002-1825-0098") is None


@pytest.mark.parametrize(
    ("printed", "items"),
    [
        ("TDM (scanner, thorax), Fibrose, COVID-19", ["TDM (scanner, thorax)", "Fibrose", "COVID-19"]),
        ("a; b, c; d.", ["a", "b, c", "d"]),
        ("slate | salt | sea spray", ["slate", "salt", "sea spray"]),
        ("Keywords: one, two", ["one", "two"]),
        ("1,2-diols, ethers", ["1,2-diols", "ethers"]),
        ("fish, Fish, FISH", ["fish"]),
    ],
)
def test_keywords(printed: str, items: list[str]) -> None:
    assert split_keywords(printed) == items


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("CO<sub>2</sub> &amp;amp; H<sub>2</sub>O", "CO2 & H2O"),
        ("l\u2019\u00e9t\u00e9\u200b e\u0301t\u00e9", "l\u2019été été"),
        ("thÃ©rapie", "thérapie"),
        ("p < 0.05 and q > 2", "p < 0.05 and q > 2"),
        ("a\x00b\x0bc", "abc"),
    ],
)
def test_text(raw: str, value: str) -> None:
    assert tidy(raw) == value


def test_folding_forgets_accents_case_and_ligatures() -> None:
    assert fold("Œdème  THÉRAPIES, auto-immunes") == "oedeme therapies auto immunes"
