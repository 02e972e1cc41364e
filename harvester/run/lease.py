"""Who holds a Source, and whether that process still lives."""

import os
import socket
from pathlib import Path

from storage.runs import Owner

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_DEAD_STATES = "ZX"  # a zombie has only its exit code left


def this_process() -> Owner:
    """This process as the holder of a lease."""
    return process(os.getpid())


def process(pid: int) -> Owner:
    """A process of this machine. `started` is boot and start time, so that a reused number is another process."""
    return Owner(socket.gethostname(), pid, _started(pid) or "")


def is_alive(owner: Owner) -> bool:
    """False only for a process of this machine that has surely ended; another machine's lease runs out by itself."""
    if owner.host != socket.gethostname():
        return True
    if not _BOOT.exists():
        return _answers(owner.pid)
    return _started(owner.pid) == owner.started


def _started(pid: int) -> str | None:
    """Boot id and start time in clock ticks after it (proc_pid_stat(5), field 22); None for an ended process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return None if fields[0] in _DEAD_STATES else f"{boot[:8]}-{fields[19]}"


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
