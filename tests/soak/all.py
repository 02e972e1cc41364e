"""What takes too long for every change: `make soak`, or `python tests/soak/all.py kills recrawl`. Outside of CI.

One that does not keep its bounds fails.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from measure import each_in_turn

SOAKS = (
    "kills",
    "recrawl",
    "memory",
    "late",
    "server",
    "fleet",
    "days",
    "digests",
    "follower",
    "oai_clients",
    "schemathesis_long",
)

if __name__ == "__main__":
    sys.exit(each_in_turn(Path(__file__).parent, sys.argv[1:] or SOAKS))
