"""What the provider makes of a Change: who is listed, in which formats and sets; and metadata rendered ahead."""

import hashlib
import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from harvester.model.record import Record
from harvester.policy import is_listed
from harvester.serving.oai.metadata import formats_of, rendered
from harvester.serving.oai.sets import sets_of
from storage.oai import Entry, Item, Judge, Metadata
from storage.store import Store

AHEAD = "oai_dc"  # what most harvesters ask for; others are rendered when first asked for, and kept too
_AT_A_TIME = 100
_JUDGES = ("harvester.formats", "harvester.policy", "harvester.serving.oai")


def entry(record: Record) -> Entry:
    """Formats and sets of a record that is listed; nothing of one that asks not to be."""
    return Entry(formats_of(record), sets_of(record)) if is_listed(record) else Entry(())


@cache
def judge() -> Judge:
    """Its version is a digest of the code that judges and renders, so that whoever changes it need not say so."""
    found = hashlib.sha256()
    for name in _JUDGES:
        room = Path(str(importlib.import_module(name).__file__)).parent
        for path in sorted(one for one in room.rglob("*") if one.suffix in {".py", ".toml"}):
            found.update(path.read_bytes())
    return Judge(entry, found.hexdigest()[:16])


def render(store: Store, items: Sequence[Item], prefix: str) -> tuple[list[Item], list[Metadata]]:
    """The items with their metadata, and what is new of it and may be kept.

    A record that has meanwhile gone, or can no more be had so, is as deleted already: its Change is on its way.
    """
    lacking = [one.record_id for one in items if prefix in one.formats and one.xml is None]
    if not lacking:
        return list(items), []
    records = {one.id: one for one in store.records.several(lacking)}
    done: list[Item] = []
    new: list[Metadata] = []
    for item in items:
        record = records.get(item.record_id)
        if record is None:
            done.append(item)
        elif record.deleted_at or prefix not in entry(record).formats:
            done.append(item._replace(formats=()))
        else:
            xml = rendered(record, prefix)
            done.append(item._replace(xml=xml))
            new.append(Metadata(item.record_id, prefix, item.seq, xml, record.revision))
    return done, new


def render_ahead(store: Store) -> bool:
    """Render and keep what comes next; whether there was any."""
    looked_at, items = store.oai.unrendered(AHEAD, _AT_A_TIME)
    if looked_at:
        store.oai.keep(render(store, items, AHEAD)[1], looked_at)
    return looked_at > 0
