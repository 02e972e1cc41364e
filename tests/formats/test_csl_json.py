"""CSL-JSON: every variable and type is one of the language's, and citation processors make a reference of it."""

import json
import re
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from articles import article, licensed, noted, retracted, structured
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON

from harvester.formats import csl_json
from harvester.formats.tables import table
from harvester.model.record import Contributor, DateValue, Record

RECORDS = [
    article(),
    noted(),
    noted("resolved"),
    retracted(),
    structured(),
    licensed("free"),
    article(contributors=(), dates=()),
]


@cache
def _vocabulary() -> Path:
    spec = find_spec("citeproc")
    assert spec and spec.origin
    return Path(spec.origin).parent / "data"


def words(file: str, name: str) -> set[str]:
    """The strings that a definition of CSL's own RELAX NG grammar lists."""
    grammar = (_vocabulary() / "schema/schemas/styles" / file).read_text("utf-8")
    found = re.search(rf"^\s*{re.escape(name)} =(.*?)(?=^\s*##|^\s*[\w.-]+ =|\Z)", grammar, re.DOTALL | re.MULTILINE)
    assert found
    return set(re.findall(r'"([\w-]+)"', found[1]))


@cache
def schema() -> dict[str, Any]:
    """The shape of CSL data (specification 1.0.2, appendix IV): types of values by kind of variable."""
    name = {"type": "object", "properties": {part: {"type": "string"} for part in ("family", "given", "literal")}}
    parts = {"type": "array", "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}}
    date = {"type": "object", "properties": {"date-parts": parts}, "additionalProperties": False}
    kinds = {
        "variables.names": {"type": "array", "items": name | {"additionalProperties": False}, "minItems": 1},
        "variables.dates": date,
        "variables.numbers": {"type": ["string", "number"]},
        "variables.titles": {"type": "string"},
        "variables.strings": {"type": "string"},
    }
    variables = {word: shape for kind, shape in kinds.items() for word in words("csl-variables.rnc", kind)}
    types = {"enum": sorted(words("csl-types.rnc", "item-types"))}
    properties = variables | {"id": {"type": "string"}, "type": types, "custom": {"type": "object"}}
    return {"type": "object", "properties": properties, "required": ["id", "type"], "additionalProperties": False}


@pytest.mark.parametrize("record", RECORDS)
def test_every_variable_is_one_of_csl_with_a_value_of_its_kind(record: Record) -> None:
    item = json.loads(csl_json.render(record))
    jsonschema.validate(item, schema())


@pytest.mark.parametrize("kind", [word for row in table("types").values() for word in row["words"]])
def test_every_type_is_one_of_csl(kind: str) -> None:
    jsonschema.validate(json.loads(csl_json.render(article(type=kind))), schema())


def reference(record: Record) -> str:
    """The record in a list of references, by citeproc-py."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of variables that citeproc-py does not print: custom, status ...
        source = CiteProcJSON([json.loads(csl_json.render(record))])
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        bibliography = CitationStylesBibliography(style, source, formatter.plain)
        bibliography.register(Citation([CitationItem(record.id)]))
        return str(bibliography.bibliography()[0])


def test_a_citation_processor_prints_the_reference() -> None:
    printed = reference(article())
    assert "Plume" in printed
    assert "Groupe Cadran" in printed
    assert "2025" in printed
    assert "Les cadrans solaires de la vallée" in printed
    assert "Revue des ombres" in printed
    assert "92(3)" in printed
    assert "205" in printed
    assert "10.5555/ombres.12" in printed


def test_a_reference_never_mixes_editions() -> None:
    printed = reference(noted("resolved"))
    assert "Joint Bone Spine" not in printed
    assert "10.5555/jbspin.77" not in printed


def test_a_date_keeps_its_precision() -> None:
    dates = (DateValue(kind="published", value="2025-04", precision="month", raw="04/2025", rule="iso"),)
    assert csl_json.item(article(dates=dates))["issued"] == {"date-parts": [[2025, 4]]}


def test_a_name_whose_parts_nobody_knows_is_literal() -> None:
    people = (Contributor(name="Groupe Cadran", order=1),)
    assert csl_json.item(article(contributors=people))["author"] == [{"literal": "Groupe Cadran"}]


def test_a_retracted_article_says_so() -> None:
    item = csl_json.item(retracted())
    assert item["status"] == "retracted"
    assert item["note"].startswith("This article has been retracted.")
