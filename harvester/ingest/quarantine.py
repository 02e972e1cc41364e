"""A page that ends the whole process (a crash in a parser, no memory left) is set aside after some tries."""

import json
from pathlib import Path

TRIES = 3
_SUFFIX = ".work"


class Quarantine:
    """Notes beside a spool segment which URL is being read, so that the next process knows what ended the last one."""

    def __init__(self, segment: Path) -> None:
        self._note = segment.with_suffix(_SUFFIX)
        self._url, self._tries = _last(self._note)

    def admit(self, url: str) -> bool:
        """Note that `url` is read now; False when it was being read at the end of TRIES processes already."""
        tries = self._tries if url == self._url else 0
        if tries >= TRIES:
            return False
        self._note.write_text(json.dumps({"url": url, "tries": tries + 1}), encoding="utf-8")
        return True

    def done(self) -> None:
        """The page has been read: what ends the process from now on is not its doing."""
        self._note.unlink(missing_ok=True)

    def close(self) -> None:
        """The segment has been read to its end."""
        self._note.unlink(missing_ok=True)


def _last(note: Path) -> tuple[str | None, int]:
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        return str(said["url"]), int(said["tries"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, 0
