"""`python -m harvester.sample [PORT]`: serve the sample publisher until Ctrl-C."""

import signal
import sys
from contextlib import suppress
from threading import Event

from harvester.sample.server import serve


def main(arguments: list[str]) -> int:
    """Print the address, then serve. Returns the exit code; 2 for a port that is no number."""
    if len(arguments) > 1 or not all(argument.isdigit() for argument in arguments):
        sys.stderr.write("usage: python -m harvester.sample [PORT]\n")
        return 2
    # A background job of a shell starts with SIGINT ignored, and then Python installs no handler of its own.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with serve(port=int(arguments[0]) if arguments else 0) as publisher, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{publisher.url}/\n")
        sys.stdout.flush()
        Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
