"""Which page stands where in the archive, committed together with the records read from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from storage.database import Database
from storage.pointer import Pointer
from storage.tables import archive_entries, identities, records, runs, upsert
from storage.unit import Unit

_PAGE = 500
_REVISIT = 2  # in the column `cut`
_IS_PAGE = archive_entries.c.cut != _REVISIT


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One archived page; `cut` with a reason when policy took parts out of the body.

    A `revisit` says that the page was found unchanged: the headers of an answer, and no page.
    """

    source_id: str
    url: str
    pointer: Pointer
    fetched_at: datetime
    record_id: str | None = None
    cut: bool = False
    reason: str | None = None
    revisit: bool = False


class ArchiveIndex:
    """Pointers into the WARC files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, unit: Unit, entries: Sequence[ArchiveEntry]) -> None:
        """Note archived pages, after `ArchiveWriter.sync`, in the unit that saves their records."""
        if entries:
            unit.connection.execute(upsert(archive_entries).on_conflict_do_nothing(), [_row(e) for e in entries])

    def pointer(self, name: str) -> Pointer | None:
        """Where the latest page of a record id or URL stands."""
        by_time = (
            select(archive_entries).where(_named(name), _IS_PAGE).order_by(archive_entries.c.fetched_at.desc()).limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(by_time).first()
        return _entry(row).pointer if row else None

    def entry_at(self, file: str, offset: int) -> ArchiveEntry | None:
        """The page, or the revisit, that stands at a place; None where nothing does, or not any more."""
        query = select(archive_entries).where(archive_entries.c.file == file, archive_entries.c.offset == offset)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return _entry(row) if row else None

    def pointers(self, record_id: str) -> list[Pointer]:
        """Every place where a page of a record stands, or a revisit of it, also under its other URLs."""
        return [entry.pointer for entry in self.entries(record_id)]

    def entries(self, record_id: str) -> list[ArchiveEntry]:
        """Every archived page of a record, also under its other URLs."""
        query = select(archive_entries).where(_of_record(record_id))
        order = (archive_entries.c.file, archive_entries.c.offset)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query.order_by(*order))]

    def forget(self, unit: Unit, record_id: str) -> None:
        """Drop every pointer to a record's pages."""
        unit.connection.execute(archive_entries.delete().where(_of_record(record_id)))

    def drop(self, unit: Unit, pointers: Sequence[Pointer]) -> None:
        """Drop these pointers, after `remove_members` has emptied what they led to."""
        for pointer in pointers:
            place = and_(archive_entries.c.file == pointer.file, archive_entries.c.offset == pointer.offset)
            unit.connection.execute(archive_entries.delete().where(place))

    def sources(self) -> list[str]:
        """Ids of the Sources that have pages in the archive."""
        with self._database.read() as connection:
            found = connection.execute(select(archive_entries.c.source_id).distinct()).scalars()
            return sorted(str(source_id) for source_id in found)

    def committed_lengths(self, source_id: str) -> dict[str, int]:
        """Bytes of each file that pointers vouch for; 0 for the first file of a Run without any. For `recover`."""
        end = func.max(archive_entries.c.offset + archive_entries.c.length)
        query = select(archive_entries.c.file, end).where(archive_entries.c.source_id == source_id)
        with self._database.read() as connection:
            begun = connection.execute(select(runs.c.id).where(runs.c.source_id == source_id)).scalars()
            lengths = {f"{source_id}/{run_id}-001.warc.gz": 0 for run_id in begun}
        with self._database.read() as connection:
            return lengths | {file: int(n) for file, n in connection.execute(query.group_by(archive_entries.c.file))}

    def files(self, source_id: str) -> list[str]:
        """The WARC files that hold pages of a Source, in order."""
        table = archive_entries.c
        query = select(table.file).where(table.source_id == source_id, _IS_PAGE).distinct().order_by(table.file)
        with self._database.read() as connection:
            return [str(file) for file in connection.execute(query).scalars()]

    def iterate(self, source_id: str, only: str | None = None) -> Iterator[ArchiveEntry]:
        """All pages of a Source, or `only` those in one file, by file and offset, a portion at a time; no revisits."""
        file, offset = only or "", -1
        while portion := self._after(source_id, file, offset, only):
            yield from portion
            file, offset = portion[-1].pointer.file, portion[-1].pointer.offset

    def _after(self, source_id: str, file: str, offset: int, only: str | None) -> list[ArchiveEntry]:
        table = archive_entries.c
        later = or_(table.file > file, and_(table.file == file, table.offset > offset))
        query = select(archive_entries).where(table.source_id == source_id, _IS_PAGE, later)
        if only is not None:
            query = query.where(table.file == only)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.file, table.offset).limit(_PAGE))
            return [_entry(row) for row in rows]


def _named(name: str) -> ColumnElement[bool]:
    return or_(archive_entries.c.record_id == name, archive_entries.c.url == name)


def _of_record(record_id: str) -> ColumnElement[bool]:
    names = select(func.substr(identities.c.key, len("url:") + 1)).where(
        identities.c.record_id == record_id, identities.c.key.startswith("url:")
    )
    source = select(records.c.source_id).where(records.c.id == record_id).scalar_subquery()
    unread = and_(archive_entries.c.record_id.is_(None), archive_entries.c.source_id == source)
    return or_(archive_entries.c.record_id == record_id, and_(unread, archive_entries.c.url.in_(names)))


def _row(entry: ArchiveEntry) -> dict[str, Any]:
    place = entry.pointer
    return {
        "file": place.file,
        "offset": place.offset,
        "length": place.length,
        "source_id": entry.source_id,
        "url": entry.url,
        "fetched_at": entry.fetched_at,
        "record_id": entry.record_id,
        "cut": _REVISIT if entry.revisit else int(entry.cut),
        "reason": entry.reason,
    }


def _entry(row: Row[*tuple[Any, ...]]) -> ArchiveEntry:
    return ArchiveEntry(
        source_id=row.source_id,
        url=row.url,
        pointer=Pointer(row.file, row.offset, row.length),
        fetched_at=row.fetched_at,
        record_id=row.record_id,
        cut=row.cut == 1,
        reason=row.reason,
        revisit=row.cut == _REVISIT,
    )
