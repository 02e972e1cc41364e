"""The review queue: a reader of the change log that looks for records which might be editions of one work.

Records meet under the hashes of their telling titles, and under ties that state another version; nothing is compared
with everything. A title that very many records carry tells nothing and is passed over.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, func, or_, select

from harvester.model.record import Record
from storage.changes import Changes, place_of, put_place
from storage.grouping import Pair, join, linked, load, pair
from storage.identity import chunks
from storage.likeness import block_keys, likeness
from storage.stated import stated_version
from storage.tables import changes, upsert, work_bars, work_blocks, work_candidates
from storage.unit import Unit

READER = "works"
_AT_ONCE = 500  # Changes
_CROWD = 30  # records of one title


def read_on(unit: Unit, log: Changes, now: datetime) -> bool:
    """Queue what a portion of the change log brings; False when there is none left.

    What two transactions stated of each other at one moment, and neither saw, is joined here.
    """
    execute = unit.connection.execute
    query = select(changes.c.seq, changes.c.record_id).where(changes.c.seq > place_of(unit, READER))
    portion = execute(query.order_by(changes.c.seq).limit(_AT_ONCE)).all()
    if not portion:
        return False
    ids = sorted({row.record_id for row in portion})
    forget(unit, ids)
    join(unit, log, list(load(unit.connection, ids).values()), now)
    fresh = load(unit.connection, ids)
    _note_blocks(unit, fresh.values())
    _queue(unit, fresh, now)
    put_place(unit, READER, portion[-1].seq)
    return True


def forget(unit: Unit, ids: Collection[str]) -> None:
    """Drop what was noted of these records, and their pairs."""
    for some in chunks(sorted(ids)):
        unit.connection.execute(delete(work_blocks).where(work_blocks.c.record_id.in_(some)))
        either = or_(work_candidates.c.a.in_(some), work_candidates.c.b.in_(some))
        unit.connection.execute(delete(work_candidates).where(either))


def _note_blocks(unit: Unit, fresh: Iterable[Record]) -> None:
    rows = [{"key": key, "record_id": record.id} for record in fresh for key in sorted(block_keys(record))]
    if rows:
        unit.connection.execute(work_blocks.insert(), rows)


def _queue(unit: Unit, fresh: dict[str, Record], now: datetime) -> None:
    pairs = {*_meeting(unit, fresh), *(pair(*both) for both in linked(unit.connection, list(fresh.values()))[0])}
    found = {**load(unit.connection, {one for both in pairs for one in both} - fresh.keys()), **fresh}
    barred = _barred(unit, {one for one, _ in pairs})
    rows: list[dict[str, Any]] = []
    for a, b in sorted(pairs - barred):
        if a in found and b in found and found[a].work_id != found[b].work_id and (why := _why(found[a], found[b])):
            rows.append({"a": a, "b": b, "found_at": now, "why": orjson.dumps(why).decode()})
    if rows:
        unit.connection.execute(upsert(work_candidates).on_conflict_do_nothing(), rows)


def _why(one: Record, other: Record) -> list[str]:
    stated = stated_version(one, other)
    return [*([f"stated: {stated}"] if stated else []), *likeness(one, other)]


def _meeting(unit: Unit, fresh: dict[str, Record]) -> set[Pair]:
    """Pairs under one title, one of them among the fresh."""
    keys = sorted({key for record in fresh.values() for key in block_keys(record)})
    pairs: set[Pair] = set()
    for some in chunks(keys):
        within = work_blocks.c.key.in_(some)
        sizes = select(work_blocks.c.key).where(within).group_by(work_blocks.c.key)
        telling = sizes.having(func.count().between(2, _CROWD))
        under: dict[str, list[str]] = {}
        for row in unit.connection.execute(select(work_blocks).where(work_blocks.c.key.in_(telling))):
            under.setdefault(row.key, []).append(row.record_id)
        for ids in under.values():
            pairs |= {pair(a, b) for a in ids for b in ids if a in fresh and a != b}
    return pairs


def _barred(unit: Unit, ids: Collection[str]) -> set[Pair]:
    found: set[Pair] = set()
    for some in chunks(sorted(ids)):
        query = select(work_bars.c.a, work_bars.c.b).where(work_bars.c.a.in_(some))
        found |= {(row.a, row.b) for row in unit.connection.execute(query)}
    return found
