"""One crawl in a process of its own, seen from the Run: its configuration, its start, its progress, its end.

A reactor starts once per process and never on a loop that already runs, so a crawl is always a child.
Nothing here loads Scrapy.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from harvester.logs import Form
from harvester.model.base import Value
from harvester.model.source import Source

STOP_S = 30.0


class CrawlConfig(Value):
    """All a crawl is told at its start, as one line of JSON on its standard input.

    `private_allow` names `host:port` pairs that may be private; `limit` bounds the article URLs of the Run;
    `unconditional` sends no validators; `full` asks every list for all of it;
    `only_robots` names a URL whose robots.txt is read, and nothing else; `log_format` is the form of what it warns of
    on standard error, where none of `secrets` may stand.
    """

    source: Source
    run_id: str
    database_url: str
    spool_dir: Path
    contact: str
    user_agent: str
    private_allow: tuple[str, ...] = ()
    limit: int | None = None
    unconditional: bool = False
    full: bool = False
    only_robots: str | None = None
    log_format: Form = "text"
    secrets: frozenset[str] = frozenset()


class CrawlChild:
    """A running crawl. It ends by itself when its standard input closes or its parent dies."""

    def __init__(self, config: CrawlConfig, *, stderr: int | None = None) -> None:
        self.report: dict[str, Any] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harvester.crawl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
        assert self.process.stdin
        try:
            self.process.stdin.write(config.model_dump_json().encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.process.wait()

    def shut(self, url: str, reason: str) -> None:
        """Have the host of `url` asked no more: what was read of its pages says so."""
        assert self.process.stdin
        with suppress(BrokenPipeError, ValueError):  # it has ended
            self.process.stdin.write(json.dumps({"url": url, "reason": reason}).encode() + b"\n")
            self.process.stdin.flush()

    def progress(self) -> Iterator[dict[str, Any]]:
        """Progress as it comes, until the crawl ends: counts `visits`, `queued`, `discovered`, `due`, and in `waits`
        the seconds until a host may be asked again.

        The last one also carries `done` and what could not be done; it stays in `report`. Blocks between lines.
        """
        assert self.process.stdout
        for line in self.process.stdout:
            self.report = json.loads(line)
            yield self.report

    def stop(self, within: float = STOP_S) -> int:
        """Ask the crawl to stop, kill it when it does not in time; returns its exit code."""
        self.process.terminate()
        return self.wait(within)

    def wait(self, within: float | None = None) -> int:
        """Wait for the end and let go of both pipes; past `within` seconds the crawl is killed."""
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        return code
