"""What may not be kept is nowhere on the disk."""

import gzip
from pathlib import Path

import pytest
from workbench import Bench

from harvester.model.page import VisitOutcome
from harvester.model.run import Visit
from harvester.model.source import RightsRules
from storage.search.entry import entry
from storage.store import Store


def on_disk(folder: Path, words: str) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            plain = gzip.decompress(data) if path.suffix == ".gz" else data
            found += [path.name] if words.encode() in plain else []
    return found


def words_of(bench: Bench, article_id: str) -> str:
    """Some words in a row from the middle of an article's first abstract."""
    text = next(iter(bench.site.expected(article_id).abstracts.values()))
    return " ".join(text.split()[8:13])


def reserved(bench: Bench) -> str:
    return next(a.id for a in bench.site.listed("hrsh") if a.tdm)


@pytest.mark.fault(78)
def test_without_a_basis_reserved_abstracts_are_nowhere_on_the_disk(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store)
    one = reserved(bench)
    counts = bench.take(bench.visit(one))
    assert (counts["reserved"], counts["abstracts_withheld"], counts["archive_cut"]) == (1, 1, 1)
    record = bench.record(one)
    assert record.titles
    assert not record.abstracts
    assert record.provenance.archive == "cut"
    assert record.rights.abstract_policy.basis == "none"
    bench.archive.sync()
    assert on_disk(tmp_path, words_of(bench, one)) == []


def test_on_the_basis_of_research_they_are_kept(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, rights=RightsRules(basis="research"))
    one = reserved(bench)
    bench.take(bench.visit(one))
    assert bench.record(one).abstracts
    assert bench.record(one).rights.abstract_policy.show == "signed_in"
    bench.archive.sync()
    assert on_disk(bench.folder, words_of(bench, one))


def test_a_basis_that_ends_takes_the_abstracts_with_the_next_visit(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, basis="research")
    one = reserved(bench)
    bench.take(bench.visit(one))
    assert bench.record(one).abstracts
    words = words_of(bench, one)
    bench.archive.sync()
    assert on_disk(tmp_path, words)
    bench.another("none")
    bench.take(bench.visit(one))
    assert not bench.record(one).abstracts
    bench.archive.sync()
    assert not [name for name in on_disk(tmp_path, words) if name.endswith(".gz")], "in no older body"
    assert [entry.cut for entry in store.archive_index.entries(bench.record(one).id)] == [True]


@pytest.mark.fault(79)
def test_noarchive_keeps_no_body(bench: Bench) -> None:
    one = bench.ids[0]
    visit = bench.visit(one, headers=(("content-type", "text/html; charset=utf-8"), ("x-robots-tag", "noarchive")))
    assert bench.take(visit)["archive_none"] == 1
    record = bench.record(one)
    assert (record.provenance.archive, record.provenance.warc_file) == ("none", None)
    assert record.provenance.archive_reason == "robots: noarchive"
    assert bench.store.archive_index.pointer(record.id) is None


@pytest.mark.fault(79)
def test_noarchive_that_comes_later_takes_older_bodies(tmp_path: Path, bench: Bench) -> None:
    one, other = bench.ids[:2]
    bench.take(bench.visit(one), bench.visit(other))
    bench.archive.sync()
    words = words_of(bench, one)
    assert on_disk(bench.folder, words)
    bench.take(bench.visit(one, headers=(("content-type", "text/html; charset=utf-8"), ("x-robots-tag", "noarchive"))))
    bench.archive.sync()
    assert not [name for name in on_disk(tmp_path, words) if name.endswith(".gz")]
    assert bench.store.archive_index.entries(bench.record(one).id) == []
    assert bench.store.archive_index.entries(bench.record(other).id)


@pytest.mark.fault(151)
def test_no_address_of_a_person_reaches_record_or_archive(tmp_path: Path, bench: Bench) -> None:
    bench.take(*(bench.visit(one) for one in bench.ids))
    bench.archive.sync()
    assert any(b"mailto:" in bench.visit(one).page.body for one in bench.ids if bench.visit(one).page)  # type: ignore[union-attr]
    domain = next(
        body.split(b"mailto:")[1].split(b'"')[0].decode().partition("@")[2]
        for body in (bench.site.respond(bench.site.path(one)).body for one in bench.ids)
        if b"mailto:" in body and b"@" in body.split(b"mailto:")[1].split(b'"')[0]
    )
    assert on_disk(tmp_path, f"@{domain}") == []


@pytest.mark.fault(80)
def test_a_record_removed_on_request_never_returns(tmp_path: Path, bench: Bench) -> None:
    one = bench.ids[0]
    bench.take(bench.visit(one))
    bench.store.purge(bench.folder, bench.record(one).id, "legal", bench.now)
    words = words_of(bench, one)
    assert bench.take(bench.visit(one)) == {"ok": 1, "skipped": 1}
    other = bench.url(one) + "/again"
    assert bench.take(bench.visit(one, url=other, final_url=other))["skipped"] == 1
    assert bench.record(one).deletion_reason == "legal"
    bench.archive.sync()
    assert on_disk(bench.folder, words) == []


@pytest.mark.fault(78)
def test_a_basis_that_ends_takes_the_abstracts_out_of_older_revisions_too(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, basis="research")
    one = reserved(bench)
    bench.take(bench.visit(one))
    page = bench.visit(one).page
    assert page
    title = next(iter(bench.record(one).titles.values())).value
    body = page.body.replace(title.encode(), b"Another title altogether")
    bench.take(bench.visit(one, body=body))
    record = bench.record(one)
    assert [bool(each.abstracts) for each in store.records.revisions(record.id)] == [True, True]
    bench.another("none")
    bench.take(bench.visit(one, body=body))
    kept = store.records.revisions(record.id)
    assert [bool(each.abstracts or each.other_abstracts) for each in kept] == [False, False, False]
    assert [each.revision for each in kept] == [1, 2, 3]
    assert title in [each.value for each in kept[0].titles.values()]
    assert words_of(bench, one) not in "".join(each.model_dump_json() for each in kept)


@pytest.mark.fault(78)
def test_a_basis_that_ends_leaves_no_word_in_the_index(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, basis="research")
    one = reserved(bench)
    bench.take(bench.visit(one))
    store.search.catch_up()
    whole = entry(bench.record(one))
    elsewhere = f"{whole.title} {whole.keyword} {whole.other}"
    words = [word for word in whole.abstract.split() if len(word) > 7 and word not in elsewhere]
    assert any(name.startswith("h.db") for word in words for name in on_disk(tmp_path, word))
    bench.another("none")
    bench.take(bench.visit(one))
    store.search.catch_up()
    bench.ingest.scrub()
    assert not {name for word in words for name in on_disk(tmp_path, word) if name.startswith("h.db")}
    assert store.search.problems() == []


def unchanged(bench: Bench, article_id: str, *headers: tuple[str, str]) -> Visit:
    """An answer of 304."""
    page = bench.visit(article_id, status=304, body=b"", headers=headers).page
    return bench.failed(article_id, VisitOutcome.NOT_MODIFIED, "HTTP 304").model_copy(update={"page": page})


def asked_whole(bench: Bench, article_id: str) -> bool:
    state = bench.state(article_id)
    return state.due == bench.now and state.etag is None and state.digest is None


@pytest.mark.parametrize(
    "header",
    [("x-robots-tag", "noarchive"), ("tdm-reservation", "1"), ("x-robots-tag", "noindex, nofollow")],
    ids=["noarchive", "reserved", "noindex"],
)
def test_what_the_headers_of_an_unchanged_page_forbid_is_looked_into(bench: Bench, header: tuple[str, str]) -> None:
    one, other = bench.ids[:2]
    bench.take(bench.visit(one), bench.visit(other))
    bench.take(unchanged(bench, one, header), unchanged(bench, other, ("x-robots-tag", "index, follow")))
    assert (asked_whole(bench, one), asked_whole(bench, other)) == (True, False)
    html = ("content-type", "text/html; charset=utf-8")
    bench.take(bench.visit(one, headers=(html, header)))
    bench.take(unchanged(bench, one, header))
    assert not asked_whole(bench, one)


def test_a_basis_that_ends_asks_an_unchanged_page_whole(tmp_path: Path, store: Store) -> None:
    bench = Bench(tmp_path, store, basis="research")
    one = reserved(bench)
    bench.take(bench.visit(one))
    bench.take(unchanged(bench, one))
    assert not asked_whole(bench, one)
    bench.another("none")
    bench.take(unchanged(bench, one))
    assert asked_whole(bench, one)
