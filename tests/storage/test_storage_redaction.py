"""A redacted name: gone from every revision, verdict and archived page, kept out by later saves; others stay."""

import gzip
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made import make_record
from sqlalchemy import select

from harvester.errors import UsageError
from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.override import Override
from harvester.model.page import Page
from harvester.model.record import Contributor, LangText, Record
from harvester.model.run import ChangeKind, Visit
from harvester.model.search import Query
from harvester.model.signal import Evidence
from storage.archive import ArchiveWriter, read
from storage.archive_index import ArchiveEntry
from storage.masked_pages import masked_body, masked_markup
from storage.names import Names, person
from storage.redacting import Outcome, Redacting, Request
from storage.spool import SpoolReader, SpoolWriter
from storage.store import Store
from storage.tables import redactions

PERSON = person("Névault", "Jean-Émile")
CO_AUTHOR = Contributor(name="Ann Other", family="Other", given="Ann", order=2)
NAMED = (
    Contributor(
        name="Jean-Émile Névault",
        family="Névault",
        given="Jean-Émile",
        orcid="0000-0002-1825-0097",
        order=1,
        evidence=(Evidence(vocabulary="m", name="n", quote="Jean-Émile Névault", where="/meta"),),
    ),
    CO_AUTHOR,
)
TRACES = ("Névault", "NEVAULT", "nevault", "N&eacute;vault", "N%C3%A9vault", "N\\u00e9vault")


def signed(n: int, **more: Any) -> Record:
    values = {
        "contributors": NAMED,
        "abstracts": {"fr": LangText(value="Selon NÉVAULT (J.-E. Névault, Ann Other), rien.", language="fr")},
    }
    return make_record(n, **values | more)


def save(store: Store, now: datetime, *batch: Record) -> None:
    with store.begin() as unit:
        store.records.save(unit, batch, run_id="run-1", now=now)


def redact(store: Store, tmp_path: Path, now: datetime, **more: Any) -> Outcome:
    request = Request(**{"person": PERSON, "reason": "asked"} | {k: v for k, v in more.items() if k != "dry_run"})
    places = {"archive": tmp_path / "archive", "spool": tmp_path / "spool"}
    return store.redact(request, **places, now=now + timedelta(hours=1), dry_run=more.get("dry_run", False))


def page(n: int, body: str) -> Page:
    url = f"https://publisher.test/article/{n}"
    headers = (("content-type", "text/html; charset=utf-8"), ("link", '<https://x.test/>; title="J. Névault"'))
    return Page(
        url=url, final_url=url, headers=headers, body=body.encode(), fetched_at=datetime(2026, 1, 1).astimezone()
    )


BODY = """<html><head><meta name="citation_author" content="N&eacute;vault, Jean-&Eacute;mile"><script>
{"author": [{"familyName": "N\\u00e9vault", "givenName": "Jean-\\u00c9mile"}, {"name": "Ann Other"}]}</script></head>
<body><a href="/by?author=Jean-%C3%89mile+N%C3%A9vault"><span>Jean-Émile</span> <b>NÉVAULT</b></a>, Ann Other
<surname>Névault</surname><given-names>Jean-Émile</given-names> J.-E. Névault; Nevault JE</body></html>"""


def archived(store: Store, tmp_path: Path, now: datetime, record: Record) -> Record:
    """The record with its page in the archive."""
    writer = ArchiveWriter(tmp_path / "archive", record.source_id, "run-1")
    pointer = writer.write_response(page(1, BODY), BODY.encode(), cut=False)
    writer.close()
    place = {"warc_file": pointer.file, "warc_offset": pointer.offset, "archive": "kept"}
    placed = record.model_copy(update={"provenance": record.provenance.model_copy(update=place)})
    with store.begin() as unit:
        store.records.save(unit, [placed], run_id="run-1", now=now)
        store.archive_index.add(unit, [ArchiveEntry(record.source_id, record.url, pointer, now, record.id)])
    return placed


def traces(tmp_path: Path) -> list[str]:
    """Files in which the name stands in any spelling."""
    found = []
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            found += [f"{path.name}: {trace}" for trace in TRACES if trace.encode() in data]
    return found


@pytest.mark.fault(152)
def test_one_command_takes_the_name_from_everything_on_the_disk(store: Store, tmp_path: Path, now: datetime) -> None:
    verdict = signed(1, status="subscription", quote="© Jean-Émile Névault, reserved").access
    placed = archived(store, tmp_path, now, signed(1, access=verdict))
    update = {"titles": {"fr": LangText(value="Hommage à Jean-Émile Névault", language="fr")}}
    save(store, now, placed.model_copy(update=update))
    assert store.search.find(Query(text="author:nevault")).total == 1
    assert traces(tmp_path)
    (touched,) = redact(store, tmp_path, now).touched
    assert (touched.record_id, touched.revisions, touched.verdicts, touched.pages) == (placed.id, 1, 1, 1)
    assert {"contributors", "abstracts", "titles", "access"} <= set(touched.fields)
    assert traces(tmp_path) == []
    present = store.records.get(placed.id)
    assert present and [one.name for one in present.contributors] == ["Ann Other"]
    assert present.titles["fr"].value == "Hommage à ████-█████ ███████"
    assert present.abstracts["fr"].value == "Selon NÉVAULT (█.-█. ███████, Ann Other), rien."
    assert "name_redacted" in present.flags
    assert [one.kind for one in store.changes.since(0)][-1] is ChangeKind.UPDATED
    assert len(store.records.revisions(placed.id)) == 3
    assert store.search.find(Query(text="author:nevault")).hits == ()
    assert [hit.record_id for hit in store.search.find(Query(text="hommage")).hits] == [placed.id]


@pytest.mark.fault(152)
def test_an_override_keeps_no_name_either(store: Store, tmp_path: Path, now: datetime) -> None:
    verdict = signed(1, status="subscription", quote="© Jean-Émile Névault, reserved").access
    save(store, now, signed(1, access=verdict))
    about = {"id": 0, "record_id": signed(1).id, "status": "free", "by": "ann", "reason": "Jean-Émile Névault wrote"}
    wanted = Override.model_validate(about | {"at": now})
    store.transact(lambda unit: store.overrides.set(unit, wanted))
    redact(store, tmp_path, now)
    assert traces(tmp_path) == []
    save(store, now + timedelta(hours=2), signed(1, access=verdict.model_copy(update={"evidence": ()})))
    assert [one.reason for one in store.overrides.list(1)] == ["████-█████ ███████ wrote"]
    assert store.records.verdicts(signed(1).id)[-1].operator == "ann: ████-█████ ███████ wrote"
    lifted = store.transact(lambda unit: store.overrides.lift(unit, signed(1).id, "ann", "over", now))
    assert lifted.ended_reason == "over"
    assert traces(tmp_path) == []


@pytest.mark.fault(152)
def test_what_operators_wrote_is_searched_too(store: Store, tmp_path: Path, now: datetime) -> None:
    disputed = AccessVerdict(status=AccessStatus.UNKNOWN, as_of=now, decided_by="r@1", disputed=True)
    one, other = make_record(1, access=disputed), make_record(2, access=disputed)
    save(store, now, one, other)
    about = {"id": 0, "record_id": one.id, "status": "free", "by": "ann", "reason": "asked", "at": now}
    said = "says J.-E. Névault"
    with store.begin() as unit:
        store.overrides.set(unit, Override.model_validate(about))
        store.overrides.lift(unit, one.id, "ann", said, now)
        doubt = store.doubts.get(other.id)
        assert doubt
        store.doubts.settle(unit, doubt, "ann", said, now)
    assert {touched.record_id for touched in redact(store, tmp_path, now).touched} == {one.id, other.id}
    assert traces(tmp_path) == []
    assert redact(store, tmp_path, now).touched == []


@pytest.mark.fault(152)
def test_the_archived_page_stays_readable_where_the_record_says(store: Store, tmp_path: Path, now: datetime) -> None:
    placed = archived(store, tmp_path, now, signed(1))
    redact(store, tmp_path, now)
    present = store.records.get(placed.id)
    (pointer,) = store.archive_index.pointers(placed.id)
    assert present and (present.provenance.warc_file, present.provenance.warc_offset) == (pointer.file, pointer.offset)
    assert (present.provenance.archive, present.provenance.archive_reason) == ("cut", "names (redacted on request)")
    kept = read(tmp_path / "archive", pointer)
    assert kept.body.count(b"Ann Other") == 2 and b"<surname>" in kept.body


@pytest.mark.fault(152)
def test_later_harvests_keep_it_so(store: Store, tmp_path: Path, now: datetime) -> None:
    save(store, now, signed(1))
    redact(store, tmp_path, now)
    head = store.changes.head()
    save(store, now, signed(1))
    assert store.changes.head() == head
    save(store, now, signed(1, title="Autre"), signed(2))
    stored = [store.records.get(signed(n).id) for n in (1, 2)]
    assert [[c.name for c in one.contributors] for one in stored if one] == [["Ann Other"], ["Ann Other"]]
    assert not traces(tmp_path) or all("Selon" not in trace for trace in traces(tmp_path))
    with store._database.read() as connection:
        rows = connection.execute(select(redactions)).all()
    assert rows and "vault" not in str(rows).lower()


@pytest.mark.fault(152)
def test_what_is_harvested_while_the_records_are_searched_is_redacted_too(
    store: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Redacting._naming

    def harvested_after(self: Redacting) -> list[str]:
        found = search(self)
        save(store, now, signed(1), signed(2))
        return found

    monkeypatch.setattr(Redacting, "_naming", harvested_after)
    redact(store, tmp_path, now)
    kept = [store.records.get(signed(n).id) for n in (1, 2)]
    assert [[one.name for one in record.contributors] for record in kept if record] == [["Ann Other"]] * 2


def test_the_index_is_scrubbed_once_for_all_records(
    store: Store, tmp_path: Path, now: datetime, statements: list[str]
) -> None:
    save(store, now, *(signed(n) for n in range(3)))
    store.search.catch_up()
    assert len(redact(store, tmp_path, now).touched) == 3
    scrubs = [one for one in statements if "'optimize'" in one or "REINDEX" in one]
    assert scrubs and len(scrubs) == len(set(scrubs))  # each index once
    assert traces(tmp_path) == []


def test_a_dry_run_changes_nothing(store: Store, tmp_path: Path, now: datetime) -> None:
    placed = archived(store, tmp_path, now, signed(1))
    before = (store.records.get(placed.id), store.changes.head(), store.archive_index.pointers(placed.id))
    outcome = redact(store, tmp_path, now, dry_run=True)
    assert [one.record_id for one in outcome.touched] == [placed.id]
    assert before == (store.records.get(placed.id), store.changes.head(), store.archive_index.pointers(placed.id))
    save(store, now, signed(2))
    kept = store.records.get(signed(2).id)
    assert kept and len(kept.contributors) == 2


def test_the_same_request_again_finds_nothing(store: Store, tmp_path: Path, now: datetime) -> None:
    archived(store, tmp_path, now, signed(1))
    redact(store, tmp_path, now)
    head = store.changes.head()
    assert redact(store, tmp_path, now).touched == []
    assert store.changes.head() == head


def test_a_request_that_a_crash_interrupted_is_finished_by_the_next(
    store: Store, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(store, tmp_path, now, signed(1))

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("storage.redacting.remove_members", die)
        redact(store, tmp_path, now)
    assert traces(tmp_path)
    (touched,) = redact(store, tmp_path, now + timedelta(hours=1)).touched
    assert (touched.fields, touched.pages) == ((), 1)
    assert [trace for trace in traces(tmp_path) if ".warc" in trace] == []


def test_a_namesake_in_another_record_is_spared_when_records_are_named(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    save(store, now, signed(1), signed(2))
    redact(store, tmp_path, now, record_ids=(signed(1).id,))
    save(store, now, signed(1, title="Autre"), signed(2, title="Autre"), signed(3))
    names = {
        n: [one.name for one in record.contributors] for n in (1, 2, 3) if (record := store.records.get(signed(n).id))
    }
    assert (len(names[1]), len(names[2]), len(names[3])) == (1, 2, 2)


def test_a_namesake_with_another_orcid_is_spared(store: Store, tmp_path: Path, now: datetime) -> None:
    other = NAMED[0].model_copy(update={"orcid": "0000-0001-5109-3700"})
    married = NAMED[0].model_copy(update={"name": "Jean-Émile Autrenom", "family": "Autrenom"})
    save(store, now, signed(1), signed(2, contributors=(other,)), signed(3, contributors=(married,)))
    outcome = redact(store, tmp_path, now, orcid="https://orcid.org/0000-0002-1825-0097")
    assert {one.record_id for one in outcome.touched} == {signed(1).id, signed(3).id}
    save(store, now, signed(2, contributors=(other,), title="Autre"), signed(4, contributors=(married,)))
    spared, gone = (store.records.get(signed(n).id) for n in (2, 4))
    assert spared and gone and (len(spared.contributors), len(gone.contributors)) == (1, 0)


def test_initials_are_reported_and_redacted_where_a_record_is_named(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    short = Contributor(name="Névault J.", family="Névault", given="J.", order=1)
    namesake = Contributor(name="Julie Névault", family="Névault", given="Julie", order=1)
    save(store, now, make_record(1, contributors=(short, CO_AUTHOR)), make_record(2, contributors=(namesake,)))
    outcome = redact(store, tmp_path, now)
    assert (outcome.touched, outcome.perhaps) == ([], [make_record(1).id])
    redact(store, tmp_path, now, record_ids=(make_record(1).id, make_record(2).id))
    stored = [store.records.get(make_record(n).id) for n in (1, 2)]
    assert [[one.name for one in record.contributors] for record in stored if record] == [
        ["Ann Other"],
        ["Julie Névault"],
    ]


def test_a_name_in_a_text_alone_stays_masked_too(store: Store, tmp_path: Path, now: datetime) -> None:
    title = {"fr": LangText(value="À la mémoire de Jean-Émile Névault, chimiste", language="fr")}
    save(store, now, make_record(1, titles=title))
    (touched,) = redact(store, tmp_path, now).touched
    assert touched.fields == ("titles",)
    save(store, now, make_record(1, titles=title, type="obituary"))
    stored = store.records.get(make_record(1).id)
    assert stored and stored.type == "obituary"
    assert stored.titles["fr"].value == "À la mémoire de ████-█████ ███████, chimiste"


def test_a_waiting_segment_is_masked(store: Store, tmp_path: Path, now: datetime) -> None:
    writer = SpoolWriter(tmp_path / "spool", "run-2")
    writer.append(Visit(run_id="run-2", url=page(1, BODY).url, outcome="ok", page=page(1, BODY), at=now))
    writer.close()
    assert redact(store, tmp_path, now).segments == 1
    (path,) = SpoolReader(tmp_path / "spool", "run-2").segments()
    (visit,) = SpoolReader.read(path)
    assert visit.page and b"Ann Other" in visit.page.body
    assert traces(tmp_path / "spool") == []
    assert [path.suffix for path in (tmp_path / "spool").iterdir() if path.suffix == ".new"] == []


def test_an_unknown_record_is_told(store: Store, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(UsageError, match="no record nobody"):
        redact(store, tmp_path, now, record_ids=("nobody",))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("NÉVAULT Jean-Émile et Ann Other", "███████ ████-█████ et Ann Other"),
        ("nevault, jean emile", "███████, ████ █████"),
        ("Jean-Émile P. Névault", "████-█████ █. ███████"),
        ("Ne\u0301vault J-E", "████████ █-█"),
        ("Other, Jean; Névault, Marie", "Other, Jean; Névault, Marie"),
        ("Jeanne Névault, Jean-Émile Other", "Jeanne Névault, Jean-Émile Other"),
        ("Névault et al. (2019), © 2024 Névault", "███████ et al. (2019), © 2024 ███████"),
        ("les Névaultiens, la maladie de Névault", "les Névaultiens, la maladie de Névault"),
    ],
)
def test_forms_of_a_name(text: str, masked: str) -> None:
    others = (person("Névault", "Jeanne"), person("Other", "Jean-Émile"), person("Other", "Ann"))
    assert Names((PERSON,), others[:2] if "Jeanne" in text else others[2:]).masked(text) == masked


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "utf-16"])
def test_bodies_in_any_encoding(encoding: str) -> None:
    body = masked_body(BODY.encode(encoding), encoding, Names((PERSON,)))
    text = body.decode(encoding)
    assert not any(trace in text for trace in TRACES)
    assert "Ann Other" in text


def test_the_records_own_address_stays() -> None:
    link = '<link rel="canonical" href="https://x.test/jean-emile-nevault"><a href="/by/jean-emile-nevault">'
    masked = masked_markup(link, Names((PERSON,)), ["https://x.test/jean-emile-nevault"])
    assert masked == link.replace("/by/jean-emile-nevault", "/by/████-█████-███████")


def test_a_name_without_blanks() -> None:
    assert Names((person("王", "小明"),)).masked("作者王小明和李四") == "作者███和李四"
