"""WARC files any tool reads; pointers that always lead to a page, or to nothing on purpose."""

import gzip
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from made import NOW, make_record
from warcio.archiveiterator import ArchiveIterator

from harvester.errors import StorageError
from harvester.model.page import Page
from harvester.model.search import Query
from storage.archive import ArchiveWriter, Original, Pointer, read, recover, remove_members
from storage.archive_index import ArchiveEntry
from storage.runs import Owner
from storage.store import Store
from storage.tables import metadata
from storage.warc_files import responses

HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-encoding", "gzip"),
    ("content-length", "17"),
    ("transfer-encoding", "chunked"),
    ("set-cookie", "session=secret"),
    ("etag", '"1"'),
    ("link", "<a>; rel=x"),
    ("link", "<b>; rel=y"),
    ("x-folded", "two\r\nlines"),
)


def page(n: int = 1, **more: object) -> Page:
    url = f"https://publisher.test/article/{n}"
    return Page.model_validate(
        {"url": url, "final_url": url, "headers": HEADERS, "body": f"<p>été {n}".encode(), "fetched_at": NOW} | more
    )


def write(folder: Path, *pages: Page, run_id: str = "run-1", max_bytes: int = 1 << 30) -> list[Pointer]:
    writer = ArchiveWriter(folder, "alpha", run_id, max_bytes)
    pointers = [writer.write_response(one, one.body, cut=False) for one in pages]
    writer.close()
    return pointers


def sound(path: Path) -> list[tuple[str, str | None]]:
    """Types and targets of a file's records, after gzip, warcio and every digest have agreed."""
    gzip.decompress(path.read_bytes())
    found = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            found.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI")))
    return found


class TestWriting:
    def test_a_page_comes_back_without_what_was_not_its_own(self, tmp_path: Path) -> None:
        (pointer,) = write(tmp_path, page(body="é\x00".encode() * 1000, status=203))
        back = read(tmp_path, pointer)
        assert back.body == "é\x00".encode() * 1000
        assert (back.url, back.final_url, back.status, back.fetched_at) == (page().url, page().url, 203, NOW)
        assert back.headers == (
            ("content-type", "text/html; charset=utf-8"),
            ("etag", '"1"'),
            ("link", "<a>; rel=x"),
            ("link", "<b>; rel=y"),
            ("x-folded", "two lines"),
            ("content-length", "3000"),
        )

    def test_a_redirected_page_keeps_both_addresses_and_its_microseconds(self, tmp_path: Path) -> None:
        moved = page(final_url="https://publisher.test/new/1", fetched_at=NOW + timedelta(microseconds=12))
        back = read(tmp_path, write(tmp_path, moved)[0])
        assert (back.url, back.final_url, back.fetched_at) == (moved.url, moved.final_url, moved.fetched_at)

    def test_each_record_is_a_member_and_the_first_says_what_the_file_is(self, tmp_path: Path) -> None:
        pointers = write(tmp_path, *(page(n) for n in range(3)))
        path = tmp_path / "alpha" / "run-1-001.warc.gz"
        assert sound(path) == [("warcinfo", None), *(("response", page(n).url) for n in range(3))]
        assert path.stat().st_mode & 0o777 == 0o600
        data = path.read_bytes()
        for pointer in pointers:
            member = gzip.decompress(data[pointer.offset : pointer.offset + pointer.length])
            assert member.startswith(b"WARC/1.1\r\n")

    def test_other_tools_find_no_fault(self, tmp_path: Path) -> None:
        (pointer,) = write(tmp_path, page())
        tool = [sys.executable, "-m", "warcio.cli", "check", "-v", str(tmp_path / pointer.file)]
        done = subprocess.run(tool, check=True, capture_output=True, text=True)
        assert "digest pass" in done.stdout

    def test_a_cut_says_so(self, tmp_path: Path) -> None:
        writer = ArchiveWriter(tmp_path, "alpha", "run-1")
        pointer = writer.write_response(page(), b"<p>", cut=True, reason="TDM reservation\r\nX-Evil: 1")
        writer.close()
        with (tmp_path / pointer.file).open("rb") as file:
            file.seek(pointer.offset)
            (record,) = ArchiveIterator(file)
            assert record.rec_headers.get_header("X-Harvester-Cut") == "TDM reservation X-Evil: 1"
        assert read(tmp_path, pointer).body == b"<p>"

    def test_a_full_file_is_followed_by_the_next_and_none_is_reopened(self, tmp_path: Path) -> None:
        pointers = write(tmp_path, *(page(n) for n in range(3)), max_bytes=500)
        pointers += write(tmp_path, page(3))
        assert [pointer.file[-11:] for pointer in pointers] == [f"00{n}.warc.gz" for n in (1, 2, 3, 4)]
        assert [read(tmp_path, pointer).url for pointer in pointers] == [page(n).url for n in range(4)]

    def test_nothing_is_made_before_the_first_page(self, tmp_path: Path) -> None:
        ArchiveWriter(tmp_path, "alpha", "run-1").close()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.fault(14)
    def test_a_full_disk_leaves_whole_members_only(self, tmp_path: Path) -> None:
        writer = ArchiveWriter(tmp_path, "alpha", "run-1")
        first = writer.write_response(page(1), page(1).body, cut=False)
        with _no_file_above(first.offset + first.length + 300), pytest.raises(StorageError, match=first.file):
            writer.write_response(page(2), os.urandom(5000), cut=False)
        third = writer.write_response(page(3), page(3).body, cut=False)
        writer.close()
        assert [kind for kind, _ in sound(tmp_path / first.file)] == ["warcinfo", "response", "response"]
        assert read(tmp_path, third).url == page(3).url

    def test_an_unusable_folder_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "alpha").touch()
        with pytest.raises(StorageError, match=f"{tmp_path}/alpha"):
            write(tmp_path, page())


class TestPointers:
    @pytest.mark.parametrize("offset, length", [(3, 50), (0, 10), (10**9, 10)])
    def test_one_to_nothing_is_an_error_that_names_the_place(self, tmp_path: Path, offset: int, length: int) -> None:
        (pointer,) = write(tmp_path, page())
        with pytest.raises(StorageError, match=f"byte {offset}: no page"):
            read(tmp_path, Pointer(pointer.file, offset, length))
        with pytest.raises(StorageError, match="absent"):
            read(tmp_path, Pointer("alpha/absent.warc.gz", 0, 1))

    def test_the_index_gives_the_latest_and_all_in_order(self, store: Store, tmp_path: Path) -> None:
        pages = [page(1), page(2), page(1, fetched_at=NOW + timedelta(days=1))]
        pointers = write(tmp_path, *pages)
        entries = [
            ArchiveEntry("alpha", one.url, pointer, one.fetched_at, f"r{one.url[-1]}", cut=True, reason="reserved")
            for one, pointer in zip(pages, pointers, strict=True)
        ]
        for _ in range(2):
            with store.begin() as unit:
                store.archive_index.add(unit, entries)
        assert store.archive_index.pointer("r1") == pointers[2] == store.archive_index.pointer(page(1).url)
        assert store.archive_index.pointer("r9") is None
        assert list(store.archive_index.iterate("alpha")) == entries
        assert list(store.archive_index.iterate("beta")) == []
        assert store.archive_index.pointers("r1") == [pointers[0], pointers[2]]


class TestRecovery:
    @pytest.mark.fault(4)
    def test_the_uncommitted_tail_is_cut(self, tmp_path: Path) -> None:
        first, second = write(tmp_path, page(1), page(2))
        path = tmp_path / first.file
        with path.open("ab") as file:
            file.write(b"\x1f\x8b\x08torn")
        found = recover(tmp_path, "alpha", {first.file: second.offset})
        assert (found.cut, found.missing) == ((first.file,), ())
        assert [kind for kind, _ in sound(path)] == ["warcinfo", "response"]
        assert recover(tmp_path, "alpha", {first.file: second.offset}).cut == ()

    def test_a_file_of_a_run_without_commits_goes_and_a_strangers_stays(self, store: Store, tmp_path: Path) -> None:
        write(tmp_path, page(1), run_id="run-1")
        write(tmp_path, page(1), run_id="stranger")
        with store.begin() as unit:
            store.runs.open(unit, "alpha", "run-1", Owner("here", 1, ""), NOW, 60, lambda _: True)
        found = recover(tmp_path, "alpha", store.archive_index.committed_lengths("alpha"))
        assert found.cut == ("alpha/run-1-001.warc.gz",)
        assert [path.name for path in (tmp_path / "alpha").iterdir()] == ["stranger-001.warc.gz"]

    def test_a_file_shorter_than_its_pointers_is_reported(self, tmp_path: Path) -> None:
        (pointer,) = write(tmp_path, page(1))
        os.truncate(tmp_path / pointer.file, pointer.offset + 5)
        lengths = {pointer.file: pointer.offset + pointer.length, "alpha/lost-001.warc.gz": 9}
        assert recover(tmp_path, "alpha", lengths).missing == ("alpha/lost-001.warc.gz", pointer.file)


class TestRemoval:
    @pytest.mark.parametrize("size", [0, 10, 5_000, 300_000])
    def test_a_removed_member_leaves_the_others_where_they_were(self, tmp_path: Path, size: int) -> None:
        pages = [page(1), page(2, body=os.urandom(size)), page(3)]
        pointers = write(tmp_path, *pages)
        before = (tmp_path / pointers[0].file).stat().st_size
        for _ in range(2):
            remove_members(tmp_path, [pointers[1], Pointer("alpha/absent.warc.gz", 0, 9)])
        assert (tmp_path / pointers[0].file).stat().st_size == before
        kinds = [kind for kind, _ in sound(tmp_path / pointers[0].file)]
        assert kinds == ["warcinfo", "response", "metadata", "response"]
        assert [read(tmp_path, pointers[n]).url for n in (0, 2)] == [page(1).url, page(3).url]
        with pytest.raises(StorageError, match="the page was removed"):
            read(tmp_path, pointers[1])

    @pytest.mark.fault(80)
    def test_a_purge_leaves_no_word_of_the_record(self, store: Store, tmp_path: Path) -> None:
        secret = "Zythologie"
        archive = tmp_path / "data" / "archive"
        record = make_record(1, title=f"Une {secret}", quote=f"{secret} libre", status="free")
        older = make_record(1, title=f"Ancienne {secret}", status="subscription")
        others = [make_record(n) for n in range(2, 60)]
        pointers = write(archive, page(1, body=secret.encode()), page(2))
        for batch in ([older, *others], [record, *others]):
            with store.begin() as unit:
                store.records.save(unit, batch, run_id="run-1", now=NOW)
                store.archive_index.add(
                    unit,
                    [
                        ArchiveEntry("alpha", record.url, pointers[0], NOW),
                        ArchiveEntry("alpha", page(2).url, pointers[1], NOW, others[0].id),
                    ],
                )
        assert store.search.find(Query(text=secret)).total == 1
        on_disk = store.name.startswith("/")
        assert not on_disk or any(secret.encode() in path.read_bytes() for path in _files(tmp_path))
        assert _tables_with(store, secret)
        store.purge(archive, record.id, "legal", NOW)
        assert not any(stem in _plain(path) for path in _files(tmp_path) for stem in (b"Zytholog", b"zytholog"))
        assert _tables_with(store, secret) == []
        tombstone = store.records.get(record.id)
        assert tombstone and tombstone.titles == {} and tombstone.deletion_reason == "legal"
        assert store.records.revisions(record.id) == [tombstone]
        assert store.records.verdicts(record.id) == []
        assert store.search.find(Query(text=secret)).total == 0
        assert store.archive_index.pointer(record.url) is None
        assert read(archive, pointers[1]).url == page(2).url
        assert len(list(store.records.iter())) == 58


def _tables_with(store: Store, word: str) -> list[str]:
    with store.begin() as unit:
        rows = {name: unit.connection.execute(table.select()).all() for name, table in metadata.tables.items()}
    return [name for name, found in rows.items() if any(word in str(row) for row in found)]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _plain(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


@contextmanager
def _no_file_above(size: int) -> Iterator[None]:
    """Make the kernel refuse longer files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


class TestRevisits:
    def test_a_revisit_refers_to_the_page_and_holds_no_body(self, tmp_path: Path) -> None:
        moved = page(final_url="https://publisher.test/new/1")
        later = moved.model_copy(update={"status": 304, "body": b"", "fetched_at": NOW + timedelta(days=1)})
        writer = ArchiveWriter(tmp_path, "alpha", "run-1")
        first = writer.write_response(moved, moved.body, cut=False)
        again = writer.write_revisit(later, Original(moved.final_url, moved.fetched_at))
        writer.close()
        assert [kind for kind, _ in sound(tmp_path / first.file)] == ["warcinfo", "response", "revisit"]
        with (tmp_path / again.file).open("rb") as file:
            file.seek(again.offset)
            (record,) = ArchiveIterator(file)
            said = dict(record.rec_headers.headers)
            assert record.http_headers.get_statuscode() == "304"
            assert record.http_headers.get_header("etag") == '"1"'
            assert record.http_headers.get_header("set-cookie") is None
            assert record.content_stream().read() == b""
        assert said["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
        assert said["WARC-Target-URI"] == said["WARC-Refers-To-Target-URI"] == moved.final_url
        assert said["WARC-Refers-To-Date"] == "2026-03-01T08:00:00Z"
        assert said["WARC-Date"] == "2026-03-02T08:00:00Z"
        assert read(tmp_path, first).body == moved.body
        with pytest.raises(StorageError, match="had not changed"):
            read(tmp_path, again)
        assert [held.page.body for held in responses(tmp_path / first.file) if held.page] == [moved.body]
        remove_members(tmp_path, [again])
        assert [kind for kind, _ in sound(tmp_path / first.file)] == ["warcinfo", "response", "metadata"]

    def test_the_shortest_revisit_can_be_taken_away(self, tmp_path: Path) -> None:
        short = Page(url="http://a.b/", final_url="http://a.b/", status=304, headers=(), body=b"", fetched_at=NOW)
        writer = ArchiveWriter(tmp_path, "alpha", "run-1")
        pointer = writer.write_revisit(short, Original(short.url, NOW))
        writer.close()
        remove_members(tmp_path, [pointer])
        assert [kind for kind, _ in sound(tmp_path / pointer.file)] == ["warcinfo", "metadata"]

    def test_a_revisit_is_kept_by_a_recovery_and_taken_for_no_page(self, tmp_path: Path, store: Store) -> None:
        writer = ArchiveWriter(tmp_path, "alpha", "run-1")
        first = writer.write_response(page(), page().body, cut=False)
        again = writer.write_revisit(page(status=304, body=b""), Original(page().url, NOW))
        writer.write_response(page(2), b"never committed", cut=False)
        writer.close()
        entries = [
            ArchiveEntry("alpha", page().url, first, NOW, "r1"),
            ArchiveEntry("alpha", page().url, again, NOW + timedelta(days=1), "r1", revisit=True),
        ]
        with store.begin() as unit:
            store.archive_index.add(unit, entries)
        assert recover(tmp_path, "alpha", store.archive_index.committed_lengths("alpha")).cut == (first.file,)
        assert [kind for kind, _ in sound(tmp_path / first.file)] == ["warcinfo", "response", "revisit"]
        assert (store.archive_index.pointer("r1"), store.archive_index.pointer(page().url)) == (first, first)
        assert [entry.pointer for entry in store.archive_index.iterate("alpha")] == [first]
        assert sorted(store.archive_index.pointers("r1"), key=lambda each: each.offset) == [first, again]
