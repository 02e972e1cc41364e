"""The OpenAPI document: it says what is answered, with examples, and schemathesis finds nothing else."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from client import Client, make_record, put
from jsonschema import Draft202012Validator
from questions import asked

from harvester.serving.problems import KINDS
from storage.store import Store


@pytest.fixture
def document(ask_file: Client) -> Any:
    return ask_file("openapi.json").json


def test_every_route_documents_its_problems(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) >= 17
    for path, methods in document["paths"].items():
        [(method, route)] = methods.items()
        assert method == "get", path
        assert {"200", "400", "401", "414", "422", "429", "500", "503"} <= route["responses"].keys(), path
        for status, response in route["responses"].items():
            if status >= "400":
                [(media, content)] = response["content"].items()
                assert media == "application/problem+json"
                assert all(str(one["value"]["status"]) == status for one in content["examples"].values())
                assert content["examples"]


def test_problems_explain_themselves(ask_file: Client) -> None:
    for item in ask_file("problems").json["items"]:
        assert ask_file(item["type"]).json == item
    assert len(ask_file("problems").json["items"]) == len(KINDS)
    for path in ("/nowhere", "/api/v2/records", "/api/v1/records/", "/api"):
        answer = ask_file(path)
        assert (answer.status, answer.kind) == (404, "not-found")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask_file("records", method).kind == "method-not-allowed"


def test_records_are_as_the_document_says(file: Store, ask_file: Client, document: Any) -> None:
    put(file, record := make_record(1, doi="10.1000/1"))
    schema = {"$ref": "#/components/schemas/Record", "components": document["components"]}
    Draft202012Validator(schema).validate(ask_file(f"records/{record.id}").json)
    assert "ToldChange" in json.dumps(document["components"]["schemas"]["ChangePage"])


def test_nothing_is_answered_that_is_not_documented(file: Store, ask_file: Client, tmp_path: Path) -> None:
    records = [make_record(n, doi=f"10.1000/{n}") for n in range(20)]
    put(file, *records)
    file.transact(lambda unit: file.records.delete(unit, records[0].id, "gone", datetime.now(UTC)))
    done = asked(ask_file.url, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "4", "--seed", "1")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
