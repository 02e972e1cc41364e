"""Every bench in turn: `make bench`, or `python tests/bench/all.py startup saving`. A missed goal is no failure."""

import sys
from pathlib import Path

from measure import each_in_turn

# Search is measured after saving, in its databases.
BENCHES = ("startup", "extraction", "pipeline", "scraping", "taking", "scaling", "api", "saving", "oai", "digests")

if __name__ == "__main__":
    sys.exit(each_in_turn(Path(__file__).parent, sys.argv[1:] or BENCHES))
