"""The services in processes of their own: `harvester serve`, or `scheduler` and `worker`."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harvester.sample.seedbed import seeds
from harvester.sample.server import Publisher

ROOT = Path(__file__).resolve().parents[2]


class House:
    """A database, a data folder and seed files that several services share."""

    def __init__(self, folder: Path, database: str, publisher: Publisher, delay: float = 0) -> None:
        self.seeds = folder / "seeds"
        seeds(self.seeds, publisher)
        for path in self.seeds.glob("platforms/*.toml"):
            path.write_text(re.sub(r"\ndelay = .*", f"\ndelay = {delay}", path.read_text("utf-8")), "utf-8")
        self.environment = environment(folder, database, self.seeds, publisher.host)

    def harvester(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harvester.cli", *words]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=200
        )

    def at_work(self) -> list[int]:
        """Processes of services over this house, of their Runs and crawls."""
        mine = f"HARVESTER_DATA_DIR={self.environment['HARVESTER_DATA_DIR']}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # ended meanwhile
                if mine in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return found


def environment(folder: Path, database: str, seeds: Path, allowed: str) -> dict[str, str]:
    """What a service is told, and nothing that this process was."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HARVESTER_")}
    return {
        **clean,
        "HARVESTER_DATA_DIR": str(folder / "data"),
        "HARVESTER_DATABASE_URL": database,
        "HARVESTER_SEEDS_DIR": str(seeds),
        "HARVESTER_CONTACT": "desk@harvest.example",
        "HARVESTER_PRIVATE_ALLOW": allowed,
    }


class Process:
    """One service at work."""

    def __init__(self, environment: dict[str, str], *words: str) -> None:
        command = [sys.executable, "-m", "harvester.cli", *words]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            with self._news:
                self.said.append(line.rstrip())
                self._news.notify_all()

    def wait_for(self, words: str, seconds: float = 200) -> str:
        """The line that holds these words, as soon as it is said."""
        with self._news:
            assert self._news.wait_for(lambda: any(words in line for line in self.said), seconds), self.said
            return next(line for line in self.said if words in line)

    def leads(self) -> bool:
        return any(line.endswith(" leader") for line in self.said)

    @property
    def url(self) -> str:
        return self.wait_for("listening on ").rpartition(" ")[2]

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=100) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """Ask it to stop; seconds until it had ended: 30 at most, of which a slow machine makes more."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(100) == 0, self.said
        return time.monotonic() - began


class Serve(Process):
    """All in one process."""

    def __init__(self, house: House) -> None:
        super().__init__(house.environment, "serve", "--port", "0")


def until(true: Callable[[], bool], seconds: float = 200) -> float:
    """Seconds until something came true."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.1)
    return time.monotonic() - began
