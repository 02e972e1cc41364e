"""The crawl's process as the Run sees it: latest progress, last words, end."""

import subprocess
from collections import deque
from pathlib import Path
from threading import Thread
from typing import Any

from harvester.crawl.crawl import CrawlChild, CrawlConfig
from harvester.logs import said_by_child
from harvester.run.salvage import forget_crawl, note_crawl

_LAST_WORDS = 20
_JOIN_S = 5.0


class Child:
    """A crawl at work. Make it in the thread that waits for it: the kernel ties the crawl's life to that thread's."""

    def __init__(self, config: CrawlConfig) -> None:
        self._spool: Path = config.spool_dir
        self._run_id = config.run_id
        self._crawl = CrawlChild(config, stderr=subprocess.PIPE)
        note_crawl(self._spool, self._run_id, self._crawl.process.pid)
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)
        self._readers = [Thread(target=work, daemon=True) for work in (self._follow, self._listen)]
        for reader in self._readers:
            reader.start()

    def _follow(self) -> None:
        for _ in self._crawl.progress():
            pass

    def _listen(self) -> None:
        assert self._crawl.process.stderr
        for line in self._crawl.process.stderr:
            if words := said_by_child(line.decode("utf-8", "replace").rstrip()):
                self._words.append(words)

    @property
    def report(self) -> dict[str, Any]:
        """The latest progress; after a good end it says what could not be done."""
        return self._crawl.report

    @property
    def has_ended(self) -> bool:
        return self._crawl.process.poll() is not None

    def shut(self, url: str, reason: str) -> None:
        """Have the host of `url` asked no more."""
        self._crawl.shut(url, reason)

    def ask_to_stop(self) -> None:
        """Take no new work, finish what is in flight."""
        if not self.has_ended:
            self._crawl.process.terminate()

    def kill(self) -> None:
        """End it at once; what it spooled stays."""
        self._crawl.process.kill()

    def end(self) -> int:
        """Wait for the end; returns the exit code."""
        self._crawl.process.wait()
        for reader in self._readers:
            reader.join(_JOIN_S)
        code = self._crawl.wait()
        if self._crawl.process.stderr:
            self._crawl.process.stderr.close()
        forget_crawl(self._spool, self._run_id)
        return code

    @property
    def last_words(self) -> str:
        """What it last warned of."""
        return "\n".join(self._words)
