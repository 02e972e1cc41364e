"""A Run in a process of its own: one bad page, or a reader that eats all memory, takes no service down."""

import subprocess
import sys
import threading
from collections import deque

from harvester.logs import about, said_by_child
from harvester.model.base import Value
from harvester.model.source import Source
from harvester.settings import Settings

_LAST_WORDS = 5
_LONGEST = 1000


class RunOrder(Value):
    """What such a Run is told, as one line of JSON on its standard input."""

    source: Source
    settings: Settings
    run_id: str
    replay: str | None = None  # instead of a harvest: this WARC file of the archive (`harvester.run.replay`)


class RunApart:
    """A Run at work in a child process. It stops by itself, in good order, when this process dies."""

    def __init__(self, source: Source, settings: Settings, run_id: str, replay: str | None = None) -> None:
        self._asked = threading.Event()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harvester.run"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._facts = {"source": source.id, "run": run_id}
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        assert self._process.stdin
        try:
            order = RunOrder(source=source, settings=settings, run_id=run_id, replay=replay)
            self._process.stdin.write(order.model_dump_json().encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._process.wait()

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """What it last warned of, cut at a length fit for a note."""
        return "\n".join(self._words)[-_LONGEST:]

    def ask_to_stop(self) -> None:
        """Take no new work, keep what was fetched; for `wait` in another thread the time to stop begins now."""
        if self._process.poll() is None:
            self._process.terminate()
        self._asked.set()

    def wait(self, stop_s: float) -> int:
        """The exit code, once it has ended; killed `stop_s` seconds after it was asked to stop."""
        while self._process.poll() is None and not self._asked.is_set():
            self._asked.wait(0.2)
        try:
            code = self._process.wait(stop_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(1.0)
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe:
                pipe.close()
        return code

    def _listen(self) -> None:
        assert self._process.stderr
        with about(**self._facts):
            for line in self._process.stderr:
                if words := said_by_child(line.decode("utf-8", "replace").rstrip()):
                    self._words.append(words)
