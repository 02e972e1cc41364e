"""The same harvest into SQLite and into PostgreSQL: the same export, byte for byte, but for what a clock gave."""

import re
from collections import Counter
from pathlib import Path

import pytest
from postgres import Postgres
from press import Press

from harvester.formats.jsonl import pasted
from harvester.model.source import Source
from harvester.run import run_source
from harvester.settings import Settings
from storage.store import Store

# Times, the ids of runs, and the place in an archive whose files are named by them.
CLOCKED = re.compile(rb'"(fetched_at|created_at|updated_at|as_of|run_id|warc_file)":"[^"]+"|"(warc_offset)":[0-9]+')


@pytest.mark.fault(25)
def test_both_engines_export_the_same_bytes(
    source: Source, settings: Settings, press: Press, postgresql: Postgres, tmp_path: Path
) -> None:
    exports = []
    for name, url in (("sqlite", f"sqlite:///{tmp_path}/one.db"), ("postgresql", postgresql.database())):
        press.edition = {3: "Accès libre, en français : œuvre complète", 5: "Open access"}
        here = settings.model_copy(update={"data_dir": tmp_path / name, "database_url": url})
        with Store.open(url, migrate=True) as store:
            exports.append(_harvested(store, source, here, press))
    assert exports[0] == exports[1]
    whole, later, kinds = exports[0]
    assert len(whole) == 60 and len(later) == kinds["access_changed"] == 2 and kinds["created"] == 60


def _harvested(
    store: Store, source: Source, settings: Settings, press: Press
) -> tuple[list[bytes], list[bytes], Counter[str]]:
    """Two harvests with changes between them: the whole export, what changed since the first, the kinds of Changes."""
    run_source(store, source, settings)
    head = store.changes.head()
    press.edition |= {
        5: "Access to the full text of this article requires a subscription.",
        6: "Access is restricted to subscribers.",
    }
    run_source(store, source, settings, full=True)
    kinds = Counter(change.kind.value for change in store.changes.since(0))
    return _exported(store, 0), _exported(store, head), kinds


def _exported(store: Store, since: int) -> list[bytes]:
    with store.records.dump(since) as dump:
        return [CLOCKED.sub(rb'"\1\2":0', pasted(text)) for text in dump.documents]
