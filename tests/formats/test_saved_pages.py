"""Every record read from a saved page, through every format and back, by other people's programs and our own reader."""

import re
from collections.abc import Callable
from functools import cache

import pytest
import readers
from lxml import etree
from test_any_text import FOLDS, typeset
from test_sources import CASES, read

from harvester.extraction.extract import extract
from harvester.formats import citation, jats, json_ld, oai_dc
from harvester.formats.choices import languages
from harvester.formats.files import chunks
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.source import GENERIC


@cache
def records() -> list[Record]:
    found = [read(folder).record for folder in CASES]
    return [one.model_copy(update={"id": f"{number:020x}"}) for number, one in enumerate(found) if one]


def without_colons(value: str) -> str:
    """A label's colon is no part of the label: JATS sets labels apart by their element."""
    return re.sub(r"\s*:\s+", " ", value)


def folded(texts: dict[str, str], main: str | None, fold: Callable[[str], str]) -> dict[str, str]:
    """Texts by language; the main one under "" as formats without languages have it."""
    return {"" if lang == main else lang: fold(text) for lang, text in texts.items()}


@pytest.mark.parametrize(
    ("name", "reader", "fold"),
    [
        *((name, reader, FOLDS[name]) for name, reader in readers.READERS.items()),
        *((name, reader, typeset) for name, reader in readers.OTHERS.items()),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_titles_abstracts_and_access_come_back(
    name: str, reader: Callable[[bytes], list[readers.Read]], fold: Callable[[str], str]
) -> None:
    everywhere = sorted({lang for one in records() for lang in languages(one)})
    found = reader(b"".join(chunks(name, records(), languages=everywhere)))
    assert len(found) == len(records())
    for record, back in zip(records(), found, strict=True):
        for kind, texts in (("titles", record.titles), ("abstracts", record.abstracts)):
            order = [lang for lang in languages(record) if lang in texts]
            main = order[0] if order and "" in getattr(back, kind) else None
            how = without_colons if name == "jats" else fold
            wanted = folded({lang: text.value for lang, text in texts.items()}, main, how)
            assert folded(getattr(back, kind), None, how) == wanted
        status = record.access.status.value
        assert (back.access or "unknown").split(";")[0] == status


def test_each_is_valid_jats_and_well_formed_dublin_core() -> None:
    tag_set = readers.dtd()
    for record in records():
        assert tag_set.validate(etree.fromstring(jats.render(record))), (record.url, tag_set.error_log)
        etree.fromstring(oai_dc.render(record))


def test_json_ld_has_both_languages() -> None:
    for record in records():
        (back,) = readers.json_ld(json_ld.render(record))
        assert back.titles == {lang: title.value for lang, title in record.titles.items()}


def again(record: Record, body: bytes) -> Record:
    """What our own reader makes of an XML document of ours."""
    page = Page(
        url=record.url,
        final_url=record.url,
        status=200,
        headers=(("content-type", "application/xml"),),
        body=body,
        fetched_at=record.provenance.fetched_at,
    )
    found = extract(page, GENERIC)
    assert found.record, (record.url, found.reason)
    return found.record


def test_our_own_reader_finds_in_our_jats_what_was_in_the_record() -> None:
    for record in records():
        if not record.abstracts:
            continue
        back = again(record, jats.render(record))
        assert {lang: one.value for lang, one in back.titles.items()} == {
            lang: one.value for lang, one in record.titles.items()
        }
        assert set(back.abstracts) == set(record.abstracts)
        assert back.identifier("doi") == record.identifier("doi")
        assert {lang: one.items for lang, one in back.keywords.items()} == {
            lang: one.items for lang, one in record.keywords.items()
        }


def test_no_reference_names_a_doi_that_nobody_stated() -> None:
    for record in records():
        stated = {one.value for one in record.identifiers} | {relation.target for relation in record.relations}
        cited = citation.cite_as(record)
        assert cited == record.url or cited.removeprefix("https://doi.org/") in {value for value in stated if value}
