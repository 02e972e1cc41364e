"""The spool: raw pages on their way from crawl to ingest, in private per-Run segments.

A segment is written as `RUN-000001.part` and renamed to `.seg` when it is whole; a reader only looks at `.seg`.
Frame: three big-endian 32-bit words (header length, body length, CRC-32 of both), a JSON header, the raw body.
Every frame goes to the kernel in one write, so that a killed writer loses at most the frame it was in.
"""

import json
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from harvester.errors import StorageError
from harvester.model.run import Visit
from storage.durable import sync

MAX_ENTRIES = 64
MAX_BYTES = 4 * 1024 * 1024
MAX_SECONDS = 1.0

_LENGTHS = struct.Struct(">III")
_PART, _SEGMENT, _DONE = ".part", ".seg", ".done"


class SpoolWriter:
    """Appends Visits of one Run. `clock` counts monotonic seconds; call `tick()` now and then to pass on what waits."""

    def __init__(self, folder: Path, run_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = _private_folder(folder)
        self._run_id = _checked(run_id)
        self._clock = clock
        self._number = _last_number(folder, run_id)
        self._fd: int | None = None
        self._entries = self._bytes = 0
        self._since = 0.0

    def append(self, visit: Visit) -> None:
        """Put one Visit down; it survives the death of this process from here on."""
        frame = _frame(visit)
        if self._fd is None:
            self._open()
        _write_whole(self._fd, frame, self._part())
        self._entries += 1
        self._bytes += len(frame)
        self.tick()

    def tick(self) -> None:
        """Pass the open segment on if it is full or its first entry is a second old."""
        full = self._entries >= MAX_ENTRIES or self._bytes >= MAX_BYTES
        if self._fd is not None and (full or self._clock() - self._since >= MAX_SECONDS):
            self._pass_on()

    def close(self) -> None:
        """Pass the last segment on and leave the mark that no more will come."""
        if self._fd is not None:
            self._pass_on()
        mark = self._folder / f"{self._run_id}{_DONE}"
        os.close(os.open(mark, os.O_WRONLY | os.O_CREAT, 0o600))

    def _part(self) -> Path:
        return self._folder / f"{self._run_id}-{self._number:06d}{_PART}"

    def _open(self) -> None:
        self._number += 1
        self._entries = self._bytes = 0
        self._since = self._clock()
        try:
            self._fd = os.open(self._part(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise _unusable(self._part(), error) from error

    def _pass_on(self) -> None:
        if self._fd is None:
            return
        try:
            os.fsync(self._fd)
            os.close(self._fd)
            self._fd = None
            self._part().rename(self._part().with_suffix(_SEGMENT))
            sync(self._folder)
        except OSError as error:
            raise _unusable(self._part(), error) from error


class SpoolReader:
    """Follows the segments of one Run, also while the crawl still writes."""

    def __init__(self, folder: Path, run_id: str) -> None:
        self._folder = folder
        self._run_id = _checked(run_id)

    def segments(self) -> list[Path]:
        """Whole segments, oldest first. `path.name` is unique over all Runs."""
        return _files(self._folder, self._run_id, _SEGMENT)

    @staticmethod
    def read(path: Path) -> list[Visit]:
        """The Visits of a segment. A torn or damaged frame is left out: its URL is still due and comes again."""
        return [_visit(header, body) for header, body in _frames(path)]

    @staticmethod
    def urls(path: Path) -> list[str]:
        """The URLs of the Visits that `read` gives, each once."""
        return list({json.loads(header)["url"]: None for header, _ in _frames(path)})

    @staticmethod
    def drop(path: Path) -> None:
        """Remove a segment whose batch has committed; already gone is fine."""
        path.unlink(missing_ok=True)

    def finished(self) -> bool:
        """True when the writer has closed and every segment has been dropped."""
        mark = self._folder / f"{self._run_id}{_DONE}"
        return mark.exists() and not self.segments() and not _files(self._folder, self._run_id, _PART)

    def close(self) -> None:
        """Remove the mark of a finished Run."""
        (self._folder / f"{self._run_id}{_DONE}").unlink(missing_ok=True)


def spooled_runs(folder: Path) -> list[str]:
    """Ids of all Runs that have segments, whole or part, in the folder."""
    names = {path.stem.rsplit("-", 1)[0] for path in _listing(folder) if path.suffix in {_PART, _SEGMENT}}
    return sorted(names)


class Waiting(NamedTuple):
    """What lies in the spool: bytes, and since when the oldest of it does, in seconds since 1970 (None: nothing)."""

    size: int
    since: float | None


def waiting(folder: Path) -> Waiting:
    """What every Run, also one that is over, has left to be taken in."""
    states = []
    for path in _listing(folder):
        if path.suffix in {_PART, _SEGMENT}:
            with suppress(FileNotFoundError):  # taken in meanwhile
                states.append(path.stat())
    return Waiting(sum(one.st_size for one in states), min((one.st_mtime for one in states), default=None))


def leftovers(folder: Path, run_ids: Iterable[str]) -> list[Path]:
    """Segments of Runs that are over, oldest first; what a killed writer left as `.part` is salvaged as a segment.

    Only name Runs whose crawl is surely dead: a living writer would lose its open segment.
    """
    found: list[Path] = []
    for run_id in run_ids:
        for part in _files(folder, _checked(run_id), _PART):
            part.rename(part.with_suffix(_SEGMENT))
        found += _files(folder, run_id, _SEGMENT)
    return found


def whole_segments(folder: Path) -> list[Path]:
    """Every whole segment of every Run, by name."""
    return [path for path in _listing(folder) if path.suffix == _SEGMENT]


def rewrite(path: Path, change: Callable[[Visit], Visit], *, dry_run: bool = False) -> bool:
    """Put changed Visits in the place of a segment's, in one step; whether any did change. A segment may be gone."""
    try:
        before = SpoolReader.read(path) if path.exists() else []
    except StorageError:
        return False
    after = [change(visit) for visit in before]
    if all(one is other for one, other in zip(before, after, strict=True)) or dry_run:
        return any(one is not other for one, other in zip(before, after, strict=True))
    fresh = path.with_suffix(".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_whole(fd, b"".join(map(_frame, after)), fresh)
        os.fsync(fd)
    finally:
        os.close(fd)
    if path.exists():
        fresh.replace(path)
    fresh.unlink(missing_ok=True)
    sync(path.parent)
    return True


def _frame(visit: Visit) -> bytes:
    header = visit.model_dump(mode="json", exclude={"page": {"body"}})
    text = json.dumps(header, separators=(",", ":")).encode()
    body = visit.page.body if visit.page else b""
    return _LENGTHS.pack(len(text), len(body), zlib.crc32(body, zlib.crc32(text))) + text + body


def _frames(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Header and body of every frame of a segment that is whole."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(path, error) from error
    at = 0
    while at + _LENGTHS.size <= len(data):
        header_length, body_length, crc = _LENGTHS.unpack_from(data, at)
        start = at + _LENGTHS.size
        at = start + header_length + body_length
        if at > len(data):
            return
        header, body = data[start : start + header_length], data[start + header_length : at]
        if zlib.crc32(body, zlib.crc32(header)) == crc:
            yield header, body


def _visit(header: bytes, body: bytes) -> Visit:
    value = json.loads(header)
    if value["page"] is not None:
        value["page"]["body"] = body
    return Visit.model_validate(value)


def _write_whole(fd: int | None, frame: bytes, path: Path) -> None:
    assert fd is not None
    start = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        view = memoryview(frame)
        while view:
            view = view[os.write(fd, view) :]
    except OSError as error:
        os.ftruncate(fd, start)
        os.lseek(fd, start, os.SEEK_SET)
        raise _unusable(path, error) from error


def _private_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise _unusable(folder, error) from error
    return folder


def _checked(run_id: str) -> str:
    if not run_id or "/" in run_id or run_id.startswith("."):
        raise StorageError(f"run id {run_id!r} cannot name a file", remedy="use letters, digits, '-', '_' and '.'")
    return run_id


def _listing(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder)]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 (a path for each name takes ten times as long)
    except FileNotFoundError:
        return []


def _files(folder: Path, run_id: str, suffix: str) -> list[Path]:
    """By name alone: a Run that is behind its crawl looks often, at many."""
    names = (name for name in _names(folder) if name.endswith(suffix))
    return [folder / name for name in names if name.removesuffix(suffix).rpartition("-")[0] == run_id]


def _last_number(folder: Path, run_id: str) -> int:
    paths = _files(folder, run_id, _PART) + _files(folder, run_id, _SEGMENT)
    return max((int(path.stem.rsplit("-", 1)[1]) for path in paths), default=0)


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"spool {path}: {error.strerror or error}", remedy="make the folder writable and leave room on its disk"
    )
