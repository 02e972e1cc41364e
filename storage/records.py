"""Records: found by any of their names, read whole, iterated in constant memory, deleted and purged."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, delete, select

from harvester.errors import UsageError
from harvester.model.access import AccessStatus, AccessVerdict
from harvester.model.record import Provenance, Record
from harvester.model.run import ChangeKind
from storage import rows, saving
from storage.archive_index import ArchiveIndex
from storage.changes import Changes
from storage.database import Database, Snapshot
from storage.documents import fold, from_text
from storage.dump import Dump, dump
from storage.identity import doi_key, names_of, owners, target_of
from storage.pages import Pages
from storage.saving import Saved
from storage.tables import changes, identities, records, revisions, verdicts
from storage.unit import Unit

REASONS = ("gone", "duplicate", "legal", "out_of_scope", "operator")
_PAGE = 200


class Records:
    """All Records, deleted ones included as tombstones."""

    def __init__(self, database: Database, changes: Changes, pages: Pages, archive_index: ArchiveIndex) -> None:
        self._database = database
        self._changes = changes
        self._pages = pages
        self._archive_index = archive_index

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

    def find(self, *, doi: str | None = None, url: str | None = None, source_id: str | None = None) -> list[Record]:
        """Records known by this DOI or URL (canonical or alias), at one Source or at all."""
        names = [doi_key(doi)] if doi else []
        names += [f"url:{url}"] if url else []
        named = select(identities.c.record_id).where(identities.c.key.in_(names))
        if source_id is not None:
            named = named.where(identities.c.source_id == source_id)
        query = select(records.c.document).where(records.c.id.in_(named)).order_by(records.c.id)
        with self._database.read() as connection:
            return [from_text(text) for text in connection.execute(query).scalars()]

    def find_existing(self, unit: Unit, record: Record) -> Record | None:
        """The stored record that `save` would take this one for."""
        names = names_of(record)
        return _get(unit.connection, target_of(names, owners(unit.connection, names), record.id))

    def iter(
        self,
        *,
        query: str | None = None,
        access: AccessStatus | None = None,
        lang: str | None = None,
        source_id: str | None = None,
        include_deleted: bool = False,
        since: int = 0,
    ) -> Iterator[Record]:
        """Records in order of id, a page at a time.

        `query`: every word of it stands in titles, keywords or identifiers, whatever its case and accents.
        `since`: only those with a Change after that number.
        """
        wanted = select(records.c.id, records.c.document).where(
            *_conditions(query, access, lang, source_id, include_deleted, since)
        )
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

    def verdicts(self, record_id: str) -> list[AccessVerdict]:
        """Every verdict ever reached, oldest first."""
        query = select(verdicts.c.verdict).where(verdicts.c.record_id == record_id).order_by(verdicts.c.id)
        with self._database.read() as connection:
            return [AccessVerdict.model_validate_json(text) for text in connection.execute(query).scalars()]

    def delete(self, unit: Unit, record_id: str, reason: str, now: datetime) -> None:
        """Make a tombstone (history stays) and log `deleted`; again is no Change. Raises UsageError if unknown."""
        record = _wanted(unit, record_id)
        if record.deleted_at is None:
            self._bury(unit, record, reason, now, keep_history=True)

    def purge(self, unit: Unit, record_id: str, reason: str, now: datetime) -> None:
        """Remove every text, revision, verdict and archive entry; id, names and reason stay so that it never returns.

        Bodies in WARC files are not touched here: `Store.purge` does both. Raises UsageError if unknown.
        """
        record = _wanted(unit, record_id)
        bare = _bare(record, now)
        self._bury(unit, bare, reason, now, keep_history=False)
        for table in (revisions, verdicts):
            unit.connection.execute(delete(table).where(table.c.record_id == record_id))
        self._archive_index.forget(unit, record_id)
        self._pages.forget(unit, record.source_id, [record.url, *record.aliases])

    def _bury(self, unit: Unit, record: Record, reason: str, now: datetime, *, keep_history: bool) -> None:
        if reason not in REASONS:
            raise UsageError(f"{reason!r} is no reason to delete", remedy=f"say one of: {', '.join(REASONS)}")
        buried = {"deleted_at": now, "deletion_reason": reason, "revision": record.revision + 1, "updated_at": now}
        tombstone = Record.model_validate(record.model_dump() | buried)
        if keep_history:
            unit.connection.execute(rows.history([record.id], None, now))
        rows.put(unit, tombstone)
        self._changes.append(unit, [(record.id, ChangeKind.DELETED, tombstone.revision)], now)

    def _page(self, wanted: Select[tuple[str, str]], last: str) -> list[tuple[str, str]]:
        query = wanted.where(records.c.id > last).order_by(records.c.id).limit(_PAGE)
        with self._database.read() as connection:
            return [(row.id, row.document) for row in connection.execute(query)]


def _get(connection: Connection | Snapshot, record_id: str) -> Record | None:
    text = connection.execute(select(records.c.document).where(records.c.id == record_id)).scalar()
    return from_text(text) if text else None


def _wanted(unit: Unit, record_id: str) -> Record:
    source_id = unit.connection.execute(select(records.c.source_id).where(records.c.id == record_id)).scalar()
    if source_id is not None:
        unit.lock_records(source_id)
    record = _get(unit.connection, record_id)
    if record is None:
        raise UsageError(f"there is no record {record_id}", remedy="`harvester records` lists them")
    return record


def _bare(record: Record, now: datetime) -> Record:
    """What a purged record keeps: its names, so that it is recognised and refused."""
    kept = record.model_dump(include={"id", "work_id", "source_id", "publisher_id", "url", "aliases", "revision"})
    read = record.provenance
    provenance = Provenance(url=read.url, fetched_at=read.fetched_at, page_digest="", rules=read.rules)
    return Record(**kept, created_at=record.created_at, access=AccessVerdict(as_of=now), provenance=provenance)


def _conditions(
    query: str | None,
    access: AccessStatus | None,
    lang: str | None,
    source_id: str | None,
    include_deleted: bool,
    since: int,
) -> list[ColumnElement[bool]]:
    found = [records.c.folded.contains(word, autoescape=True) for word in fold(query or "").split()]
    found += [records.c.access == access.value] if access else []
    found += [records.c.languages.contains(f" {lang} ", autoescape=True)] if lang else []
    found += [records.c.source_id == source_id] if source_id else []
    found += [] if include_deleted else [records.c.deleted_at.is_(None)]
    found += [records.c.id.in_(select(changes.c.record_id).where(changes.c.seq > since))] if since else []
    return found
