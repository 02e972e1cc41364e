"""Side by side: contenders in turn, medians, ratios. An absolute time means nothing outside its run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from threading import Thread
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_SAMPLE_S = 0.02
HARVESTER = (sys.executable, "-c", "from harvester.cli import main; main()")


class Row(NamedTuple):
    """One line of a table: what was measured, as a ratio to its floor or peer, and the goal in words."""

    what: str
    beside: str
    ratio: float
    goal: str
    met: bool


def in_turn(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median of each contender's figure; every round asks each once, so that a slow moment strikes all alike."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            figures[name].append(contender())
    return {name: median(values) for name, values in figures.items()}


def cpu_seconds(action: Callable[[], object]) -> float:
    """CPU time of this process for one call."""
    before = time.process_time()
    action()
    return time.process_time() - before


def wall_seconds(command: Sequence[str], **environment: str) -> float:
    """Time of one process from start to end; its output is dropped."""
    before = time.perf_counter()
    subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        cwd=ROOT,
        env=os.environ | environment,
    )
    return time.perf_counter() - before


class Process(NamedTuple):
    """What a finished process cost: CPU seconds with its children's, and the peak memory of each of them in MB."""

    ended_at: float  # time.monotonic()
    cpu: float
    peaks_mb: list[float]  # of the process itself first, then of its children in the order they were started
    cpus: list[float]  # of the same, each without its children, as far as it was seen


def each_in_turn(folder: Path, names: Sequence[str]) -> int:
    """Run the scripts of a folder, each in a process of its own; 1 if one of them failed, else 0."""
    failed = [
        name for name in names if subprocess.run([sys.executable, str(folder / f"{name}.py")], check=False).returncode
    ]
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


def watched(command: Sequence[str], *, stdin: bytes = b"", **environment: str) -> Process:
    """Run a process to its end. Raises RuntimeError with its words when it fails."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env=os.environ | environment,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(stdin)
    process.stdin.close()
    said: list[bytes] = []
    reader = Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    peaks: dict[int, float] = {}
    cpus: dict[int, float] = {}
    while not (finished := os.wait4(process.pid, os.WNOHANG))[0]:
        for pid in (process.pid, *_descendants(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0), _peak_mb(pid))
            cpus[pid] = max(cpus.get(pid, 0), _cpu(pid))
        time.sleep(_SAMPLE_S)
    _, status, usage = finished
    ended_at = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    reader.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)[:200]} ended with {process.returncode}:\n{b''.join(said).decode()}")
    return Process(ended_at, usage.ru_utime + usage.ru_stime, list(peaks.values()), list(cpus.values()))


def _descendants(pid: int) -> list[int]:
    """Children of all threads of a process (proc_pid_task(5)), and theirs."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, listed.read_text().split())
        except OSError:  # the thread has ended
            continue
    return [*found, *(below for child in found for below in _descendants(child))]


def _peak_mb(pid: int) -> float:
    """Peak resident memory so far (proc_pid_status(5), VmHWM); 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _cpu(pid: int) -> float:
    """CPU seconds so far (proc_pid_stat(5), utime and stime); 0 for a process that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(title: str, rows: Sequence[Row], *notes: str) -> None:
    """Print one table."""
    print(f"\n{title}")
    widths = [max(len(row.what) for row in rows), max(len(row.beside) for row in rows)]
    for row in rows:
        verdict = "met" if row.met else "MISSED"
        print(f"  {row.what:<{widths[0]}}  {row.ratio:8.2f} x  {row.beside:<{widths[1]}}  goal {row.goal}: {verdict}")
    for note in notes:
        print(f"  ({note})")


def at_most(what: str, beside: str, ratio: float, goal: float) -> Row:
    """A ratio that should be small."""
    return Row(what, beside, ratio, f"<= {goal:g} x", ratio <= goal)


def at_least(what: str, beside: str, ratio: float, goal: float) -> Row:
    """A ratio that should be large."""
    return Row(what, beside, ratio, f">= {goal:g} x", ratio >= goal)
