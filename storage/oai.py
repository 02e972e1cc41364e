"""Items of the OAI-PMH provider: a reader of the change log that keeps its place, its dates and its word.

A list is a walk over items in the order of `seq`, the number of the Change an item was last about; datestamps (`stamp`,
seconds since 1970) rise with it. An item that changes moves to the end, so whoever walks on misses nothing.

A list that ended is a promise: whatever comes later is dated to a later second. `closed` is that second; a Change that
committed late, after others had been told, is dated to it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, null, select

from harvester.model.record import Record
from storage.bulk import Bulk, Fresh, among
from storage.database import Database
from storage.documents import from_text
from storage.tables import (
    change_head,
    changes,
    oai_head,
    oai_items,
    oai_members,
    oai_metadata,
    oai_sets,
    records,
    upsert,
)
from storage.unit import Unit

BATCH = 500  # Changes read in one transaction
_ITEMS = Bulk.upsert(oai_items)
_MEMBERS = Fresh(oai_members)
_SETS = Bulk.upsert(oai_sets)
_METADATA = Bulk.upsert(oai_metadata)


class Entry(NamedTuple):
    """What the provider makes of a record: prefixes it can be had in (none: it is not listed), and sets with names."""

    formats: tuple[str, ...]
    sets: Mapping[str, str] = {}


class Judge(NamedTuple):
    """How records become entries; where `version` is another than the last time, all are judged again."""

    entry: Callable[[Record], Entry]
    version: str


class Item(NamedTuple):
    """One item. `formats`: prefixes it can be had in now, `once`: and ever. `xml` if it was asked for and is kept."""

    record_id: str
    seq: int
    stamp: int
    formats: tuple[str, ...]
    once: tuple[str, ...]
    sets: tuple[str, ...]
    xml: bytes | None = None


class Window(NamedTuple):
    """Which items: ever had in `prefix`, after number `after`, with a datestamp from `start` to `until`, in a set."""

    prefix: str
    after: int = 0
    start: int | None = None
    until: int | None = None
    spec: str | None = None


class State(NamedTuple):
    """How far it is: last Change there is and last one read, last datestamp given, second before which lists ended."""

    head: int
    read: int
    stamp: int
    closed: int


class Metadata(NamedTuple):
    """A rendered item, to be kept while it is the same."""

    record_id: str
    prefix: str
    seq: int
    xml: bytes
    revision: int


class Oai:
    """Items, their sets and their rendered metadata."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> State:
        """As it is now."""
        with self._database.read() as snapshot:
            return State(*snapshot.execute(_STATE).one())

    def follow(self, judge: Judge, now: datetime, *, close: bool = False) -> int:
        """Read the next Changes; returns how many are left. With `close`, and none left, end the seconds before `now`.

        No later Change will then be dated before `now`, whenever it was committed and whatever clocks say.
        """
        return self._database.repeatedly(lambda: self._follow(judge, int(now.timestamp()), close))

    def _follow(self, judge: Judge, now: int, close: bool) -> int:
        with self._database.write() as connection:
            return _Reader(Unit(connection), judge, now).read(close=close)

    def page(self, window: Window, limit: int, *, with_xml: bool = False) -> list[Item]:
        """The next items of a window, in order; none is the end."""
        query = _items(window.prefix, with_xml).where(*_within(window)).order_by(oai_items.c.seq).limit(limit)
        with self._database.read() as snapshot:
            return [_item(row) for row in snapshot.execute(query).all()]

    def last_before(self, window: Window, *, with_xml: bool = False) -> list[Item]:
        """The item of the window that stands last at or before `after`, if any."""
        query = _items(window.prefix, with_xml).where(*_within(window._replace(after=0)))
        query = query.where(oai_items.c.seq <= window.after).order_by(oai_items.c.seq.desc()).limit(1)
        with self._database.read() as snapshot:
            return [_item(row) for row in snapshot.execute(query).all()]

    def get(self, record_id: str, prefix: str = "") -> Item | None:
        """One item, with its metadata in `prefix` if they are kept."""
        query = _items(prefix, bool(prefix)).where(oai_items.c.record_id == record_id)
        with self._database.read() as snapshot:
            row = snapshot.execute(query).one_or_none()
        return _item(row) if row else None

    def earliest(self) -> int | None:
        """The least datestamp; None while there is no item."""
        with self._database.read() as snapshot:
            return snapshot.execute(select(func.min(oai_items.c.stamp))).scalar()

    def sets(self, after: str, limit: int) -> list[tuple[str, str]]:
        """Sets that have or had items, with their names, in order of their specs."""
        query = select(oai_sets).where(oai_sets.c.spec > after).order_by(oai_sets.c.spec).limit(limit)
        with self._database.read() as snapshot:
            return [(row.spec, row.name) for row in snapshot.execute(query).all()]

    def unrendered(self, prefix: str, limit: int) -> tuple[int, list[Item]]:
        """How far the next items go that who renders ahead did not see, and those of them without kept metadata."""
        looked = select(oai_head.c.rendered).scalar_subquery()
        query = _items(prefix, with_xml=True).where(oai_items.c.seq > looked).order_by(oai_items.c.seq).limit(limit)
        with self._database.read() as snapshot:
            items = [_item(row) for row in snapshot.execute(query).all()]
        return (items[-1].seq if items else 0), [one for one in items if prefix in one.formats and one.xml is None]

    def keep(self, rendered: Sequence[Metadata], looked_at: int = 0) -> None:
        """Keep metadata of items and records that are still the same; `looked_at` is for who renders ahead."""
        self._database.repeatedly(lambda: self._keep(rendered, looked_at))

    def _keep(self, rendered: Sequence[Metadata], looked_at: int) -> None:
        with self._database.write(durable=False) as connection:
            Unit(connection).lock("oai")
            ids = [one.record_id for one in rendered]
            same = select(records.c.id, records.c.revision, oai_items.c.seq).join_from(records, oai_items)
            same = same.where(among(connection, records.c.id, ids), records.c.deleted_at.is_(None))
            known = {row.id: (row.revision, row.seq) for row in connection.execute(same)} if ids else {}
            rows = {
                (one.record_id, one.prefix): (one.record_id, one.prefix, one.seq, one.xml)
                for one in rendered
                if known.get(one.record_id) == (one.revision, one.seq)
            }
            _METADATA.write(connection, list(rows.values()))
            if looked_at:
                connection.execute(oai_head.update().values(rendered=looked_at))


def forget(unit: Unit, record_ids: Sequence[str]) -> None:
    """Let no metadata of these records stay; their items follow with the Change that the unit logs."""
    unit.lock("oai")
    unit.connection.execute(delete(oai_metadata).where(oai_metadata.c.record_id.in_(record_ids)))


class _Reader:
    """One transaction that reads Changes. One at a time, so that datestamps and numbers rise together."""

    def __init__(self, unit: Unit, judge: Judge, now: int) -> None:
        unit.lock("oai")
        self._connection = unit.connection
        self._judge = judge
        self._now = now

    def read(self, *, close: bool) -> int:
        """As `Oai.follow` says."""
        state = self._state()
        query = select(changes.c.seq, changes.c.record_id, changes.c.at).where(changes.c.seq > state.read)
        read = self._connection.execute(query.order_by(changes.c.seq).limit(BATCH)).all()
        stamp = state.stamp
        if read:
            floor = max(state.stamp, state.closed)
            stamp = self._take_in({row.record_id: (row.seq, int(row.at.timestamp())) for row in read}, floor)
            state = state._replace(read=read[-1].seq, stamp=stamp)
        left = state.head - state.read
        closed = state.closed
        if close and left <= 0:
            # A clock that was set back must not hide what was dated by it before.
            closed = max(closed, self._now, stamp + 1 if stamp > self._now else 0)
        if read or closed != state.closed:
            values = {"seq": state.read, "stamp": stamp, "closed": closed}
            self._connection.execute(oai_head.update().values(**values))
        return max(left, 0)

    def _state(self) -> State:
        """The state, after everything is to be judged again where others judge now than the last time."""
        version = self._connection.execute(select(oai_head.c.version)).scalar()
        if version != self._judge.version:
            again = upsert(oai_head).values(id=1, seq=0, stamp=0, closed=0, rendered=0, version=self._judge.version)
            again = again.on_conflict_do_update(
                index_elements=[oai_head.c.id], set_={"seq": 0, "rendered": 0, "version": self._judge.version}
            )
            self._connection.execute(again)
            self._connection.execute(delete(oai_metadata))
        return State(*self._connection.execute(_STATE).one())

    def _take_in(self, latest: Mapping[str, tuple[int, int]], floor: int) -> int:
        """Write the items of these records with the number and time of their latest Change; the last datestamp given.

        One that had this Change already keeps its datestamp: it is only judged again.
        """
        ids = list(latest)
        items = _items("", with_xml=False).where(among(self._connection, oai_items.c.record_id, ids))
        held = {row.record_id: _item(row) for row in self._connection.execute(items)}
        stored = select(records.c.id, records.c.document).where(among(self._connection, records.c.id, ids))
        texts = {row.id: row.document for row in self._connection.execute(stored)}
        taken: list[tuple[Item, Mapping[str, str]]] = []
        for record_id, (seq, at) in sorted(latest.items(), key=lambda one: one[1][0]):
            old = held.get(record_id)
            record = from_text(texts[record_id])
            entry = self._judge.entry(record)
            item = _next(old, record, entry, seq, max(floor, min(at, self._now)))
            if item is not None:
                floor = max(floor, item.stamp)
                taken.append((item, entry.sets))
        self._write(taken)
        return floor

    def _write(self, taken: Sequence[tuple[Item, Mapping[str, str]]]) -> None:
        items = [item for item, _ in taken]
        ids = [item.record_id for item in items]
        if not ids:
            return
        self._connection.execute(delete(oai_members).where(among(self._connection, oai_members.c.record_id, ids)))
        dead = [item.record_id for item in items if not item.formats]
        if dead:
            gone = among(self._connection, oai_metadata.c.record_id, dead)
            self._connection.execute(delete(oai_metadata).where(gone))
        _ITEMS.write(self._connection, [_row(item) for item in items])
        members = [(spec, item.seq, item.record_id) for item in items for spec in _with_parents(item.sets)]
        _MEMBERS.write(self._connection, members)
        named = {spec: name for _, sets in taken for spec, name in sets.items()}
        _SETS.write(self._connection, sorted(named.items()))


def _next(old: Item | None, record: Record, entry: Entry, seq: int, stamp: int) -> Item | None:
    """What becomes of an item; None where nothing does."""
    formats = () if record.deleted_at else entry.formats
    if old is None:
        if not entry.formats:
            return None  # never listed
        return Item(record.id, seq, stamp, formats, entry.formats, tuple(entry.sets))
    once = tuple(dict.fromkeys((*old.once, *formats)))
    sets = tuple(dict.fromkeys((*old.sets, *(entry.sets if formats else ()))))
    if old.seq >= seq:
        return old._replace(formats=formats, once=once, sets=sets)
    if not formats and not old.formats:
        return None  # deleted as before
    return Item(record.id, seq, stamp, formats, once, sets)


def _with_parents(specs: Iterable[str]) -> list[str]:
    """These sets and those above them, each once."""
    parts = [spec.split(":") for spec in specs]
    return list(dict.fromkeys(":".join(part[:n]) for part in parts for n in range(1, len(part) + 1)))


_STATE = select(
    func.coalesce(select(change_head.c.seq).scalar_subquery(), 0),
    func.coalesce(select(oai_head.c.seq).scalar_subquery(), 0),
    func.coalesce(select(oai_head.c.stamp).scalar_subquery(), 0),
    func.coalesce(select(oai_head.c.closed).scalar_subquery(), 0),
)


def _items(prefix: str, with_xml: bool) -> "Select[Any]":
    own = [oai_items.c[name] for name in Item._fields if name != "xml"]
    if not with_xml:
        return select(*own, null().label("xml"))
    kept = and_(
        oai_metadata.c.record_id == oai_items.c.record_id,
        oai_metadata.c.prefix == prefix,
        oai_metadata.c.seq == oai_items.c.seq,
    )
    return select(*own, oai_metadata.c.xml).outerjoin_from(oai_items, oai_metadata, kept)


def _within(window: Window) -> list[ColumnElement[bool]]:
    """Datestamps become bounds of `seq`, so that a page costs the same wherever it is."""
    seq, stamp = oai_items.c.seq, oai_items.c.stamp
    found: list[ColumnElement[bool]] = [seq > window.after, oai_items.c.once.contains(f" {window.prefix} ")]
    if window.start is not None:
        first = select(seq).where(stamp >= window.start).order_by(stamp, seq).limit(1)
        found.append(seq >= first.correlate(None).scalar_subquery())
    if window.until is not None:
        last = select(seq).where(stamp <= window.until).order_by(stamp.desc(), seq.desc()).limit(1)
        found.append(seq <= last.correlate(None).scalar_subquery())
    if window.spec is not None:
        member = and_(oai_members.c.spec == window.spec, oai_members.c.seq == seq)
        found.append(select(literal(1)).where(member).exists())
    return found


def _item(row: Any) -> Item:
    record_id, seq, stamp, formats, once, sets, xml = row
    return Item(record_id, seq, stamp, _words(formats), _words(once), _words(sets), xml)


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _row(item: Item) -> tuple[Any, ...]:
    words = (f" {' '.join(part)} " for part in (item.formats, item.once, item.sets))
    return (item.record_id, item.seq, item.stamp, *words)
