"""Bytes to a file or to standard output; a file is replaced in one step, when it is complete."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from harvester.errors import UsageError
from storage.durable import sync


def to_stdout(chunks: Iterable[bytes]) -> None:
    """Write the chunks as they come."""
    sys.stdout.flush()
    _write(chunks, sys.stdout.buffer)


def to_file(chunks: Iterable[bytes], path: Path) -> None:
    """Write beside `path`, make it durable, then rename over it: a reader sees the old export or the new one.

    Raises UsageError for a place no file can be in, OSError when it cannot be written; what was there then stays.
    """
    if path.is_dir() or not path.parent.is_dir():
        wrong = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise UsageError(wrong, remedy="give the path of a file in a folder that is there")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            _write(chunks, file)
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


def _write(chunks: Iterable[bytes], file: BinaryIO) -> None:
    for chunk in chunks:
        file.write(chunk)
    file.flush()
