"""Works and where they went, revisions, verdicts, sources and runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from client import Client, key_for, make_record, put

from harvester.model.key import Scope
from harvester.model.record import Relation
from harvester.model.run import RunOutcome
from storage.runs import Owner
from storage.store import Store

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def merged(store: Store) -> tuple[str, str]:
    """Two records in one work, by their own DOI at two sources."""
    one, other = make_record(1, doi="10.1000/1"), make_record(2, doi="10.1000/1", source_id="beta", id="b" * 20)
    put(store, one)
    put(store, other)
    return one.id, other.id


def test_a_work_that_went_into_another_leads_there(store: Store, ask: Client) -> None:
    one, other = merged(store)
    work = ask(f"works/{one}")
    assert [record["id"] for record in work.json["records"]] == [one, other]
    assert [merge["basis"] for merge in work.json["merges"]] == ["doi"]
    moved = ask(f"works/{other}")
    assert (moved.status, moved.json["id"]) == (307, one)
    assert ask(moved.headers["location"].removeprefix(ask.url)).json == work.json
    assert [item["id"] for item in ask("works").json["items"]] == [one]


def test_changes_name_the_works_of_merges_and_splits(store: Store, ask: Client) -> None:
    one, other = merged(store)
    store.transact(lambda unit: store.works.split(unit, other, "another article", NOW))
    told = ask("changes").json["items"]
    assert [(item["kind"], item["record_id"], item["works"]) for item in told] == [
        ("created", one, None),
        ("created", other, None),
        ("merged", other, {"to": one, "from": other}),
        ("split", other, {"to": other, "from": one}),
    ]
    assert {item["record_id"]: item["work_id"] for item in told} == {one: one, other: other}
    assert ask(f"works/{other}").status == 200


def test_a_work_of_deleted_records_is_gone(store: Store, ask: Client) -> None:
    one, other = merged(store)
    store.transact(lambda unit: store.records.delete(unit, one, "gone", NOW))
    assert [record["id"] for record in ask(f"works/{one}").json["records"]] == [other]
    store.transact(lambda unit: store.records.delete(unit, other, "gone", NOW))
    assert (ask(f"works/{one}").status, ask("works").json["items"]) == (410, [])


def test_works_are_walked_by_their_links(store: Store, ask: Client) -> None:
    for n in range(5):
        tie = (Relation(type="isTranslationOf", target=f"https://publisher.test/article/{n}", state="resolved"),)
        put(store, make_record(n, id=f"a{n:019}"))
        put(store, make_record(10 + n, id=f"b{n:019}", relations=tie))
    seen: list[str] = []
    page = ask("works", limit=2)
    while True:
        seen += [work["id"] for work in page.json["items"]]
        if page.json["next"] is None:
            break
        page = ask(page.links["next"][0].removeprefix(ask.url))
    assert seen == [f"a{n:019}" for n in range(5)]


def test_revisions_what_differs_and_verdicts(store: Store, ask: Client) -> None:
    days = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
    put(store, record := make_record(1, status="subscription", quote="for subscribers"), at=days[0])
    put(store, make_record(1, title="Un autre titre", status="subscription", quote="for subscribers"), at=days[1])
    put(store, make_record(1, title="Un autre titre", status="open", quote="open access"), at=days[2])
    revisions = ask(f"records/{record.id}/revisions").json
    assert [one["revision"] for one in revisions["items"]] == [1, 2, 3]
    assert revisions["items"][0]["until"] == revisions["items"][1]["since"] == "2026-02-01T00:00:00Z"
    assert [one["kind"] for one in revisions["changes"]] == ["created", "updated", "access_changed"]
    first = ask(revisions["items"][0]["url"].removeprefix(ask.url)).json
    assert first["titles"]["fr"]["value"] == "Étude numéro 1"
    differs = ask(f"records/{record.id}/diff", old=1, new=2).json
    assert (differs["old"], differs["new"]) == (1, 2)
    [title] = [one for one in differs["items"] if one["field"] == "titles.value"]
    assert (title["language"], title["old"], title["new"]) == ("fr", "Étude numéro 1", "Un autre titre")
    assert ask(f"records/{record.id}/diff").json["old"] == 2
    assert ask(f"records/{record.id}/diff", old=1, new=9).kind == "not-found"
    told = ask(f"records/{record.id}/verdicts").json["items"]
    assert [one["verdict"]["evidence"][0]["quote"] for one in told] == ["for subscribers", "open access"]
    assert [one["at"] for one in told] == ["2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"]


def run(store: Store, n: int, **counts: Any) -> None:
    began = NOW + timedelta(minutes=n)
    with store.begin() as unit:
        store.runs.open(unit, "alpha", f"run-{n}", Owner("host7", 1, "x"), began, 60, lambda _: False)
        notes = ["press.example: left alone after 20 failures"]
        store.runs.close(unit, f"run-{n}", RunOutcome.SUCCEEDED, counts, notes, began, {"records": n})


def test_runs_newest_first_their_notes_for_the_operator(store: Store, ask: Client) -> None:
    for n in range(5):
        run(store, n, created=n)
    page = ask("runs", source="alpha", limit=2)
    assert [one["id"] for one in page.json["items"]] == ["run-4", "run-3"]
    assert page.json["items"][0]["counts"] == {"created": 4}
    following = ask(page.links["next"][0].removeprefix(ask.url))
    assert [one["id"] for one in following.json["items"]] == ["run-2", "run-1"]
    public = ask("runs/run-4")
    assert (public.json["notes"], public.json["seen"]) == (None, None)
    assert b"press.example" not in public.body + page.body
    operator = Client(ask.url, key_for(store, Scope.OPERATE))
    assert operator("runs/run-4").json["notes"] == ["press.example: left alone after 20 failures"]
    assert ask("runs/none").kind == "not-found"


def test_sources_as_they_stand(store: Store, ask: Client) -> None:
    put(store, make_record(1), make_record(2, status="open"))
    run(store, 1, created=2)
    told = ask("sources/alpha").json
    assert (told["known"], told["records"], told["last_run"]["id"]) == (False, {"open": 1, "unknown": 1}, "run-1")
    assert ask("sources").json["items"] == [told]
    assert ask("sources/beta").kind == "not-found"
