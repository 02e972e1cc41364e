"""The processes that read segments ahead of a Run (`harvester.ahead`), as the Run sees them."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from socket import SHUT_RDWR, socket, socketpair
from threading import Thread

from harvester.ahead.segments import ReadPage
from harvester.extraction.extract import Extraction
from harvester.model.source import Source

MOST = 3  # segments that one process is asked for at a time
PATIENCE_S = 300.0
_GRACE_S = 1.0  # for a process to see that nothing more will be asked

_log = logging.getLogger(__name__)


@contextmanager
def reading_ahead(source: Source, count: int) -> Iterator[list["Ahead"]]:
    """So many processes that read ahead; one loads what all need, and they are forked from it."""
    if not count:
        yield []
        return
    pairs = [socketpair() for _ in range(count)]
    lines = [str(theirs.fileno()) for _, theirs in pairs]
    company = subprocess.Popen(
        [sys.executable, "-m", "harvester.ahead", *lines],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[int(line) for line in lines],
        start_new_session=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # the model of languages asks for no more; threads do not fork
    )
    for _, theirs in pairs:
        theirs.close()
    readers = [Ahead(source, ours) for ours, _ in pairs]
    try:
        yield readers
    finally:
        for reader in readers:
            reader.close()
        try:
            company.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            os.killpg(company.pid, signal.SIGKILL)
            company.wait()


class Ahead:
    """Reads the segments it is asked for, in their order. Once it fails it is gone, and nothing more comes of it."""

    def __init__(self, source: Source, line: socket) -> None:
        self._line = line
        self._asked: deque[str] = deque()
        self._answers: SimpleQueue[list[bytes] | None] = SimpleQueue()  # None: it has ended
        self._waited = 0.0
        self._pid = 0  # until it has begun
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
            self._give_up("has ended")

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
                if self._pid:
                    os.kill(self._pid, signal.SIGKILL)
                self._give_up(f"has not answered for {PATIENCE_S:g} s")
                break
            self._waited = 0.0
            if said is None:
                self._give_up("has ended")
            elif self._asked.popleft() == segment.name:
                return {page.url: page.extraction for page in map(ReadPage.model_validate_json, said)}
        return {}

    def close(self) -> None:
        """Ask nothing more of it, which is its end."""
        with suppress(OSError):
            self._line.shutdown(SHUT_RDWR)
        self._thread.join()
        self._line.close()

    def _give_up(self, why: str) -> None:
        self.is_gone = True
        self._asked.clear()
        _log.warning("a process that reads ahead %s: pages are read here", why)

    def _send(self, line: bytes) -> bool:
        try:
            self._line.sendall(line + b"\n")
        except OSError:
            return False
        return True

    def _listen(self) -> None:
        lines: list[bytes] = []
        with suppress(OSError), self._line.makefile("rb") as said:
            self._pid = int(said.readline() or 0)
            for line in said:
                if line != b"\n":
                    lines.append(line)
                    continue
                self._answers.put(lines)
                lines = []
        self._answers.put(None)
