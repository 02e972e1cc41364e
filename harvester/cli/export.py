"""Lines to a file or to standard output; a file is replaced in one step, when it is complete."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from harvester.errors import UsageError
from storage.durable import sync


def to_stdout(lines: Iterable[bytes]) -> int:
    """Write the lines; returns how many."""
    sys.stdout.flush()
    return _write(lines, sys.stdout.buffer)


def to_file(lines: Iterable[bytes], path: Path) -> int:
    """Write beside `path`, make it durable, then rename over it: a reader sees the old export or the new one.

    Raises UsageError for a place no file can be in, OSError when it cannot be written; what was there then stays.
    """
    if path.is_dir() or not path.parent.is_dir():
        wrong = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise UsageError(wrong, remedy="give the path of a file in a folder that is there")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            count = _write(lines, file)
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)
    return count


def _write(lines: Iterable[bytes], file: BinaryIO) -> int:
    count = 0
    for line in lines:
        file.write(line)
        count += 1
    file.flush()
    return count


def told(count: int, head: int, path: Path | None) -> None:
    """Say on standard error what was written and where to go on."""
    where = f" to {path}" if path else ""
    print(f"{count} records{where}; next time: --since {head}", file=sys.stderr)
