"""The process that reads segments ahead of a Run (`harvester.ahead`), as the Run sees it."""

import json
import logging
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from harvester.ahead.segments import ReadPage
from harvester.extraction.extract import Extraction
from harvester.model.source import Source

MOST = 3  # segments that one process is asked for at a time
PATIENCE_S = 300.0

_log = logging.getLogger(__name__)


class Ahead:
    """Reads the segments it is asked for, in their order. Once it fails it is gone, and nothing more comes of it."""

    def __init__(self, source: Source) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harvester.ahead"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._asked: deque[str] = deque()
        self._answers: SimpleQueue[list[bytes] | None] = SimpleQueue()  # None: it has ended
        self._waited = 0.0
        self.is_gone = not self._send(source.model_dump_json().encode())
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many segments were asked for and their answers not taken."""
        return len(self._asked)

    def is_asked(self, segment: Path) -> bool:
        """Whether a segment was asked for and its answer not taken."""
        return segment.name in self._asked

    def ask(self, segment: Path, digests: Mapping[str, str | None]) -> None:
        """Have a segment read, but for pages of which `digests` has the very bytes, by URL."""
        self._asked.append(segment.name)
        if not self._send(json.dumps({"segment": str(segment), "digests": digests}).encode()):
            self._give_up()

    def answer(self, segment: Path, within: float) -> dict[str, Extraction] | None:
        """What came of a segment that was asked for, by URL; None while it is still being read.

        Pages may be missing, and all are where the process is gone.
        """
        while self._asked:
            try:
                said = self._answers.get(timeout=within)
            except Empty:
                self._waited += within
                if self._waited < PATIENCE_S:
                    return None
                said = None
            self._waited = 0.0
            if said is None:
                self._give_up()
            elif self._asked.popleft() == segment.name:
                return {page.url: page.extraction for page in map(ReadPage.model_validate_json, said)}
        return {}

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if pipe:
                    pipe.close()

    def _give_up(self) -> None:
        self.is_gone = True
        self._asked.clear()
        self._process.kill()
        _log.warning("the process that reads ahead has ended (%s): pages are read here", self._process.wait())

    def _send(self, line: bytes) -> bool:
        assert self._process.stdin
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def _listen(self) -> None:
        assert self._process.stdout
        lines: list[bytes] = []
        for line in self._process.stdout:
            if line != b"\n":
                lines.append(line)
                continue
            self._answers.put(lines)
            lines = []
        self._answers.put(None)
