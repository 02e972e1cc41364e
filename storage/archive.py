"""The archive: WARC/1.1 files, one gzip member per record, readable with any WARC tool and with plain gzip.

Order of a batch: write, `sync`, commit the pointers. What a crash leaves behind the last committed pointer is cut off
by `recover`. A removed member is overwritten in place by an empty one of the same length, so that pointers stay true.
"""

import hashlib
import os
import re
import uuid
import zlib
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.timeutils import iso_date_to_datetime

from harvester.errors import StorageError
from harvester.model.base import iso_utc
from harvester.model.page import Page
from storage.durable import sync
from storage.pointer import Pointer

__all__ = ["ArchiveWriter", "Original", "Pointer", "Recovery", "read", "recover", "remove_members"]

MAX_BYTES = 512 * 1024 * 1024
GZIP_LEVEL = 6
_SUFFIX = ".warc.gz"
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_INSTEAD = {"metadata": "the page was removed", "revisit": "only a word that it had not changed"}
_HTTP = "application/http; msgtype=response"
_CONTENT = {
    "response": _HTTP,
    "revisit": _HTTP,
    "warcinfo": "application/warc-fields",
    "metadata": "application/warc-fields",
}
_NO_PAYLOAD = frozenset(("revisit", "warcinfo"))
_CUT, _REQUESTED = "X-Harvester-Cut", "X-Harvester-Requested-URI"
# Of one hop, of one encoding of the body, or of one visitor: not true of the body as it is kept.
_NOT_KEPT = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "content-encoding", "content-length", "set-cookie", "set-cookie2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recovery:
    """What `recover` found: files cut back or removed, and files that are shorter than their committed pointers."""

    cut: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Original(NamedTuple):
    """The archived page that a revisit refers to: where it was, and when it was fetched."""

    url: str
    fetched_at: datetime


class ArchiveWriter:
    """Appends the pages of one Run. A new file is begun at `max_bytes`; nothing is created before the first page."""

    def __init__(self, folder: Path, source_id: str, run_id: str, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._source_id = source_id
        self._run_id = run_id
        self._max_bytes = max_bytes
        self._file = ""
        self._fd: int | None = None
        self._offset = 0

    def write_response(self, page: Page, body: bytes, *, cut: bool, reason: str | None = None) -> Pointer:
        """Archive a page with the body that may be kept; `cut` says that parts were taken out, and why.

        Raises StorageError when it cannot be written; the file then ends with the last whole member.
        """
        if self._fd is None or self._offset >= self._max_bytes:
            self._begin_file(page.fetched_at)
        return self._append(_response(page, body, (reason or "unspecified") if cut else None))

    def write_revisit(self, page: Page, original: Original) -> Pointer:
        """Archive the headers of a 304 as a revisit record (WARC 1.1, 6.7.2), which refers to the page as archived.

        Raises StorageError as `write_response` does.
        """
        if self._fd is None or self._offset >= self._max_bytes:
            self._begin_file(page.fetched_at)
        return self._append(_revisit(page, original))

    def sync(self) -> None:
        """Wait until everything written is on the disk. Call before committing pointers."""
        if self._fd is not None:
            try:
                os.fsync(self._fd)
            except OSError as error:
                raise _unusable(self._folder / self._file, error) from error

    def close(self) -> None:
        """Sync and close the file."""
        if self._fd is not None:
            self.sync()
            os.close(self._fd)
            self._fd = None

    def _begin_file(self, now: datetime) -> None:
        self.close()
        place = self._folder / self._source_id
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = f"{self._source_id}/{self._run_id}-{_next_number(place, self._run_id):03d}{_SUFFIX}"
            self._fd = os.open(self._folder / self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            sync(place)
        except OSError as error:
            raise _unusable(place, error) from error
        self._offset = 0
        self._append(_warcinfo(Path(self._file).name, self._run_id, now))

    def _append(self, member: bytes) -> Pointer:
        assert self._fd is not None
        start = self._offset
        try:
            view = memoryview(member)
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            os.ftruncate(self._fd, start)
            os.lseek(self._fd, start, os.SEEK_SET)
            raise _unusable(self._folder / self._file, error) from error
        self._offset += len(member)
        return Pointer(self._file, start, len(member))


def read(folder: Path, pointer: Pointer) -> Page:
    """The page as archived. Raises StorageError when the pointer leads to no whole page (or to a removed one)."""
    try:
        with (folder / pointer.file).open("rb") as file:
            file.seek(pointer.offset)
            member = file.read(pointer.length)
    except OSError as error:
        raise _unusable(folder / pointer.file, error) from error
    try:
        record = next(iter(ArchiveIterator(BytesIO(member))))
        if len(member) == pointer.length and record.rec_type == "response":
            return _page(record)
    except Exception as error:  # warcio has no common error for a damaged member
        raise _no_page(folder, pointer, f"{type(error).__name__}: {error}") from error
    raise _no_page(folder, pointer, _INSTEAD.get(record.rec_type, "it is cut short"))


def recover(folder: Path, source_id: str, committed: Mapping[str, int]) -> Recovery:
    """Cut every file of a Source back to its committed length, 0 meaning away with it; for the holder of the lease.

    `committed` is `ArchiveIndex.committed_lengths`. Files of Runs it does not know of belong to another database
    and are left alone.
    """
    known = {_run_of(file) for file in committed}
    cut: list[str] = []
    for path in sorted((folder / source_id).glob(f"*{_SUFFIX}")):
        file = f"{source_id}/{path.name}"
        length = committed.get(file, 0)
        if _run_of(file) in known and path.stat().st_size > length:
            _cut_back(path, length)
            cut.append(file)
    return Recovery(tuple(cut), tuple(sorted(file for file, end in committed.items() if _size(folder / file) < end)))


def remove_members(folder: Path, pointers: Iterable[Pointer]) -> None:
    """Overwrite members by empty ones of the same length: other pointers stay true and nothing of the page is left.

    Safe to repeat, and beside a writer of the same file.
    """
    for pointer in pointers:
        path = folder / pointer.file
        try:
            fd = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            os.pwrite(fd, _blank(pointer.length), pointer.offset)
            os.fsync(fd)
        finally:
            os.close(fd)


def _response(page: Page, body: bytes, cut: str | None) -> bytes:
    about = _about(page)
    if cut:
        about[_CUT] = _one_line(cut)
    http = _http(page, ("content-length", str(len(body))))
    return _member("response", about, body, url=_safe_url(page.final_url), http=http)


def _revisit(page: Page, original: Original) -> bytes:
    about = _about(page) | {
        "WARC-Profile": _NOT_MODIFIED,
        "WARC-Refers-To-Target-URI": _safe_url(original.url),
        "WARC-Refers-To-Date": iso_utc(original.fetched_at),
    }
    return _member("revisit", about, url=_safe_url(page.final_url), http=_http(page))


def _http(page: Page, *more: tuple[str, str]) -> bytes:
    """Status line and headers as they are kept."""
    kept = [(name, _one_line(value)) for name, value in page.headers if name.lower() not in _NOT_KEPT]
    head: bytes = StatusAndHeaders(_status_line(page.status), [*kept, *more], "HTTP/1.1").to_ascii_bytes()
    return head


def _about(page: Page) -> dict[str, str]:
    about = {"WARC-Date": iso_utc(page.fetched_at)}
    if page.url != page.final_url:
        about[_REQUESTED] = _safe_url(page.url)
    return about


def _warcinfo(name: str, run_id: str, now: datetime) -> bytes:
    lines = ("software: harvester", "format: WARC File Format 1.1", f"isPartOf: {run_id}", "robots: obey")
    text = "".join(f"{line}\r\n" for line in lines).encode()
    return _member("warcinfo", {"WARC-Date": iso_utc(now), "WARC-Filename": name}, text)


def _member(kind: str, about: Mapping[str, str], body: bytes = b"", *, url: str = "", http: bytes = b"") -> bytes:
    """A record (WARC 1.1, 4 and 5) of HTTP headers and body, as a gzip member."""
    named = {**about, "WARC-Type": kind, "WARC-Record-ID": f"<urn:uuid:{uuid.uuid4()}>"}
    if url:
        named["WARC-Target-URI"] = url
    if kind not in _NO_PAYLOAD:
        named["WARC-Payload-Digest"] = _digest(body)
    named |= {
        "WARC-Block-Digest": _digest(http, body),
        "Content-Type": _CONTENT[kind],
        "Content-Length": str(len(http) + len(body)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return _gzip(b"".join((f"WARC/1.1\r\n{lines}\r\n".encode(), http, body, b"\r\n\r\n")))


def _digest(*parts: bytes) -> str:
    hashed = hashlib.sha1(usedforsecurity=False)
    for part in parts:
        hashed.update(part)
    return f"sha1:{b32encode(hashed.digest()).decode()}"


def _gzip(plain: bytes) -> bytes:
    squeeze = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
    return squeeze.compress(plain) + squeeze.flush()


def _blank(length: int) -> bytes:
    """A metadata record without content, filled up to `length` by a comment in the gzip header (RFC 1952)."""
    member = _member("metadata", {"WARC-Date": "1970-01-01T00:00:00Z"})
    filling = length - len(member) - 1
    if filling < 0:
        raise StorageError(f"a member of {length} bytes cannot be blanked", remedy="check the archive's index")
    with_comment = 0x10
    return member[:3] + bytes([with_comment]) + member[4:10] + b" " * filling + b"\0" + member[10:]


def _page(record: ArcWarcRecord) -> Page:
    about, http = record.rec_headers, record.http_headers
    final_url = about.get_header("WARC-Target-URI")
    return Page(
        url=about.get_header(_REQUESTED) or final_url,
        final_url=final_url,
        status=int(http.get_statuscode()),
        headers=tuple((name.lower(), value) for name, value in http.headers),
        body=record.content_stream().read(),
        fetched_at=iso_date_to_datetime(about.get_header("WARC-Date"), tz_aware=True),
    )


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _safe_url(url: str) -> str:
    return re.sub(r"[\x00-\x20\x7f]", lambda match: quote(match[0]), url)


def _one_line(value: str) -> str:
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f]+", " ", value)


def _run_of(file: str) -> str:
    return file.removesuffix(_SUFFIX).rsplit("-", 1)[0]


def _next_number(place: Path, run_id: str) -> int:
    names = [path.name.removesuffix(_SUFFIX).rsplit("-", 1) for path in place.glob(f"*{_SUFFIX}")]
    return 1 + max((int(number) for run, number in names if run == run_id and number.isdigit()), default=0)


def _cut_back(path: Path, length: int) -> None:
    try:
        if length:
            os.truncate(path, length)
        else:
            path.unlink()
    except OSError as error:
        raise _unusable(path, error) from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _no_page(folder: Path, pointer: Pointer, why: str) -> StorageError:
    return StorageError(
        f"archive {folder / pointer.file}, byte {pointer.offset}: no page there ({why})",
        remedy="harvest the page again, or put the file back from a backup",
    )


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"archive {path}: {error.strerror or error}", remedy="make the folder writable and leave room on its disk"
    )
