"""Every bench in turn, each in a process of its own: `make bench`, or `python tests/bench/all.py startup saving`."""

import subprocess
import sys
from pathlib import Path

BENCHES = ("startup", "extraction", "saving", "pipeline")


def main() -> int:
    """Run those named, else all; a bench that fails makes the whole fail, a missed goal does not."""
    here = Path(__file__).parent
    failed = [
        name
        for name in sys.argv[1:] or BENCHES
        if subprocess.run([sys.executable, str(here / f"{name}.py")], check=False).returncode
    ]
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
