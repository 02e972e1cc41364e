"""The save path (identity, change detection, history, change log) beside raw executemany and ORM commit per item."""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from measure import ROOT, at_least, in_turn, show
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

sys.path.insert(0, str(ROOT))
from records import made

from harvester.model.record import Record, content_hash
from storage.store import Store

RECORDS, BATCH = 3000, 500
NOW = datetime(2026, 1, 2, tzinfo=UTC)
_TABLES = """
create table records(id text primary key, source_id text, url text unique, document text, content_hash text);
create table changes(seq integer primary key, record_id text, kind text, at text, revision integer);
"""


def main() -> None:
    """Print the table."""
    records = made(RECORDS)
    batches = [records[start : start + BATCH] for start in range(0, RECORDS, BATCH)]
    with tempfile.TemporaryDirectory() as name:
        fresh = (Path(name) / f"{number}.db" for number in count())
        seconds = in_turn(
            {
                "ours": lambda: _ours(next(fresh), batches),
                "again": lambda: _ours_again(next(fresh), batches),
                "raw": lambda: _raw(next(fresh), batches),
                "orm": lambda: _orm(next(fresh), batches[0]) * len(batches),
            },
            rounds=3,
        )
    show(
        f"Saving {RECORDS} records in batches of {BATCH} (SQLite), records a second",
        [
            at_least("new records", "raw executemany, the same records", seconds["raw"] / seconds["ours"], 0.5),
            at_least("records that did not change", "raw executemany", seconds["raw"] / seconds["again"], 0.5),
            at_least("new records", "ORM merge and commit per item", seconds["orm"] / seconds["ours"], 8),
        ],
        "raw: each record serialised and hashed, one insert into two tables; no identity, no history",
    )


def _timed(action: Callable[[], None]) -> float:
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


def _save(store: Store, batches: list[list[Record]]) -> None:
    for batch in batches:
        with store.begin() as unit:
            store.records.save(unit, batch, run_id=None, now=NOW)


def _ours(path: Path, batches: list[list[Record]]) -> float:
    with Store.open(f"sqlite:///{path}", migrate=True) as store:
        return _timed(lambda: _save(store, batches))


def _ours_again(path: Path, batches: list[list[Record]]) -> float:
    with Store.open(f"sqlite:///{path}", migrate=True) as store:
        _save(store, batches)
        return _timed(lambda: _save(store, batches))


def _raw(path: Path, batches: list[list[Record]]) -> float:
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode=wal")
    database.executescript(_TABLES)

    def save() -> None:
        for batch in batches:
            rows = [(one.id, one.source_id, one.url, one.model_dump_json(), content_hash(one)) for one in batch]
            with database:
                database.executemany("insert into records values (?, ?, ?, ?, ?)", rows)
                changes = [(one.id, "created", NOW.isoformat(), 1) for one in batch]
                database.executemany("insert into changes(record_id, kind, at, revision) values (?, ?, ?, ?)", changes)

    seconds = _timed(save)
    database.close()
    return seconds


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    __tablename__ = "records"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    url: Mapped[str] = mapped_column(String, unique=True)
    document: Mapped[str] = mapped_column(String)


def _orm(path: Path, batch: list[Record]) -> float:
    engine = create_engine(f"sqlite:///{path}")
    _Base.metadata.create_all(engine)

    def save() -> None:
        for one in batch:
            with Session(engine) as session:
                session.merge(_Row(id=one.id, url=one.url, document=one.model_dump_json()))
                session.commit()

    seconds = _timed(save)
    engine.dispose()
    return seconds


if __name__ == "__main__":
    main()
