"""A Run in a process of its own: what to do as one line of JSON on standard input, whose end means stop.

The exit code is that of the command line: 0 done or stopped, 1 failed or degraded, else the error's
(`harvester.errors`). Standard error is its log, a line of JSON each (`harvester.logs`).
"""

import logging
import os
import signal
import sys
import threading
from contextlib import suppress

from pydantic import ValidationError

from harvester import logs
from harvester.errors import HarvesterError
from harvester.garbage import search_rarely
from harvester.model.run import RunOutcome
from harvester.run.apart import RunOrder
from harvester.run.replay import replay_source
from harvester.run.run import run_source
from storage.store import Store

_log = logging.getLogger("harvester.run")


def main() -> int:
    """Read what to do, and do it; returns the exit code."""
    try:
        order = RunOrder.model_validate_json(sys.stdin.buffer.readline())
    except ValidationError as error:
        sys.stderr.write(f"run: the order is wrong: {error.error_count()} mistakes\n")
        return 2
    logs.set_up("json", order.settings.log_level, order.settings.secrets())
    search_rarely()
    threading.Thread(target=_watch, daemon=True).start()
    with logs.about(source=order.source.id, run=order.run_id):
        return _run(order)


def _run(order: RunOrder) -> int:
    _log.info("the run begins")
    try:
        with Store.open(order.settings.database_url) as store:
            if order.replay is not None:
                return _replay(store, order, order.replay)
            run = run_source(store, order.source, order.settings, run_id=order.run_id)
    except HarvesterError as error:
        _log.error("%s", error)
        return error.exit_code
    for note in run.notes:
        _log.info("noted: %s", note)
    return int(run.outcome in (RunOutcome.FAILED, RunOutcome.DEGRADED))


def _replay(store: Store, order: RunOrder, file: str) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        counts = replay_source(
            store, order.source, order.settings, lambda _: None, dry_run=False, file=file, run_id=order.run_id
        )
        _log.info("read again: %s", ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing")
    return 0


def _watch() -> None:
    """Whoever ordered the Run holds the other end of standard input as long as it lives."""
    while os.read(sys.stdin.fileno(), 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
