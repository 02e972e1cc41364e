"""New databases, copied from one that has its tables: to make them takes most of the time of a small test."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.store import Store


def store_at(url: str) -> Store:
    """An open, empty store; what is at `url` so far, nothing or a PostgreSQL database with its tables, is as new."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(0o600, exist_ok=False)
        path.write_bytes(_pattern())
    return Store.open(url, migrate=True)


@cache
def _pattern() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pattern.sqlite"
        Store.open(f"sqlite:///{path}", migrate=True).close()
        return path.read_bytes()
