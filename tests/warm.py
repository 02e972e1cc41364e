"""Crawls in processes of their own that need not load their modules anew: forked from one that has loaded them.

Three of four seconds of a small crawl go by loading. What `python -m harvester.crawl` does is done here as well, from
its first line of input to its exit code; that the command itself does it is for the tests marked `cold`.
"""

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import IO, NoReturn

# All but what installs a reactor; the first looks at whatever is loaded when it is.
_LOADED = """
scrapy.core.downloader.handlers.http11 scrapy.crawler scrapy.dupefilters scrapy.pqueues scrapy.squeues
harvester.crawl.__main__ harvester.crawl.spider storage.search.index_sqlite storage.sqlite
sqlalchemy.dialects.postgresql sqlalchemy.dialects.sqlite
"""


class Warm:
    """As much of `subprocess.Popen` as those need who start a crawl. The command is not looked at."""

    def __init__(
        self, command: list[str], *, stdin: int, stdout: int, stderr: int | None, start_new_session: bool
    ) -> None:
        theirs, mine = os.pipe(), os.pipe()
        errors = os.pipe() if stderr == subprocess.PIPE else None
        ended, end = os.pipe()
        given = [theirs[0], mine[1], errors[1] if errors else os.dup(2), end]
        self.pid = _zygote().fork(given)
        for fd in given:
            os.close(fd)
        self.stdin: IO[bytes] = os.fdopen(theirs[1], "wb")
        self.stdout: IO[bytes] = os.fdopen(mine[0], "rb")
        self.stderr: IO[bytes] | None = os.fdopen(errors[0], "rb") if errors else None
        self.returncode: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._await, args=(ended,), daemon=True).start()

    def _await(self, ended: int) -> None:
        with os.fdopen(ended, "rb") as pipe:
            self.returncode = int(pipe.read())
        self._ended.set()

    def poll(self) -> int | None:
        return self.returncode if self._ended.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("crawl", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


STARTS_WARM = SimpleNamespace(Popen=Warm, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired)


class _Zygote:
    """The process that has loaded everything; it ends when its end of the socket closes."""

    def __init__(self) -> None:
        self._socket, other = socket.socketpair()
        self._lock = threading.Lock()
        here = Path(__file__)
        with other:
            subprocess.Popen(
                [sys.executable, str(here), str(other.fileno())],
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": str(here.parents[1])},
            )

    def fork(self, fds: list[int]) -> int:
        """The pid of a new crawl with these files as input, output, errors, and for its exit code."""
        asked = json.dumps([str(Path.cwd()), dict(os.environ)]).encode()
        with self._lock:
            socket.send_fds(self._socket, [len(asked).to_bytes(4)], fds)
            self._socket.sendall(asked)
            return int.from_bytes(self._socket.recv(4, socket.MSG_WAITALL))


_started: list[_Zygote] = []
_starting = threading.Lock()


def _zygote() -> _Zygote:
    with _starting:
        if not _started:
            _started.append(_Zygote())
        return _started[0]


def _serve(requests: socket.socket) -> None:
    """Fork for every request; returns in the process that is to crawl."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    while True:
        size, fds, _, _ = socket.recv_fds(requests, 4, 4)
        if not size:
            sys.exit()
        folder, environment = json.loads(requests.recv(int.from_bytes(size), socket.MSG_WAITALL))
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if pid := os.fork():
                _wait_for(pid, requests, fds)
            requests.close()
            _become(folder, environment, fds)
            return
        for fd in fds:
            os.close(fd)


def _wait_for(pid: int, requests: socket.socket, fds: list[int]) -> None:
    """Tell its pid now, and how it ended when it has."""
    os.setsid()
    requests.sendall(pid.to_bytes(4))
    for fd in fds[:3]:
        os.close(fd)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(fds[3], str(code).encode())
    os._exit(0)


def _become(folder: str, environment: dict[str, str], fds: list[int]) -> None:
    os.setsid()
    for place, fd in enumerate(fds[:3]):
        os.dup2(fd, place)
    for fd in fds:
        os.close(fd)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


def _main() -> NoReturn:
    for module in _LOADED.split():
        import_module(module)
    gc.freeze()  # what is loaded is never looked over again, and stays shared
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from harvester.crawl.__main__ import main

    try:
        code = main()
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)  # to take all modules apart would cost more than many a crawl


if __name__ == "__main__":
    _main()
