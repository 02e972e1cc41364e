"""Records by id, DOI and URL, in every form; gone ones; conditions, links, lists."""

from datetime import UTC, datetime

import pytest
from client import Client, make_record, put

from harvester.model.record import Contributor, Licence, Record, Relation, Rights
from harvester.model.signal import Evidence
from storage.store import Store

NOW = datetime(2026, 5, 1, tzinfo=UTC)
FORMS = {
    "json": "application/json",
    "json-ld": "application/ld+json",
    "csl-json": "application/vnd.citationstyles.csl+json",
    "ris": "application/x-research-info-systems",
    "bibtex": "application/x-bibtex",
    "jats": "application/jats+xml",
}


def delete(store: Store, record: Record, reason: str, successor: str | None = None) -> None:
    store.transact(lambda unit: store.records.delete(unit, record.id, reason, NOW, successor=successor))


def test_a_record_is_told_as_it_is_stored(store: Store, ask: Client) -> None:
    record = make_record(1, doi="10.1000/A(b);c")
    put(store, record)
    answer = ask(f"records/{record.id}")
    assert answer.status == 200
    assert Record.model_validate_json(answer.body) == store.records.get(record.id)
    assert ask(f"/api/v1/records/{record.id}", "HEAD").headers["content-length"] == str(len(answer.body))
    for found in (ask("records/by-doi/10.1000/a(B);C"), ask("records/by-url", url=record.url)):
        assert [one["id"] for one in found.json["items"]] == [record.id]


@pytest.mark.parametrize(("name", "media"), FORMS.items())
def test_every_form_by_accept_and_by_name(file: Store, ask_file: Client, name: str, media: str) -> None:
    record = make_record(1)
    put(file, record)
    by_name = ask_file(f"records/{record.id}", format=name, Accept="image/png")
    by_accept = ask_file(f"records/{record.id}", Accept=f"text/html, {media};q=0.9, */*;q=0.1")
    assert by_name.status == by_accept.status == 200
    assert by_accept.body == by_name.body
    assert by_accept.headers["content-type"].partition(";")[0] == media
    assert "Accept" in by_accept.headers["vary"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("application/json;q=0.2, application/x-bibtex;q=0.4", "bibtex"),
        ("application/x-bibtex;q=0, application/json;q=0.1, */*;q=0", "json"),
        ("application/json;q=0, */*;q=0.5", "json-ld"),
        ("APPLICATION/X-BIBTEX", "bibtex"),
    ],
)
def test_quality_decides(file: Store, ask_file: Client, accept: str, form: str) -> None:
    record = make_record(1)
    put(file, record)
    answer = ask_file(f"records/{record.id}", Accept=accept)
    assert answer.headers["content-type"].partition(";")[0] == FORMS[form]


def test_xml_has_the_name_that_was_asked_for(file: Store, ask_file: Client) -> None:
    record = make_record(1)
    put(file, record)
    answer = ask_file(f"records/{record.id}", Accept="application/xml")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.body.startswith(b"<?xml")


def test_what_cannot_be_made_is_a_problem_that_says_what_can(file: Store, ask_file: Client) -> None:
    put(file, record := make_record(1))
    answer = ask_file(f"records/{record.id}", Accept="image/png, text/html;q=0.5, nonsense;q=x")
    assert (answer.status, answer.kind) == (406, "not-acceptable")
    assert answer.json["available"] == list(FORMS.values())
    assert ask_file(f"records/{record.id}", format="marc").status == 422


def test_an_answer_is_sent_once(store: Store, ask: Client) -> None:
    put(store, record := make_record(1))
    first = ask(f"records/{record.id}")
    assert first.headers["etag"].startswith('"')
    again = ask(f"records/{record.id}", If_None_Match=f'"other", W/{first.headers["etag"]}')
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["vary"] == first.headers["vary"]
    assert ask(f"records/{record.id}", If_None_Match="*").status == 304
    other = ask(f"records/{record.id}", format="ris", If_None_Match=first.headers["etag"])
    assert other.status == 200
    put(store, make_record(1, status="open"))
    assert ask(f"records/{record.id}", If_None_Match=first.headers["etag"]).status == 200


def test_links_lead_on(file: Store, ask_file: Client) -> None:
    people = (Contributor(name="Zoé Crête", orcid="0000-0002-1825-0097", order=1), Contributor(name="B", order=2))
    rights = Rights(licences=(Licence(url="https://creativecommons.org/licenses/by/4.0/"),))
    put(file, record := make_record(1, doi="10.1000/a<b>", contributors=people, rights=rights))
    answer = ask_file(f"records/{record.id}")
    assert answer.links["cite-as"] == ["https://doi.org/10.1000/a%3Cb%3E"]
    assert answer.links["describes"] == [record.url]
    assert answer.links["license"] == ["https://creativecommons.org/licenses/by/4.0/"]
    assert answer.links["author"] == ["https://orcid.org/0000-0002-1825-0097"]
    assert answer.links["type"] == ["https://schema.org/ScholarlyArticle", "https://schema.org/AboutPage"]
    assert len(answer.links["describedby"]) == len(FORMS)
    for target in answer.links["describedby"] + answer.links["collection"]:
        assert ask_file(target.removeprefix(ask_file.url)).status == 200
    assert all(f'type="{media}"' in answer.headers["link"] for media in FORMS.values())


def test_the_preferred_edition_is_the_one_to_cite(file: Store, ask_file: Client) -> None:
    said = (Evidence(vocabulary="page", name="cite_other_edition", quote="cite that one", where="/html/body/p"),)
    wish = Relation(type="isVariantFormOf", target="10.1000/english", state="resolved", evidence=said)
    put(file, record := make_record(1, doi="10.1000/french", relations=(wish,)))
    assert ask_file(f"records/{record.id}").links["cite-as"] == ["https://doi.org/10.1000/english"]
    unresolved = wish.model_copy(update={"state": "unresolved", "target": None})
    put(file, other := make_record(2, doi="10.1000/french2", relations=(unresolved,)))
    assert ask_file(f"records/{other.id}").links["cite-as"] == ["https://doi.org/10.1000/french2"]


def test_a_deleted_record_says_why_and_where_it_went(store: Store, ask: Client) -> None:
    records = [make_record(n, doi=f"10.1000/{n}") for n in (1, 2, 3)]
    put(store, *records)
    delete(store, records[0], "gone")
    answer = ask(f"records/{records[0].id}")
    assert (answer.status, answer.kind) == (410, "gone")
    assert (answer.json["reason"], answer.json["deleted_at"]) == ("gone", "2026-05-01T00:00:00Z")
    assert "successor" not in answer.json
    assert "Étude".encode() not in answer.body
    delete(store, records[1], "duplicate", records[2].id)
    gone = ask("records/by-doi/10.1000/2")
    assert (gone.status, gone.json["successor"]) == (410, records[2].id)
    assert ask(gone.links["successor-version"][0]).json["id"] == records[2].id
    for part in ("revisions", "verdicts", "diff", "revisions/1"):
        assert ask(f"records/{records[0].id}/{part}").status == 410


def test_a_row_of_duplicates_leads_to_its_end(store: Store, ask: Client) -> None:
    records = [make_record(n) for n in (1, 2, 3)]
    put(store, *records)
    delete(store, records[0], "duplicate", records[1].id)
    delete(store, records[1], "duplicate", records[2].id)
    assert ask(f"records/{records[0].id}").json["successor"] == records[2].id
    put(store, records[0])
    delete(store, records[0], "gone")
    assert "successor" not in ask(f"records/{records[0].id}").json


def test_a_purged_record_leaves_no_word(store: Store, ask: Client, tmp_path) -> None:  # type: ignore[no-untyped-def]
    put(store, record := make_record(1, doi="10.1000/1"))
    (tmp_path / "archive").mkdir()
    store.purge(tmp_path / "archive", record.id, "legal", NOW)
    answer = ask(f"records/{record.id}")
    assert (answer.status, answer.json["reason"]) == (410, "legal")
    assert "tude" not in answer.body.decode()
    assert ask("search", q="etude").json["items"] == []
    assert ask("records").json["items"] == []


@pytest.mark.fault(115)
@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc%2fpasswd",
        "../../etc/passwd",
        "%2e%2e/%2e%2e/harvester.db",
        "archive%00.warc",
        "~",
        "a" * 5000,
        "%ff",
    ],
)
def test_only_ids_are_looked_up(ask_file: Client, name: str) -> None:
    for path in (f"/api/v1/records/{name}", f"/api/v1/{name}", f"/api/v1/runs/{name}", f"/api/v1/works/{name}"):
        answer = ask_file.ask(path, "GET", None, {})
        assert (answer.status, answer.kind) == (404, "not-found")
        assert b"root:" not in answer.body


def test_lists_are_walked_by_their_links(store: Store, ask: Client) -> None:
    put(store, *(make_record(n, source_id="alpha" if n % 2 else "beta", id=f"{n:020}") for n in range(7)))
    seen: list[str] = []
    page = ask("records", limit=2)
    while True:
        seen += [one["id"] for one in page.json["items"]]
        assert page.json["seq"] == 7
        if page.json["next"] is None:
            break
        assert page.links["next"] == [page.json["next"]]
        page = ask(page.json["next"].removeprefix(ask.url))
    assert seen == [f"{n:020}" for n in range(7)]
    assert [one["source_id"] for one in ask("records", source="beta").json["items"]] == ["beta"] * 4
    named = ask("records", ids=f"{3:020},nowhere,{1:020},%00").json["items"]
    assert [one["id"] for one in named] == [f"{3:020}", f"{1:020}"]


def test_a_record_as_of_a_moment(store: Store, ask: Client) -> None:
    put(store, record := make_record(1, status="subscription"), at=datetime(2026, 1, 1, tzinfo=UTC))
    put(store, make_record(1, status="open"), at=datetime(2026, 2, 1, tzinfo=UTC))
    then = ask(f"records/{record.id}", as_of="2026-01-15T00:00:00Z")
    assert then.json["access"]["status"] == "subscription"
    assert ask(f"records/{record.id}", as_of="2026-02-15T00:00:00Z").json["access"]["status"] == "open"
    assert ask(f"records/{record.id}", as_of="2025-02-15T00:00:00Z").kind == "not-found"
    assert ask(f"records/{record.id}", as_of="yesterday").kind == "bad-parameters"
