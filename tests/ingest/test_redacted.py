"""A redacted name stays away: pages that come again, other pages by the same person, and the archive read again."""

from pathlib import Path

import pytest
from test_replay_withheld import replay
from test_withheld import on_disk
from workbench import Bench

from storage.archive import ArchiveWriter
from storage.names import of_contributor
from storage.redacting import Request
from storage.store import Store


@pytest.fixture
def bench(tmp_path: Path, store: Store) -> Bench:
    return Bench(tmp_path, store)


def redact(bench: Bench, article: str, *record_ids: str) -> str:
    """Redact the first author of an article; returns the name as printed."""
    author = bench.record(article).contributors[0]
    request = Request(of_contributor(author), "asked", None, record_ids)
    bench.archive.sync()
    bench.store.redact(request, archive=bench.folder, spool=bench.folder.parent / "spool", now=bench.now)
    return author.name


@pytest.mark.fault(152)
def test_a_page_that_comes_again_brings_no_name_back(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    others = [author.name for author in bench.record(one).contributors[1:]]
    name = redact(bench, one)
    family = name.split()[-1]
    assert on_disk(bench.folder, name) == on_disk(bench.folder, family) == []
    visit = bench.visit(one)
    assert visit.page and family.encode() in visit.page.body
    body = visit.page.body.replace(b"</body>", b"<p>changed</p></body>")
    assert bench.take(bench.visit(one, body=body)).get("updated") is None
    bench.archive.sync()
    assert [author.name for author in bench.record(one).contributors] == others
    assert on_disk(bench.folder, name) == on_disk(bench.folder, family) == []


@pytest.mark.fault(152)
def test_the_name_is_masked_in_the_first_page_that_comes_after_the_request(bench: Bench, store: Store) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    name = redact(bench, one)
    store.purge(bench.folder, bench.record(one).id, "operator", bench.now)
    twin = bench.url(one) + "-twin"
    body = bench.site.respond(bench.site.path(one)).body.replace(bench.url(one).encode(), twin.encode())
    doi = (bench.site.respond(bench.site.path(one)).body.partition(b"citation_doi")[2][:80]).split(b'"')[2]
    bench.take(bench.visit(one, url=twin, final_url=twin, body=body.replace(doi, doi + b"x")))
    bench.archive.sync()
    found = store.records.find(url=twin)
    assert all(name != author.name for record in found for author in record.contributors)
    assert on_disk(bench.folder, name) == []


@pytest.mark.fault(152)
def test_the_archive_read_again_says_the_same(bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    name = redact(bench, one)
    record = bench.record(one)
    (page,) = replay(bench, "none", digest="other rules")
    assert page.effect == "renewed", page.fields
    assert bench.record(one).contributors == record.contributors
    assert bench.record(one).titles == record.titles
    assert on_disk(bench.folder, name) == []


@pytest.mark.fault(152)
def test_a_page_that_was_read_before_the_request_and_is_stored_after_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    name = bench.record(one).contributors[0].name
    assert on_disk(bench.folder, name.split()[-1])
    archived = ArchiveWriter.sync

    def request_comes(archive: ArchiveWriter) -> None:
        archived(archive)
        monkeypatch.setattr(ArchiveWriter, "sync", archived)
        redact(bench, one)

    title = next(iter(bench.record(one).titles.values())).value.encode()
    again = bench.visit(one, body=bench.site.respond(bench.site.path(one)).body.replace(title, title + b" II"))
    monkeypatch.setattr(ArchiveWriter, "sync", request_comes)
    assert bench.take(again)["updated"] == 1
    bench.archive.sync()
    assert on_disk(bench.folder, name) == on_disk(bench.folder, name.split()[-1]) == []
    assert name not in [author.name for author in bench.record(one).contributors]
    assert bench.store.check() == []
