"""A backup is a SQLite file with this program's own tables, whichever engine it was made of and is restored to."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, Connection, Table, func, select, text, update

from harvester.errors import UsageError
from harvester.model.run import RunOutcome
from storage.durable import sync
from storage.store import Store
from storage.tables import DERIVED, hosts, leaders, leases, metadata, oai_head, runs, sessions

_PORTION = 500  # rows
_TABLES = [table for table in metadata.sorted_tables if table not in DERIVED]
OnRows = Callable[[str, int], None]  # is told the table, and how many of its rows have been copied


def backup(store: Store, path: Path, now: datetime, on_rows: OnRows) -> None:
    """Write one snapshot of everything to `path`, whole or not at all; readers and writers go on meanwhile.

    Raises UsageError when there is such a file already, or no such folder.
    """
    if path.exists():
        raise UsageError(f"{path} is there already", remedy="name another file; a backup is never written over")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", remedy="make it first")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        part = Path(folder) / "part"
        with Store.open(f"sqlite:///{part}", migrate=True) as copy:
            _copy(store, copy, now, on_rows)
        sync(part)
        part.replace(path)
    sync(path.parent)


def restore(store: Store, path: Path, now: datetime, on_rows: OnRows) -> None:
    """Put a backup into an empty database, all of it or nothing; the file is left as it is.

    Runs that were at work when it was made are interrupted ones here. Raises UsageError when the database is not
    empty or there is no such file, StorageError when the file is damaged or of a newer schema.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {path}", remedy="name a file that `harvester db backup` made")
    with tempfile.TemporaryDirectory(prefix="harvester-restore-") as folder:
        copy = Path(folder) / path.name  # where a backup of an older schema can be brought to this one
        shutil.copyfile(path, copy)
        with Store.open(f"sqlite:///{copy}", migrate=True) as backed_up:
            _copy(backed_up, store, now, on_rows)
    store.search.catch_up()


def _copy(source: Store, target: Store, now: datetime, on_rows: OnRows) -> None:
    with source.snapshot() as reading, target.begin() as unit:
        writing = unit.connection
        _refuse_unless_empty(writing, target.name)
        for table in _TABLES:
            _copy_table(reading, writing, table, on_rows)
        writing.execute(leases.delete())
        writing.execute(leaders.delete())
        writing.execute(sessions.delete())
        writing.execute(update(hosts).values(owner=None, owner_until=None))
        writing.execute(update(oai_head).values(rendered=0))
        at_work = update(runs).where(runs.c.outcome == RunOutcome.RUNNING.value)
        writing.execute(at_work.values(outcome=RunOutcome.INTERRUPTED.value, ended_at=now))


def _refuse_unless_empty(connection: Connection, name: str) -> None:
    for table in _TABLES:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise UsageError(
                f"database {name} is not empty", remedy="restore into a new one, and use that from then on"
            )


def _copy_table(reading: Connection, writing: Connection, table: Table, on_rows: OnRows) -> None:
    done = 0
    found = reading.execute(select(table), execution_options={"stream_results": True, "yield_per": _PORTION})
    for portion in found.mappings().partitions():
        writing.execute(table.insert(), [dict(row) for row in portion])
        done += len(portion)
        on_rows(table.name, done)
    numbered = table.autoincrement_column
    if numbered is not None and writing.dialect.name == "postgresql":
        _go_on_after(writing, table, numbered)


def _go_on_after(connection: Connection, table: Table, numbered: Column[int]) -> None:
    """Rows that bring their numbers leave the sequence behind."""
    sequence = func.pg_get_serial_sequence(table.name, numbered.name)
    connection.execute(select(func.setval(sequence, func.coalesce(func.max(numbered), text("1")))))
