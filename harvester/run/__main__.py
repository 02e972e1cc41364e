"""A Run in a process of its own: what to do as one line of JSON on standard input, whose end means stop.

The exit code is that of the command line: 0 done or stopped, 1 failed or degraded, else the error's
(`harvester.errors`), with the message on standard error.
"""

import os
import signal
import sys
import threading

from pydantic import ValidationError

from harvester.errors import HarvesterError
from harvester.model.run import RunOutcome
from harvester.run.apart import RunOrder
from harvester.run.run import run_source
from storage.store import Store


def main() -> int:
    """Read what to do, and do it; returns the exit code."""
    try:
        order = RunOrder.model_validate_json(sys.stdin.buffer.readline())
    except ValidationError as error:
        sys.stderr.write(f"run: the order is wrong: {error.error_count()} mistakes\n")
        return 2
    threading.Thread(target=_watch, daemon=True).start()
    try:
        with Store.open(order.settings.database_url) as store:
            run = run_source(store, order.source, order.settings, run_id=order.run_id)
    except HarvesterError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return int(run.outcome in (RunOutcome.FAILED, RunOutcome.DEGRADED))


def _watch() -> None:
    """Whoever ordered the Run holds the other end of standard input as long as it lives."""
    while os.read(sys.stdin.fileno(), 1024):
        continue
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
