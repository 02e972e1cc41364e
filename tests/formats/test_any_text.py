"""Whatever stands in a record's texts: one record in, one record out, its neighbour whole, and the text equal again,
but for the folding that a format's docstring names."""

import json
import re
from collections.abc import Callable

import pytest
import readers
from articles import article, evidence, text, verdict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from readers import Read

from harvester.formats import jats, json_ld, oai_openaire
from harvester.formats.characters import for_xml, one_line
from harvester.formats.files import chunks
from harvester.model.record import (
    Container,
    Contributor,
    Identifier,
    Integrity,
    KeywordList,
    Licence,
    Record,
    Relation,
    Rights,
    Section,
)

NASTY = (
    "\nER  - ", "\r\nTY  - JOUR\r\n", "ER  -", "\n\n@article{x,\n title={y}\n}\n", "@", "{", "}", "}}", "\\",
    "\\\\", "\\n", "%", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e", "\r", "\n", "\t", "\x01",
    "\x07", "\x1b[31m", "\x7f", "\x9f", "\u200f", "\u202e", "\u200b", "\u00ad", "\ufeff", "\ufffe", "\uffff",
    "\ufffd", "𝛽", "😀", "é", "e\u0301", "\u00a0", "\u202f", "]]>", "<!--", "-->", "<?x?>", "&amp;", "&", "<", ">",
    "</dc:title>", '"', "'", "''", "``", "`", "--", "---", "-", "~", "^", "$", "_", "#", ",", ";", " and ", " AND ",
    "=1+1", "+", "title (en): ", "harvester-access: open", "\\end{document}", "\\input{x}", "$x$", "a", "B", "12",
    " ", "  ", "]", "[", "\\u2028", "//", "https://x.example/?a=b&c=d", "?`", "!`", "|", "*", "=",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(NASTY) | st.text(min_size=1, max_size=6), min_size=1, max_size=8).map("".join)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def exact(value: str) -> str:
    return value


def typeset(value: str) -> str:
    """Quotation marks and dashes as the readers of TeX set them, all alike; blanks single."""
    value = re.sub("[`‘’“”\"']+", "'", one_line(value))
    return re.sub(r"\s+", " ", value).strip()


FOLDS: dict[str, Callable[[str], str]] = {
    "jsonl": exact,
    "csv": exact,
    "parquet": exact,
    "csl-json": exact,
    "jats": for_xml,
    "oai_dc": lambda value: for_xml(value) if value.strip() else "",  # blank values are left out
    "ris": one_line,
    "bibtex": lambda value: one_line(value).replace("ˆ", "^"),  # as bibtexparser's decoder reads \textasciicircum
}


def hostile(value: str) -> Record:
    """An article in which every text is this one."""
    note = Relation(type="isVariantFormOf", target_text=value, evidence=(evidence(name="cite_other_edition"),))
    notice = Relation(type="hasRetraction", target=f"10.5555/{value}", state="resolved", evidence=(evidence(),))
    return article(
        type=value,
        titles={lang: text(lang, value) for lang in ("fr", "en")},
        abstracts={lang: text(lang, value) for lang in ("fr", "en")},
        keywords={lang: KeywordList(items=(value,), language=lang) for lang in ("fr", "en")},
        contributors=tuple(
            Contributor(name=value, family=family, given=value, affiliations=(value,), role=role, order=1)
            for family in (value, None)
            for role in ("author", "editor", value)
        ),
        container=Container(
            titles={"fr": value}, publisher=value, volume=value, issue=value, pages=value, article_number=value
        ),
        identifiers=(
            Identifier(scheme="doi", value=f"10.5555/{value}", raw=value),
            Identifier(scheme="pmid", value=value, raw=value),
        ),
        access=verdict().model_copy(update={"evidence": (evidence(value[:240]),)}),
        rights=Rights(licences=(Licence(url=f"https://x.example/{value}", spdx=value),), copyright=value),
        relations=(note, notice),
        integrity=Integrity(status="retracted", notice=value, date=value),
        url=f"https://x.example/{value}",
    )


def check(read: list[Read], value: str, fold: Callable[[str], str], neighbour: Read) -> None:
    assert len(read) == 2
    found, after = read
    assert after == neighbour
    wanted = fold(value)
    for texts in (found.titles, found.abstracts):
        main, other = texts.get("fr", texts.get("", "")), texts.get("en", "")
        assert (fold(main or ""), fold(other or "")) == (wanted, wanted)


def file(name: str, *records: Record) -> bytes:
    return b"".join(chunks(name, records, languages=("fr", "en")))


NEXT = article(id="0123456789abcdef0123")
NEIGHBOURS = {name: read(file(name, NEXT))[0] for name, read in readers.READERS.items()}


@pytest.mark.fault(121, 122, 123)
@pytest.mark.parametrize("name", FOLDS)
@given(value=TEXTS)
@FEW
def test_any_text_is_one_record_and_comes_back(name: str, value: str) -> None:
    check(readers.READERS[name](file(name, hostile(value), NEXT)), value, FOLDS[name], NEIGHBOURS[name])


@given(value=TEXTS)
@FEW
def test_json_ld_is_lossless(value: str) -> None:
    (found,) = readers.json_ld(json_ld.render(hostile(value)))
    assert found.titles == {"fr": value, "en": value}
    assert found.keywords == {"fr": [value], "en": [value]}


@pytest.mark.fault(122)
@given(value=TEXTS)
@FEW
def test_openaire_is_well_formed(value: str) -> None:
    root = etree.fromstring(oai_openaire.render(hostile(value)))
    titles = [title.text or "" for title in root.iter(f"{readers.DATACITE}title")]
    assert titles == [for_xml(value)] * 2


@pytest.mark.fault(122)
@given(value=TEXTS)
@FEW
def test_jats_is_valid(value: str) -> None:
    parts = (Section(label=None, text=value), Section(label=value, text=value))
    structured = article(abstracts={"fr": text("fr", value, sections=parts)})
    tag_set = readers.dtd()
    for record in (hostile(value), structured):
        assert tag_set.validate(etree.fromstring(jats.render(record))), tag_set.error_log


@pytest.mark.fault(121)
@given(values=st.lists(TEXTS, min_size=40, max_size=60))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_is_one_record_for_bibutils_and_pandoc(values: list[str]) -> None:
    for name, read in readers.OTHERS.items():
        records = [one for value in values for one in (hostile(value), NEXT)]
        found = read(file(name, *records))
        assert len(found) == len(records)
        (neighbour,) = read(file(name, NEXT))
        for value, *pair in zip(values, found[::2], found[1::2], strict=True):
            check(pair, value, typeset, neighbour)


@pytest.mark.fault(123)
@given(values=st.lists(TEXTS, min_size=1, max_size=5))
@FEW
def test_jsonl_has_a_line_for_each_record_whatever_splits_it(values: list[str]) -> None:
    data = file("jsonl", *map(hostile, values))
    lines = data.decode().splitlines()
    assert [Record.model_validate(json.loads(line)) for line in lines] == list(map(hostile, values))
