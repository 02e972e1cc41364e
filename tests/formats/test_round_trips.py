"""What other people's programs read back from our formats: both titles, both abstracts, keywords, access, the edition
to cite and what became of the article."""

from collections.abc import Callable
from pathlib import Path

import pytest
import readers
from articles import ABSTRACTS, KEYWORDS, TITLES, article, noted, retracted, verdict
from readers import Read

from harvester.formats.files import chunks
from harvester.model.record import Record

Reader = Callable[[bytes], list[Read]]
EVERY = pytest.mark.parametrize(
    ("name", "reader"), list(readers.every_reader()), ids=lambda value: getattr(value, "__name__", value)
)


def one(name: str, reader: Reader, record: Record) -> Read:
    data = b"".join(chunks(name, [record], languages=("fr", "en")))
    (found,) = reader(data)
    return found


def main_first(texts: dict[str, str]) -> dict[str, str]:
    """As a format holds them that knows no language of its main text."""
    return {"": texts["fr"], "en": texts["en"]}


@EVERY
def test_both_titles_and_both_abstracts_survive(name: str, reader: Reader) -> None:
    found = one(name, reader, article())
    assert found.titles in (TITLES, main_first(TITLES))
    assert found.abstracts in (ABSTRACTS, main_first(ABSTRACTS))


@EVERY
def test_keywords_survive(name: str, reader: Reader) -> None:
    found = one(name, reader, article())
    listed = [word for words in found.keywords.values() for word in words]
    wanted = [word for words in KEYWORDS.values() for word in words]
    assert ", ".join(listed) == ", ".join(wanted)  # BibTeX parts keywords by commas


@EVERY
@pytest.mark.parametrize("status", ["open", "free", "embargoed", "registration", "subscription", "no_fulltext"])
def test_access_survives(name: str, reader: Reader, status: str) -> None:
    assert one(name, reader, article(access=verdict(status))).access == status


@EVERY
@pytest.mark.parametrize("state", ["unresolved", "resolved"])
def test_the_edition_to_cite_survives(name: str, reader: Reader, state: str) -> None:
    said = one(name, reader, noted(state)).said()
    assert "Joint Bone Spine" in said
    assert ("10.5555/jbspin.77" in said) is (state == "resolved")


@EVERY
@pytest.mark.parametrize("status", ["corrected", "retracted", "expression_of_concern", "withdrawn"])
def test_what_became_of_the_article_survives(name: str, reader: Reader, status: str) -> None:
    said = one(name, reader, retracted(status)).said().lower().replace("_", " ")
    assert status.replace("_", " ") in said


@EVERY
def test_an_article_nothing_became_of_is_not_marked(name: str, reader: Reader) -> None:
    said = one(name, reader, article()).said()
    assert not any(word in said for word in ("orrected", "etracted", "ithdrawn", "oncern", "Preferred citation"))


@EVERY
def test_many_records_are_as_many(name: str, reader: Reader) -> None:
    records = [article(id=f"{number:020x}", source_id="alpha") for number in range(5)]
    found = reader(b"".join(chunks(name, records, languages=("fr", "en"))))
    assert len(found) == len(records)
    assert all(each == found[0] for each in found)


@pytest.mark.parametrize("name", ["csv", "parquet", "csl-json", "jats", "oai_dc"])
def test_no_record_is_a_whole_file_too(name: str) -> None:
    assert readers.READERS[name](b"".join(chunks(name, [], languages=("fr",)))) == []


def test_duckdb_reads_parquet(tmp_path: Path) -> None:
    data = b"".join(chunks("parquet", [article(), noted("resolved")]))
    first, second = readers.parquet_in_duckdb(data, tmp_path / "records.parquet")
    assert (first.titles, first.abstracts) == (TITLES, ABSTRACTS)
    assert {lang: tuple(words) for lang, words in first.keywords.items()} == KEYWORDS
    assert first.access == "subscription"
    assert "10.5555/jbspin.77" in second.said()
