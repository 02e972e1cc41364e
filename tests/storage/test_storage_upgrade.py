"""Databases of every schema there has been, with data in them, brought to the present one on either engine."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from made import NOW, make_record
from sqlalchemy import Connection, MetaData, text

from harvester.errors import StorageError
from harvester.model.doubt import DoubtKind
from harvester.model.page import VisitOutcome
from harvester.model.record import Record, Relation
from harvester.model.run import ChangeKind
from harvester.model.search import Query
from storage import migrations
from storage.pages import PageVisit
from storage.runs import Owner
from storage.store import Store
from storage.tables import metadata

_ROOT = Path(__file__).parents[2]
_NUMBERED = ("verdicts", "work_merges")  # the engine gives their rows numbers


def tied(n: int) -> Record:
    relations = (Relation(type="isTranslationOf", target="10.2000/9", state="resolved"),)
    disputed = make_record(n).access.model_copy(update={"disputed": True})
    return make_record(n, relations=relations, access=disputed)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Records, one with a past, one translated and disputed, a tombstone, a purged one; a page; a Run at work."""
    tmp_path, now = tmp_path_factory.mktemp("filled"), NOW
    day = timedelta(days=1)
    with Store.open(f"sqlite:///{tmp_path}/filled.sqlite", migrate=True) as store:
        with store.begin() as unit:
            store.records.save(unit, [make_record(n) for n in range(1, 5)], run_id="r", now=now)
            store.records.save(unit, [tied(5)], run_id="r", now=now)
        with store.begin() as unit:
            store.records.save(unit, [make_record(1, status="free")], run_id="r", now=now + day)
            store.records.delete(unit, make_record(2).id, "gone", now + day)
            store.pages.discover(unit, "alpha", [(make_record(1).url, now)], now)
            visit = PageVisit("alpha", make_record(1).url, VisitOutcome.OK, now, now + day, digest="sha256:0")
            store.pages.record_visits(unit, [visit])
            store.runs.open(unit, "alpha", "r", Owner("h", 1, "s"), now, 60, lambda _: True)
        store.purge(tmp_path / "archive", make_record(3).id, "legal", now + day)
        yield store


@pytest.fixture(params=migrations.REVISIONS[:-1])
def older(request: pytest.FixtureRequest, database: str, filled: Store) -> str:
    """The same rows in a database of an older schema, as far as it has tables and columns for them."""
    make_older(database, request.param, filled)
    return database


def make_older(database: str, revision: str, filled: Store) -> None:
    with pytest.MonkeyPatch.context() as patched:

        def upgrade(store: Store) -> None:
            store.transact(lambda unit: migrate(unit.connection, revision))
            store.transact(lambda unit: copy(filled, unit.connection))

        patched.setattr(Store, "upgrade", upgrade)
        Store.open(database, migrate=True).close()


def migrate(connection: Connection, revision: str) -> None:
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    with EnvironmentContext(Config(), script, fn=lambda now, _: script._upgrade_revs(revision, now)) as steps:
        steps.configure(connection=connection, transactional_ddl=True)
        steps.run_migrations()


def copy(filled: Store, connection: Connection) -> None:
    there = MetaData()
    there.reflect(connection)
    with filled.snapshot() as reading:
        for name in (table.name for table in metadata.sorted_tables if not table.name.startswith("search_")):
            if name not in there.tables:
                continue
            table = there.tables[name]
            rows = [dict(row) for row in reading.execute(text(f"SELECT * FROM {name}")).mappings()]
            known = {column.name for column in table.c} - ({"id"} if name in _NUMBERED else set())
            made = {"folded": ""} if "folded" in known else {}
            if rows:
                kept = [made | {key: value for key, value in row.items() if key in known} for row in rows]
                connection.execute(table.insert(), kept)


def everything(store: Store) -> dict[str, Any]:
    ids = [record.id for record in store.records.iter(include_deleted=True)]
    return {
        "records": [store.records.get(one) for one in ids],
        "revisions": [store.records.revisions(one) for one in ids],
        "verdicts": [store.records.verdicts(one) for one in ids],
        "changes": store.changes.since(0),
        "page": store.pages.get("alpha", make_record(1).url),
        "runs": store.runs.list(),
    }


def test_all_rows_stay_and_the_index_is_made(older: str, filled: Store) -> None:
    with pytest.raises(StorageError, match="this program wants") as refusal:
        Store.open(older)
    assert "harvester db upgrade" in refusal.value.remedy
    with Store.open(older, migrate=True) as store:
        assert everything(store) == everything(filled)
        found = store.search.find(Query(text="etude"))
        assert {hit.record_id for hit in found.hits} == {make_record(n).id for n in (1, 4, 5)}
        assert [one.record.id for one in store.doubts.queue(DoubtKind.DISPUTED, 10)] == [tied(5).id]
        assert store.check() == []
    with Store.open(older, migrate=True) as again:
        assert again.upgrade() == []


def test_harvests_go_on_from_there(older: str, now: datetime) -> None:
    later = now + timedelta(days=9)
    with Store.open(older, migrate=True) as store:
        head = store.changes.head()
        batch = [make_record(1, status="free"), make_record(4), tied(5), make_record(3)]
        saved = store.transact(lambda unit: store.records.save(unit, batch, run_id="s", now=later))
        assert [(one.kind, one.skipped) for one in saved] == [(None, False)] * 3 + [(None, True)]
        assert store.changes.head() == head
        news = [make_record(4, title="Autre"), make_record(6)]
        saved = store.transact(lambda unit: store.records.save(unit, news, run_id="s", now=later))
        assert [one.kind for one in saved] == [ChangeKind.UPDATED, ChangeKind.CREATED]
        # An edition that comes later finds what was stated before.
        home = {"source_id": "beta", "id": "b9", "work_id": "b9"}
        original = make_record(9, doi="10.2000/9", url="https://beta.test/article/9", **home)
        store.transact(lambda unit: store.records.save(unit, [original], run_id="s", now=later))
        assert [{record.id for record in work} for work in store.works.iter()] == [{tied(5).id, "b9"}]
        assert store.check() == []


@pytest.mark.fault(5)
@pytest.mark.parametrize("table", ["search_entries", "leaders", "lookups"])
def test_an_upgrade_killed_on_its_way_is_made_whole_by_the_next(database: str, filled: Store, table: str) -> None:
    make_older(database, "0001", filled)
    command = [sys.executable, "-c", _DYING_UPGRADE, database, f"CREATE TABLE {table}"]
    done = subprocess.run(command, cwd=_ROOT, env={**os.environ, "PYTHONPATH": str(_ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(StorageError, match="schema 0001"):
        Store.open(database)
    with Store.open(database, migrate=True) as store:
        assert everything(store) == everything(filled)
        assert store.check() == []


_DYING_UPGRADE = """
import os, signal, sys
from sqlalchemy import event
from storage.database import Database
from storage.store import Store

def die(_conn, _cursor, statement, *_):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

opened = Database.__init__
def watched(self, *given):
    opened(self, *given)
    event.listen(self._engine, "before_cursor_execute", die)

Database.__init__ = watched
Store.open(sys.argv[1], migrate=True)
"""
