"""The crawl's process: configuration as one line of JSON on standard input, progress as JSON lines on standard output.

Further lines of input name hosts to ask no more; the end of input ends the crawl.

Exit code 0 when the crawl ended or was stopped, else the error's (`harvester.errors`), with the message on
standard error.
"""

import ctypes
import os
import signal
import sys

from pydantic import ValidationError

from harvester import logs
from harvester.crawl.crawl import CrawlConfig
from harvester.errors import HarvesterError
from harvester.garbage import search_rarely

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Read the configuration and crawl; returns the exit code."""
    _die_with_parent()
    try:
        config = CrawlConfig.model_validate_json(_first_line())
    except ValidationError as error:
        sys.stderr.write(f"crawl: the configuration is wrong: {error}\n")
        return 2
    logs.set_up(config.log_format, "warning", config.secrets)
    try:
        return _crawl(config)
    except HarvesterError as error:
        sys.stderr.write(f"crawl: {error}\n")
        return error.exit_code


def _die_with_parent() -> None:
    """Linux tells us when the parent dies; elsewhere the closing of standard input does."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)


def _first_line() -> bytes:
    """Unbuffered: what comes after the line, the end above all, is for the watch in the spider."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1)
        if not piece:
            break
        line += piece
    return bytes(line)


def _crawl(config: CrawlConfig) -> int:
    from scrapy.crawler import AsyncCrawlerProcess

    from harvester.crawl.spider import HarvestSpider
    from harvester.crawl.transport import SETTINGS
    from storage.store import Store

    failures: list[Exception] = []
    with Store.open(config.database_url) as store:
        process = AsyncCrawlerProcess(SETTINGS | {"USER_AGENT": config.user_agent})
        process.crawl(HarvestSpider, config=config, store=store, failures=failures)
        search_rarely()
        process.start(install_signal_handlers=False)
    for failure in failures:
        raise failure
    return int(process.bootstrap_failed)


if __name__ == "__main__":
    sys.exit(main())
