"""A page that ends the whole process (a crash in a parser, no memory left) is set aside after some tries."""

import json
import os
from contextlib import suppress
from pathlib import Path

TRIES = 3
_SUFFIX = ".work"
_DONE = b"-"  # in the place of the first byte of a note


class Quarantine:
    """Notes beside a spool segment which URL is being read, so that the next process knows what ended the last one."""

    def __init__(self, segment: Path) -> None:
        self._note = segment.with_suffix(_SUFFIX)
        self._url, self._tries = _last(self._note)
        self._fd: int | None = None  # kept open: a file of its own for each page would cost as much as storing it

    def admit(self, url: str) -> bool:
        """Note that `url` is read now; False when it was being read at the end of TRIES processes already."""
        tries = self._tries if url == self._url else 0
        if tries >= TRIES:
            return False
        if self._fd is None:
            self._fd = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.pwrite(self._fd, json.dumps({"url": url, "tries": tries + 1}).encode() + b"\n", 0)
        return True

    def done(self) -> None:
        """The page has been read: what ends the process from now on is not its doing."""
        if self._fd is not None:
            os.pwrite(self._fd, _DONE, 0)

    def close(self) -> None:
        """The segment has been read to its end."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        self._note.unlink(missing_ok=True)

    def __del__(self) -> None:
        """Of a segment that could not be taken in, the note stays."""
        with suppress(OSError):
            if self._fd is not None:
                os.close(self._fd)


def _last(note: Path) -> tuple[str | None, int]:
    try:
        said = json.loads(note.read_bytes().partition(b"\n")[0])
        return str(said["url"]), int(said["tries"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, 0
