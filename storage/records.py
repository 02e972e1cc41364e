"""Records: found by any of their names, read whole, iterated in constant memory, deleted and purged."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, select, update

from harvester.errors import UsageError
from harvester.model.access import AccessVerdict
from harvester.model.differences import FieldChange
from harvester.model.record import Provenance, Record, Rights
from harvester.model.run import ChangeKind
from storage import doubts, history, lookups, oai, review, rows, saving
from storage.archive_index import ArchiveIndex
from storage.bulk import among
from storage.changes import Changes
from storage.database import Database, Snapshot
from storage.documents import document, from_text
from storage.dump import Dump, dump
from storage.history import History
from storage.identity import doi_key, names_of, owners, target_of, url_key
from storage.pages import Pages
from storage.saving import Saved
from storage.search.search import Search
from storage.tables import (
    change_head,
    changes,
    identities,
    overrides,
    records,
    revisions,
    successors,
    verdicts,
    work_ties,
)
from storage.unit import Unit

REASONS = ("gone", "duplicate", "legal", "out_of_scope", "operator")
_PAGE = 200


class Records:
    """All Records, deleted ones included as tombstones."""

    def __init__(
        self, database: Database, changes: Changes, pages: Pages, archive_index: ArchiveIndex, search: Search
    ) -> None:
        self._database = database
        self._changes = changes
        self._pages = pages
        self._archive_index = archive_index
        self._search = search
        self._text = database.prepare(select(records.c.document).where(records.c.id == bindparam("id")))

    def save(self, unit: Unit, batch: Sequence[Record], *, run_id: str | None, now: datetime) -> list[Saved]:
        """Store what is new or different, with history and Changes; one Saved per record, in order.

        A record is the same as a stored one of its Source when publisher's id, a URL or the own DOI agree, in this
        order; the stored id, work and first URL stay, other URLs become aliases. The URL only moves when the record
        lists the stored URL among its own aliases (it redirects here). Equal content renews provenance and evidence
        but is no revision. An item that cannot be stored is reported in its `error`; the others are stored.
        """
        return saving.save(unit, self._changes, batch, run_id=run_id, now=now)

    def get(self, record_id: str) -> Record | None:
        """One record or tombstone."""
        with self._database.read() as connection:
            return _get(connection, record_id)

    def several(self, record_ids: Sequence[str]) -> list[Record]:
        """Records by id, in the order asked for; ids that are not known are left out."""
        if not record_ids:
            return []
        with self._database.read() as connection:
            query = select(records.c.id, records.c.document).where(among(connection, records.c.id, record_ids))
            found = {row.id: row.document for row in connection.execute(query)}
        return [from_text(found[record_id]) for record_id in record_ids if record_id in found]

    def find(self, *, doi: str | None = None, url: str | None = None, source_id: str | None = None) -> list[Record]:
        """Records known by this DOI or URL (canonical or alias), at one Source or at all."""
        names = [doi_key(doi)] if doi else []
        names += [url_key(url)] if url else []
        named = select(identities.c.record_id).where(identities.c.key.in_(names))
        if source_id is not None:
            named = named.where(identities.c.source_id == source_id)
        query = select(records.c.document).where(records.c.id.in_(named)).order_by(records.c.id)
        with self._database.read() as connection:
            return [from_text(text) for text in connection.execute(query).scalars()]

    def named(self, *, urls: Collection[str], dois: Collection[str], source_id: str) -> dict[str, Record]:
        """Records of a Source known by any of these URLs and DOIs, by name (`url_key`, `doi_key`): one question."""
        keys = sorted({*map(url_key, urls), *map(doi_key, dois)})
        owned = select(identities.c.key, records.c.id, records.c.document).join_from(
            identities, records, identities.c.record_id == records.c.id
        )
        ids: dict[str, str] = {}
        texts: dict[str, str] = {}
        with self._database.read() as connection:
            query = owned.where(identities.c.source_id == source_id, among(connection, identities.c.key, keys))
            for row in connection.execute(query):
                ids[row.key], texts[row.id] = row.id, row.document
        known = {record_id: from_text(text) for record_id, text in texts.items()}
        return {key: known[record_id] for key, record_id in ids.items()}

    def find_existing(self, unit: Unit, record: Record) -> Record | None:
        """The stored record that `save` would take this one for."""
        names = names_of(record)
        return _get(unit.connection, target_of(names, owners(unit.connection, names), record.id))

    def iter(
        self,
        *,
        source_id: str | None = None,
        include_deleted: bool = False,
        since: int = 0,
    ) -> Iterator[Record]:
        """Records in order of id, a page at a time. `since`: only those with a Change after that number."""
        wanted = select(records.c.id, records.c.document).where(*_conditions(source_id, include_deleted, since))
        last = ""
        while page := self._page(wanted, last):
            for _, text in page:
                yield from_text(text)
            last = page[-1][0]

    @contextmanager
    def dump(self, since: int = 0) -> Iterator[Dump]:
        """Everything as stored JSON, in order of id and constant memory, as it is at this moment.

        `since`: only what has a Change after that number, then with tombstones.
        """
        with self._database.read() as snapshot:
            yield dump(snapshot, since)

    def revisions(self, record_id: str) -> list[Record]:
        """Every revision that is kept, oldest first, the present one last."""
        old = select(revisions.c.document).where(revisions.c.record_id == record_id).order_by(revisions.c.revision)
        with self._database.read() as connection:
            texts = list(connection.execute(old).scalars())
            present = _get(connection, record_id)
        return [from_text(text) for text in texts] + ([present] if present else [])

    def history(self, record_id: str) -> History:
        """Revisions with the time in which they stood, dated verdicts and Changes of one record."""
        return history.history(self._database, record_id)

    def diff(self, record_id: str, old: int | None = None, new: int | None = None) -> list[FieldChange]:
        """What differs between two revisions by number, the last two without numbers; UsageError if not kept."""
        return history.diff(self._database, record_id, old, new)

    def as_of(self, record_id: str, moment: datetime) -> Record | None:
        """The record as it stood at a moment, also as a tombstone; None when it was not there yet."""
        return history.as_of(self._database, record_id, moment)

    def iter_as_of(
        self, moment: datetime, *, source_id: str | None = None, include_deleted: bool = False
    ) -> Iterator[Record]:
        """All records as they stood at a moment, in order of id, in constant memory."""
        return history.iterate_as_of(self._database, moment, source_id=source_id, include_deleted=include_deleted)

    def verdicts(self, record_id: str) -> list[AccessVerdict]:
        """Every verdict ever reached, oldest first."""
        query = select(verdicts.c.verdict).where(verdicts.c.record_id == record_id).order_by(verdicts.c.id)
        with self._database.read() as connection:
            return [AccessVerdict.model_validate_json(text) for text in connection.execute(query).scalars()]

    def delete(self, unit: Unit, record_id: str, reason: str, now: datetime, *, successor: str | None = None) -> None:
        """Make a tombstone (history stays) and log `deleted`; again is no Change. Raises UsageError if unknown.

        `successor` is the record that a duplicate went into.
        """
        record = _wanted(unit, record_id)
        if successor is not None:
            _wanted(unit, successor)
        if record.deleted_at is None:
            self._bury(unit, record, reason, now, keep_history=True)
            _succeed(unit, record_id, successor)

    def text(self, record_id: str) -> str | None:
        """One record or tombstone as stored JSON."""
        text: str | None = self._database.value(self._text, id=record_id)
        return text

    def texts(self, after: str, limit: int, source_id: str | None = None) -> tuple[int, list[str]]:
        """Records after this id, in order of id, as stored JSON; and the latest Change that is in them."""
        query = select(records.c.document).where(records.c.id > after, *_conditions(source_id, False, 0))
        with self._database.read() as connection:
            head = connection.execute(select(change_head.c.seq)).scalar() or 0
            return head, list(connection.execute(query.order_by(records.c.id).limit(limit)).scalars())

    def successor(self, record_id: str) -> str | None:
        """The record that this one, a deleted duplicate, went into; the last one of a row of them."""
        seen = [record_id]
        with self._database.read() as connection:
            while following := connection.execute(_successor(seen[-1])).scalar():
                if following in seen:
                    break
                seen.append(following)
        return seen[-1] if len(seen) > 1 else None

    def purge(self, unit: Unit, record_id: str, reason: str, now: datetime) -> None:
        """Remove every text, revision, verdict and archive entry; id, names and reason stay so that it never returns.

        Bodies in WARC files are not touched here: `Store.purge` does both. Raises UsageError if unknown.
        """
        record = _wanted(unit, record_id)
        bare = _bare(record, now)
        self._bury(unit, bare, reason, now, keep_history=False)
        for table in (revisions, verdicts):
            unit.connection.execute(delete(table).where(table.c.record_id == record_id))
        for table in (work_ties, overrides):
            unit.connection.execute(delete(table).where(table.c.record_id == record_id))
        _succeed(unit, record_id, None)
        review.forget(unit, [record_id])
        lookups.forget(unit, record)
        self._archive_index.forget(unit, record_id)
        self._pages.forget(unit, record.source_id, [record.url, *record.aliases])

    def rewrite(self, unit: Unit, record_ids: Sequence[str], cut: Callable[[Record], Record]) -> int:
        """Put what `cut` makes of them in the place of these records' older revisions and tombstones.

        For what may not be kept any more; `Store.scrub` is due when all is done. It is no news: no revision, no
        Change. Returns how many documents differ.
        """
        return sum(self._rewrite(unit, record_id, cut) for record_id in record_ids)

    @staticmethod
    def _rewrite(unit: Unit, record_id: str, cut: Callable[[Record], Record]) -> int:
        this = revisions.c.record_id == record_id
        olds = unit.connection.execute(select(revisions.c.revision, revisions.c.document).where(this)).all()
        read = [(row.revision, from_text(row.document)) for row in olds]
        new = [(revision, changed) for revision, old in read if (changed := cut(old)) != old]
        for revision, record in new:
            one = update(revisions).where(this, revisions.c.revision == revision)
            unit.connection.execute(one.values(document=document(record).text))
        present = _get(unit.connection, record_id)
        if present is None or present.deleted_at is None or (bare := cut(present)) == present:
            return len(new)
        rows.put(unit, bare)
        return len(new) + 1

    def _bury(self, unit: Unit, record: Record, reason: str, now: datetime, *, keep_history: bool) -> None:
        if reason not in REASONS:
            raise UsageError(f"{reason!r} is no reason to delete", remedy=f"say one of: {', '.join(REASONS)}")
        buried = {"deleted_at": now, "deletion_reason": reason, "revision": record.revision + 1, "updated_at": now}
        tombstone = Record.model_validate(record.model_dump() | buried)
        if keep_history:
            rows.set_aside(unit, [record.id], None, now)
        rows.put(unit, tombstone)
        self._search.forget(unit, [record.id])
        doubts.forget(unit, [record.id])
        oai.forget(unit, [record.id])
        if not keep_history:
            self._search.scrub(unit)
        self._changes.append(unit, [(record.id, ChangeKind.DELETED, tombstone.revision)], now)

    def _page(self, wanted: Select[tuple[str, str]], last: str) -> list[tuple[str, str]]:
        query = wanted.where(records.c.id > last).order_by(records.c.id).limit(_PAGE)
        with self._database.read() as connection:
            return [(row.id, row.document) for row in connection.execute(query)]


def _get(connection: Connection | Snapshot, record_id: str) -> Record | None:
    text = connection.execute(select(records.c.document).where(records.c.id == record_id)).scalar()
    return from_text(text) if text else None


def _successor(record_id: str) -> Select[str]:
    return select(successors.c.successor_id).where(successors.c.record_id == record_id)


def _succeed(unit: Unit, record_id: str, successor: str | None) -> None:
    unit.connection.execute(delete(successors).where(successors.c.record_id == record_id))
    if successor is not None:
        unit.connection.execute(successors.insert(), {"record_id": record_id, "successor_id": successor})


def _wanted(unit: Unit, record_id: str) -> Record:
    source_id = unit.connection.execute(select(records.c.source_id).where(records.c.id == record_id)).scalar()
    if source_id is not None:
        unit.lock_records(source_id)
    record = _get(unit.connection, record_id)
    if record is None:
        raise UsageError(f"there is no record {record_id}", remedy="`harvester records` lists them")
    return record


def _bare(record: Record, now: datetime) -> Record:
    """What a purged record keeps: its names, so that it is recognised and refused, and whether it was ever listed."""
    kept = record.model_dump(include={"id", "work_id", "source_id", "publisher_id", "url", "aliases", "revision"})
    read = record.provenance
    provenance = Provenance(url=read.url, fetched_at=read.fetched_at, page_digest="", rules=read.rules)
    rights = Rights(robots=record.rights.robots)
    access = AccessVerdict(as_of=now)
    return Record(**kept, created_at=record.created_at, access=access, rights=rights, provenance=provenance)


def _conditions(
    source_id: str | None,
    include_deleted: bool,
    since: int,
) -> list[ColumnElement[bool]]:
    found = [records.c.source_id == source_id] if source_id else []
    found += [] if include_deleted else [records.c.deleted_at.is_(None)]
    found += [records.c.id.in_(select(changes.c.record_id).where(changes.c.seq > since))] if since else []
    return found
