"""A dump: every stored document of one snapshot in order of id, and the number at which the change log goes on."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from storage.database import Snapshot
from storage.tables import change_head, changes, records

_PAGE = 250
_FIRST = 20  # ids are spread over the whole table: a reader does not wait for so many places of a cold disk


@dataclass(frozen=True, slots=True)
class Dump:
    """Records as stored JSON, and the last Change that is in them: whoever goes on after `head` misses nothing."""

    head: int
    documents: Iterator[str]


def dump(snapshot: Snapshot, since: int) -> Dump:
    """All that is not deleted; or, `since` a Change, all that has a later one, tombstones included.

    Memory is that of a page of documents, and with `since` of the ids of what changed.
    """
    head = snapshot.execute(select(change_head.c.seq)).scalar() or 0
    return Dump(head, _changed(snapshot, since) if since else _all(snapshot))


def _all(snapshot: Snapshot) -> Iterator[str]:
    last, size = "", _FIRST
    wanted = select(records.c.id, records.c.document).where(records.c.deleted_at.is_(None)).order_by(records.c.id)
    while page := snapshot.execute(wanted.where(records.c.id > last).limit(size)).all():
        for _, document in page:
            yield document
        last, size = page[-1][0], _PAGE


def _changed(snapshot: Snapshot, since: int) -> Iterator[str]:
    changed = select(changes.c.record_id).distinct().where(changes.c.seq > since).order_by(changes.c.record_id)
    ids = list(snapshot.execute(changed).scalars())
    for start in range(0, len(ids), _PAGE):
        page = records.c.id.in_(ids[start : start + _PAGE])
        yield from snapshot.execute(select(records.c.document).where(page).order_by(records.c.id)).scalars().all()
