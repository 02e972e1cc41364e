"""What may not be passed on leaves through no door of the API; what is not listed is nowhere in public."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from client import Client, key_for, make_record, put

from harvester.model.access import AccessVerdict
from harvester.model.key import Scope
from harvester.model.record import AbstractPolicy, LangText, Record, Rights
from harvester.model.signal import Evidence
from storage.store import Store

SECRET = "Twelve granite quarries were mapped and dated by the crusts that grow on them."
QUOTE = "granite quarries were mapped and dated by the crusts that grow"
RESEARCH = AbstractPolicy(basis="research", keep=True, show="signed_in", redistribute=False)
NOBODY = AbstractPolicy(basis="licence", keep=True, show="nobody", redistribute=False)


def reserved(n: int = 1, policy: AbstractPolicy = RESEARCH, **more: Any) -> Record:
    texts = more.pop("abstracts", {"en": LangText(value=SECRET, language="en")})
    rights = more.pop("rights", Rights(abstract_policy=policy))
    return make_record(n, abstracts=texts, rights=rights, quote=more.pop("quote", QUOTE), **more)


def everywhere(ask: Client, record_id: str) -> Iterator[bytes]:
    """Every answer in which this record may be."""
    for form in ("json", "json-ld", "csl-json", "ris", "bibtex", "jats"):
        yield ask(f"records/{record_id}", format=form).body
    for part in ("revisions", "revisions/1", "diff", "verdicts"):
        yield ask(f"records/{record_id}/{part}").body
    yield ask(f"records/{record_id}", as_of="2030-01-01T00:00:00Z").body
    for path in ("records", f"records?ids={record_id}", "changes", f"works/{record_id}", "works", "sources"):
        yield ask(path).body
    for text in ("quarries", "study", "crusts OR study", "abstract:granite"):
        yield ask("search", q=text, facets="true").body


def test_a_withheld_abstract_is_in_no_public_answer(store: Store, ask: Client) -> None:
    put(store, reserved(title="Les carrières"))
    put(store, record := reserved())  # its revisions quote it too
    for key in ("", key_for(store, Scope.READ), key_for(store, Scope.OPERATE)):
        reader = Client(ask.url, key)
        for answer in everywhere(reader, record.id):
            assert b"granite" not in answer
            assert b"crusts that" not in answer
        assert reader("search", q="quarries").json["items"] == []
        assert len(reader("search", q="study").json["items"]) == 1


def test_a_signed_in_reader_sees_it(store: Store, ask: Client) -> None:
    put(store, record := reserved(), reserved(2, NOBODY))
    reader = Client(ask.url, key_for(store, Scope.ABSTRACTS))
    assert reader(f"records/{record.id}").json["abstracts"]["en"]["value"] == SECRET
    found = reader("search", q="quarries").json["items"]
    assert [one["record"]["id"] for one in found] == [record.id]
    assert "quarries" in found[0]["snippets"][0]["text"]
    assert reader(f"records/{record.id}/verdicts").json["items"][0]["verdict"]["evidence"][0]["quote"] == QUOTE
    assert reader(f"records/{record.id}").headers["cache-control"].startswith("private")


def test_what_is_withheld_now_is_withheld_of_the_past_too(store: Store, ask: Client) -> None:
    put(store, reserved(policy=AbstractPolicy()), at=datetime(2026, 1, 1, tzinfo=UTC))
    put(store, record := reserved(), at=datetime(2026, 2, 1, tzinfo=UTC))
    for answer in everywhere(ask, record.id):
        assert b"granite" not in answer
    assert b"granite" not in ask(f"records/{record.id}", as_of="2026-01-15T00:00:00Z").body
    differs = {one["field"] for one in ask(f"records/{record.id}/diff").json["items"]}
    assert "abstracts" not in differs
    assert "rights.abstract_policy.redistribute" in differs


def test_what_was_withheld_then_stays_so(store: Store, ask: Client) -> None:
    put(store, reserved())
    open_now = reserved(
        policy=AbstractPolicy(), abstracts={"en": LangText(value="Another.", language="en")}, quote="words"
    )
    put(store, open_now)
    assert b"granite" not in ask(f"records/{open_now.id}/revisions/1").body
    assert b"granite" not in ask(f"records/{open_now.id}/verdicts").body
    assert ask(f"records/{open_now.id}").json["abstracts"]["en"]["value"] == "Another."


def test_statements_that_did_not_decide_go_with_their_quotes(store: Store, ask: Client) -> None:
    said = Evidence(vocabulary="page", name="sentence", quote=QUOTE, where="/html/body/p")
    conflict = {"status": "open", "tier": 3, "rule": "r@1", "evidence": said}
    verdict = AccessVerdict(as_of=datetime(2026, 1, 1, tzinfo=UTC), conflicts=(conflict,), disputed=True)
    put(store, record := reserved(access=verdict))
    assert ask(f"records/{record.id}").json["access"]["conflicts"] == []


def test_an_unlisted_record_is_nowhere_in_public(store: Store, ask: Client) -> None:
    hidden = make_record(1, doi="10.1000/1", rights=Rights(robots=("noindex",)))
    put(store, hidden, make_record(2))
    for path in (
        f"records/{hidden.id}",
        f"records/{hidden.id}/verdicts",
        f"works/{hidden.id}",
        "records/by-doi/10.1000/1",
    ):
        assert ask(path).status == 404
    assert ask("records/by-url", url=hidden.url).status == 404
    assert len(ask("records").json["items"]) == len(ask("search", q="etude").json["items"]) == 1
    assert ask("search", q="etude", facets="true").json["facets"]["source"] == {"alpha": 1}
    operator = Client(ask.url, key_for(store, Scope.OPERATE))
    assert operator(f"records/{hidden.id}").status == operator("records/by-doi/10.1000/1").status == 200
    assert len(operator("records").json["items"]) == len(operator("search", q="etude").json["items"]) == 2


def test_who_follows_sees_what_is_unlisted_now_as_deleted(store: Store, ask: Client) -> None:
    put(store, record := make_record(1))
    put(store, make_record(1, rights=Rights(robots=("noindex",))))
    told = ask("changes").json["items"]
    assert [(one["kind"], one["reason"]) for one in told] == [("deleted", "not_listed")] * 2
    operator = Client(ask.url, key_for(store, Scope.OPERATE))
    assert [(one["kind"], one["reason"]) for one in operator("changes").json["items"]] == [
        ("created", None),
        ("updated", None),
    ]
    assert ask(f"records/{record.id}").status == 404
    put(store, make_record(1))
    assert [one["reason"] for one in ask("changes").json["items"]] == [None] * 3
    assert ask(f"records/{record.id}/revisions/2").status == 404  # it was not listed then


@pytest.mark.parametrize("scope", [None, *Scope])
def test_the_past_of_a_deleted_record_is_the_operators(store: Store, ask: Client, scope: Scope | None) -> None:
    put(store, record := make_record(1))
    store.transact(lambda unit: store.records.delete(unit, record.id, "gone", datetime.now(UTC)))
    reader = Client(ask.url, key_for(store, scope) if scope else "")
    assert reader(f"records/{record.id}/revisions").status == (200 if scope is Scope.OPERATE else 410)
