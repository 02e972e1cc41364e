"""What takes too long for every change: `make soak`, or `python tests/soak/all.py kills recrawl`. Outside of CI."""

import subprocess
import sys
from pathlib import Path

SOAKS = ("kills", "recrawl", "memory")


def main() -> int:
    """Run those named, else all; exit code 1 if one did not keep its bounds."""
    here = Path(__file__).parent
    failed = [
        name
        for name in sys.argv[1:] or SOAKS
        if subprocess.run([sys.executable, str(here / f"{name}.py")], check=False).returncode
    ]
    if failed:
        print(f"\nnot kept: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
