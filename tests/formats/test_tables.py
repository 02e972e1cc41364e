"""The tables of words in other vocabularies: complete, and of those vocabularies."""

import pytest
from articles import article, verdict

from harvester.formats import json_ld, tables
from harvester.formats.tables import iso639_2b, iso639_3, table
from harvester.model.access import AccessStatus
from harvester.model.record import Integrity

COLUMNS = {"coar", "ris", "csl", "bibtex", "schema_org", "jats"}


def test_every_access_status_has_a_row() -> None:
    assert set(table("access")) - {"labels"} == {status.value for status in AccessStatus}


def test_every_fate_of_an_article_has_a_row() -> None:
    statuses = set(Integrity.model_fields["status"].annotation.__args__)  # type: ignore[union-attr]
    assert set(table("integrity")) == statuses - {"none"}


def test_a_word_names_one_type_only() -> None:
    words = [word for row in table("types").values() for word in row["words"]]
    assert len(words) == len(set(words))
    assert all(name in row["words"] for name, row in table("types").items() if name != "commentary")


@pytest.mark.parametrize("column", sorted(COLUMNS))
def test_an_article_has_a_word_in_every_vocabulary(column: str) -> None:
    assert table("types")["article"][column]


def test_types_have_no_other_columns() -> None:
    assert {name for row in table("types").values() for name in row} <= COLUMNS | {"words", "coar_1"}


@pytest.mark.parametrize(
    ("kind", "coar", "ris", "csl", "schema_org"),
    [
        ("research-article", "c_2df8fbb1", "JOUR", "article-journal", "ScholarlyArticle"),
        ("Review", "c_dcae04bc", "JOUR", "article-journal", "ScholarlyArticle"),
        ("editorial", "c_b239", "JOUR", "article-journal", "ScholarlyArticle"),
        ("thesis", "c_46ec", "THES", "thesis", "Thesis"),
        ("a type nobody heard of", "c_6501", "JOUR", "article-journal", "ScholarlyArticle"),
    ],
)
def test_types(kind: str, coar: str, ris: str, csl: str, schema_org: str) -> None:
    record = article(type=kind)
    assert tables.coar_type(record).uri == tables.COAR_TYPE + coar
    assert [tables.type_in(record, name) for name in ("ris", "csl", "schema_org")] == [ris, csl, schema_org]


@pytest.mark.parametrize(
    ("tag", "bibliographic", "part_3"),
    [("fr", "fre", "fra"), ("fr-CA", "fre", "fra"), ("de", "ger", "deu"), ("en", "eng", "eng"),
     ("zh-Hant", "chi", "zho"), ("cs", "cze", "ces"), ("EL", "gre", "ell"), ("ast", "ast", "ast"),
     ("und", "und", "und"), ("qq", "und", "und")],
)  # fmt: skip
def test_codes_of_languages(tag: str, bibliographic: str, part_3: str) -> None:
    assert (iso639_2b(tag), iso639_3(tag)) == (bibliographic, part_3)


def test_codes_are_three_letters_and_each_stands_once() -> None:
    rows = table("languages")
    assert len(rows) == 183  # ISO 639-1 without the collective and the retired ones
    for part in (0, 1):
        codes = [row[part] for row in rows.values()]
        assert len(set(codes)) == len(codes)
        assert all(len(code) == 3 and code.isalpha() for code in codes)


@pytest.mark.parametrize(
    ("status", "free"),
    [("open", True), ("free", True), ("embargoed", False), ("registration", False), ("subscription", False),
     ("no_fulltext", None), ("unknown", None)],
)  # fmt: skip
def test_schema_org_says_free_only_where_it_is_known(status: str, free: bool | None) -> None:
    document = json_ld.document(article(access=verdict(status)))
    assert document.get("isAccessibleForFree") is free
    assert ("isAccessibleForFree" in document) is (free is not None)
