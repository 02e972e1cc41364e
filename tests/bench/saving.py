"""The save path (identity, change detection, history, change log) on both engines, beside the least a driver can do.

`python tests/bench/saving.py 20000`: fewer records. The databases it fills are dumped (dumping.py), searched
(search.py) and shown (console.py) then, for to make 200,000 records takes longer than to measure what becomes of them.
"""

import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import psycopg
from measure import ROOT, Row, at_least, show
from sqlalchemy import String, Table, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

sys.path.insert(0, str(ROOT))
sys.path.insert(1, str(ROOT / "tests"))
from bilingual_records import MOMENT, Library
from console import opened
from dumping import dumped
from postgres import running
from search import searched

from harvester.model.record import Record
from storage import rows
from storage.documents import Document, document
from storage.identity import names_of
from storage.sqlite import _SETTINGS
from storage.store import Store
from storage.tables import changes, identities, moment_text, records, verdicts

RECORDS, BATCH = 200_000, 500
AGAIN = 10  # one batch in so many is saved again
CHANGED = 100  # one record in so many differs then
ITEMS = 200  # for what commits every item
GOALS = {"SQLite": ("executemany", 0.5), "PostgreSQL": ("COPY and upsert", 0.6)}
_TABLES = (records, identities, verdicts, changes)
_FIRST = {"revision": 1, "created_at": MOMENT, "updated_at": MOMENT}
_COLUMNS = "id, source_id, url, document, content_hash"
_REPLACE = "ON CONFLICT (id) DO UPDATE SET document = excluded.document, content_hash = excluded.content_hash"
_TABLE = "(id text primary key, source_id text, url text unique, document text, content_hash text)"

Batch = list[Record]


class Contender(Protocol):
    """Saves a batch in one transaction."""

    def __call__(self, batch: Batch) -> object: ...


def main(number: int) -> None:
    """Print the tables."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running())
        urls = {"SQLite": f"sqlite:///{folder}/harvester.db", "PostgreSQL": server.database()}
        raw = {"SQLite": str(folder / "raw.db"), "PostgreSQL": server.database()}
        same = {"SQLite": f"sqlite:///{folder}/same.db", "PostgreSQL": server.database()}
        contenders: dict[tuple[str, str], Contender] = {}
        for engine, url in urls.items():
            contenders[engine, "ours"] = _ours(stack.enter_context(Store.open(url, migrate=True)))
            Store.open(same[engine], migrate=True).close()
        contenders["SQLite", "floor"] = _same_executemany(folder / "same.db")
        contenders["PostgreSQL", "floor"] = _same_copy(same["PostgreSQL"])
        contenders["SQLite", "alone"] = _executemany(Path(raw["SQLite"]))
        contenders["PostgreSQL", "alone"] = _copy(raw["PostgreSQL"])
        passes = _passes(number, contenders)
        orm = _orm(folder / "orm.db", list(Library().records(ITEMS))) / ITEMS * number
        show(
            f"Saving {number} bilingual records in batches of {BATCH}, records a second",
            [
                *_rows(passes),
                at_least("SQLite: new", "ORM merge and commit per item", orm / passes["new"]["SQLite", "ours"], 8),
            ],
            "floors: the same rows into the same tables, as durable, by the driver alone, SQLite set up as ours;",
            "  records are serialised and hashed; nothing is read or decided, no history when they come again;",
            "  COPY brings records into a temporary table first",
            *_alone(passes),
            f"again: every {AGAIN}th batch, read later; changed: of those one record in {CHANGED} has another title",
        )
        dumped(urls, number)
        searched(urls, number)
        opened(urls, number)


def _rows(passes: dict[str, dict[tuple[str, str], float]]) -> list[Row]:
    return [
        at_least(f"{engine}: {name}", floor, seconds[engine, "floor"] / seconds[engine, "ours"], goal)
        for engine, (floor, goal) in GOALS.items()
        for name, seconds in passes.items()
    ]


def _alone(passes: dict[str, dict[tuple[str, str], float]]) -> list[str]:
    """The same beside less than is to be done."""
    found = []
    for engine in GOALS:
        ratios = [f"{name} {one[engine, 'alone'] / one[engine, 'ours']:.2f}" for name, one in passes.items()]
        found.append(f"{engine}, beside one table of records with a unique URL and nothing else: {'; '.join(ratios)}")
    return found


def _passes(number: int, contenders: dict[tuple[str, str], Contender]) -> dict[str, dict[tuple[str, str], float]]:
    """Seconds of each contender in each pass; they take turns at every batch."""
    library = Library()
    return {
        "new": _pass(_batches(library, number), contenders),
        "again, unchanged": _pass(_again(library, number, 0), contenders),
        "again, 1 % changed": _pass(_again(library, number, CHANGED), contenders),
    }


def _pass(batches: Iterable[Batch], contenders: dict[tuple[str, str], Contender]) -> dict[tuple[str, str], float]:
    seconds: dict[tuple[str, str], float] = defaultdict(float)
    turns = list(contenders.items())
    for turn, batch in enumerate(batches):
        first = turn % len(turns)  # who is first finds the records cold
        for name, save in turns[first:] + turns[:first]:
            seconds[name] += _timed(lambda save=save, batch=batch: save(batch))
    return seconds


def _batches(library: Library, number: int) -> Iterator[Batch]:
    for start in range(0, number, BATCH):
        yield list(library.records(min(start + BATCH, number), start))


def _again(library: Library, number: int, changed: int) -> Iterable[Batch]:
    for start in range(0, number, AGAIN * BATCH):
        batch = library.records(min(start + BATCH, number), start)
        yield [_later(record, changed and n % changed == 0) for n, record in enumerate(batch)]


def _later(record: Record, differs: bool | int) -> Record:
    """The record as another visit reads it."""
    visit = record.provenance.model_copy(update={"fetched_at": MOMENT + timedelta(days=1 + bool(differs))})
    titles = record.titles
    if differs:
        titles = titles | {"en": titles["en"].model_copy(update={"value": f"{titles['en'].value} (corrected)"})}
    return record.model_copy(update={"provenance": visit, "titles": titles})


def _timed(action: Callable[[], object]) -> float:
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


def _ours(store: Store) -> Contender:
    def save(batch: Batch) -> None:
        with store.begin() as unit:
            assert not any(saved.error for saved in store.records.save(unit, batch, run_id=None, now=MOMENT))

    return save


class _Rows:
    """What a batch comes to, by table: all of it for records that are new, and the record itself for others."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._seq = 0

    def of(self, batch: Batch) -> list[list[rows.Row]]:
        made = [document(record.model_copy(update=_FIRST)) for record in batch]
        new = [one for one in made if one.record.id not in self._seen]
        self._seen.update(one.record.id for one in new)
        names = [rows.name_row(name, one.record.id) for one in new for name in names_of(one.record)]
        logged = [self._change(one) for one in new]
        return [list(map(rows.row, made)), names, [rows.verdict_row(one, None, MOMENT) for one in new], logged]

    def _change(self, one: Document) -> rows.Row:
        self._seq += 1
        return self._seq, one.record.id, "created", moment_text(MOMENT), 1, None, None


def _same_executemany(path: Path) -> Contender:
    database = sqlite3.connect(path)
    for setting in _SETTINGS:
        database.execute(f"pragma {setting}")
    given = _Rows()
    statements = [f"INSERT INTO {table.name} ({_names(table)}) VALUES ({_signs(table)})" for table in _TABLES]
    statements[0] += f" ON CONFLICT (id) DO UPDATE SET {_replaced()}"

    def save(batch: Batch) -> None:
        with database:
            for statement, some in zip(statements, given.of(batch), strict=True):
                database.executemany(statement, some)

    return save


def _same_copy(url: str) -> Contender:
    database = psycopg.connect(url, autocommit=True)
    database.execute(b"CREATE TEMPORARY TABLE given (LIKE records INCLUDING STORAGE) ON COMMIT DELETE ROWS")
    given = _Rows()
    upsert = f"INSERT INTO records SELECT * FROM given ON CONFLICT (id) DO UPDATE SET {_replaced()}"

    def save(batch: Batch) -> None:
        with database.transaction(), database.cursor() as cursor:
            for table, some in zip(_TABLES, given.of(batch), strict=True):
                into = "given" if table is records else table.name
                with cursor.copy(f"COPY {into} ({_names(table)}) FROM STDIN".encode()) as copy:
                    for row in some:
                        copy.write_row(row)
                if table is records:
                    cursor.execute(upsert.encode())

    return save


def _names(table: Table) -> str:
    return ", ".join(_columns(table))


def _signs(table: Table) -> str:
    return ", ".join("?" for _ in _columns(table))


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.c if table is not verdicts or column.name != "id"]


def _replaced() -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in _columns(records) if name != "id")


def _written(batch: Batch) -> list[tuple[str, str, str, str, str]]:
    made = map(document, batch)
    return [(one.record.id, one.record.source_id, one.record.url, one.text, one.content_hash) for one in made]


def _executemany(path: Path) -> Contender:
    database = sqlite3.connect(path)
    for setting in _SETTINGS:
        database.execute(f"pragma {setting}")
    database.execute(f"CREATE TABLE raw {_TABLE}")

    def save(batch: Batch) -> None:
        with database:
            database.executemany(f"INSERT INTO raw ({_COLUMNS}) VALUES (?, ?, ?, ?, ?) {_REPLACE}", _written(batch))

    return save


def _copy(url: str) -> Contender:
    database = psycopg.connect(url, autocommit=True)
    database.execute(f"CREATE TABLE raw {_TABLE}".encode())
    database.execute(b"CREATE TEMPORARY TABLE given (LIKE raw) ON COMMIT DELETE ROWS")

    def save(batch: Batch) -> None:
        with database.transaction(), database.cursor() as cursor:
            with cursor.copy(f"COPY given ({_COLUMNS}) FROM STDIN".encode()) as copy:
                for row in _written(batch):
                    copy.write_row(row)
            cursor.execute(f"INSERT INTO raw SELECT * FROM given {_REPLACE}".encode())

    return save


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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS)
