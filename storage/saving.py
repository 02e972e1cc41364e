"""The save path: who is it, did it change, what follows. A batch is a handful of statements, whatever its size."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from harvester.model.record import Record, meaning
from harvester.model.run import ChangeKind
from storage import doubts, grouping, overridden, redaction, rows
from storage.bulk import among
from storage.changes import Changes
from storage.documents import Document, document, from_text, renumbered
from storage.identity import Name, names_of, owners, target_of
from storage.tables import NEVER_AGAIN, records
from storage.unit import Unit

_CHUNK = 500
_UNFIT = (IntegrityError, DataError, InterfaceError, ProgrammingError, OverflowError)  # of a value, not of the disk


class Saved(NamedTuple):
    """What became of one record. `kind` None: unchanged, or `skipped` (removed on request), or not stored (`error`)."""

    record_id: str
    kind: ChangeKind | None
    extra: tuple[ChangeKind, ...] = ()
    revision: int = 0
    skipped: bool = False
    error: str | None = None


class _Stored(NamedTuple):
    """What a decision needs of a stored record, without its document."""

    id: str
    work_id: str
    publisher_id: str | None
    url: str
    aliases: str  # JSON
    access: str
    integrity: str
    content_hash: str
    verdict_hash: str
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    deletion_reason: str | None


class _Item(NamedTuple):
    """One record of the batch, by its place in it, with its names and the id of the record it is."""

    place: int
    record: Record
    names: tuple[Name, ...]
    target: str = ""


class _Step(NamedTuple):
    """What follows for one item: what to report, and rows to write as `write` says."""

    saved: Saved
    record: Record | None = None
    row: rows.Row | None = None
    write: rows.Write = rows.Write.NEW
    names: tuple[Name, ...] = ()
    verdict: rows.Row | None = None


def save(unit: Unit, log: Changes, batch: Sequence[Record], *, run_id: str | None, now: datetime) -> list[Saved]:
    """As `Records.save` says."""
    unit.lock_records(*{record.source_id for record in batch}, works=grouping.may_join(batch))
    results: dict[int, Saved] = {}
    written: list[grouping.Written] = []
    redactor = redaction.load(unit.connection)
    for start in range(0, len(batch), _CHUNK):
        waiting = []
        for place, record in enumerate(batch[start : start + _CHUNK], start):
            try:
                waiting.append(_Item(place, record, tuple(names_of(record))))
            except (TypeError, ValueError) as error:
                results[place] = _unfit(record.id, error)
        while waiting:
            waiting = _save_wave(unit, log, waiting, results, written, redactor, run_id, now)
    if any(one.is_whole or one.has_new_names for one in written):
        _note_merged(results, grouping.join_stated(unit, log, _latest(written), now))
    return [results[place] for place in range(len(batch))]


def _latest(written: list[grouping.Written]) -> list[grouping.Written]:
    """Every record once, as it was written last, with all that was new about it."""
    if len({one.record.id for one in written}) == len(written):
        return written
    found: dict[str, grouping.Written] = {}
    for one in written:
        before = found.get(one.record.id, one)
        is_whole, has_new_names = before.is_whole or one.is_whole, before.has_new_names or one.has_new_names
        found[one.record.id] = grouping.Written(one.record, before.is_new, is_whole, has_new_names)
    return list(found.values())


def _note_merged(results: dict[int, Saved], merged: dict[str, int]) -> None:
    """Say of the latest result of each merged record that its work is another now."""
    for place in sorted(results, reverse=True) if merged else ():
        saved = results[place]
        if saved.record_id in merged and not saved.error:
            extra = (*saved.extra, ChangeKind.MERGED)
            results[place] = saved._replace(extra=extra, revision=merged.pop(saved.record_id))


def _save_wave(
    unit: Unit,
    log: Changes,
    waiting: list[_Item],
    results: dict[int, Saved],
    written: list[grouping.Written],
    redactor: redaction.Redactor,
    run_id: str | None,
    now: datetime,
) -> list[_Item]:
    known = owners(unit.connection, (name for item in waiting for name in item.names))
    wave, later = _independent(waiting, known)
    stored = _stored(unit, [item.target for item in wave])
    if redactor:
        wave = [item._replace(record=redactor.record(item.record, item.target)) for item in wave]
    standing = overridden.applied(unit, [(item.target, item.record) for item in wave], now.date())
    wave = [item._replace(record=record) for item, record in zip(wave, standing, strict=True)]
    before = _flipped(unit, wave, stored)
    steps = [_step(item, stored.get(item.target), before.get(item.target), known, run_id, now) for item in wave]
    logged: list[tuple[str, ChangeKind, int]] = []
    there: list[Record] = []
    for item, step, saved in zip(wave, steps, _write(unit, steps, run_id, now), strict=True):
        results[item.place] = saved
        if step.record and not saved.error:
            there.append(step.record)
            is_whole = step.write is not rows.Write.RENEWED
            written.append(grouping.Written(step.record, step.write is rows.Write.NEW, is_whole, bool(step.names)))
        if saved.kind:
            logged += [(saved.record_id, kind, saved.revision) for kind in (saved.kind, *saved.extra)]
    doubts.note(unit, there, now)
    log.append(unit, logged, now)
    return later


def _independent(waiting: list[_Item], known: dict[Name, str]) -> tuple[list[_Item], list[_Item]]:
    """Split off items that share a name or a stored record with an earlier one: they must see its result."""
    taken: set[Name] = set()
    targets: set[str] = set()
    wave: list[_Item] = []
    later: list[_Item] = []
    for item in waiting:
        target = target_of(item.names, known, item.record.id)
        if target not in targets and taken.isdisjoint(item.names):
            wave.append(item._replace(target=target))
        else:
            later.append(item)
        targets.add(target)
        taken.update(item.names)
    return wave, later


def _stored(unit: Unit, ids: list[str]) -> dict[str, _Stored]:
    columns = [records.c[name] for name in _Stored._fields]
    found = unit.connection.execute(select(*columns).where(among(unit.connection, records.c.id, ids)))
    return {row[0]: _Stored._make(row) for row in found.all()}


def _step(
    item: _Item,
    stored: _Stored | None,
    before: Record | None,
    known: dict[Name, str],
    run_id: str | None,
    now: datetime,
) -> _Step:
    if stored and stored.deletion_reason in NEVER_AGAIN:
        return _Step(Saved(stored.id, None, revision=stored.revision, skipped=True))
    try:
        present = document(_merged(item.record, stored, now))
        kinds = _kinds(present, stored, before)
        if kinds and stored:
            present = renumbered(present, stored.revision + 1, now)
        said = rows.verdict_hash(present.record)
        row = rows.row(present, said) if kinds else rows.renewal(present, said)
    except (TypeError, ValueError) as error:
        return _Step(_unfit(item.target, error))
    record = present.record
    return _Step(
        Saved(record.id, kinds[0] if kinds else None, tuple(kinds[1:]), record.revision),
        record,
        row,
        rows.Write.NEW if stored is None else rows.Write.WHOLE if kinds else rows.Write.RENEWED,
        names=tuple(name for name in item.names if name not in known) if known else item.names,
        verdict=rows.verdict_row(present, run_id, now) if stored is None or stored.verdict_hash != said else None,
    )


def _unfit(record_id: str, error: Exception) -> Saved:
    return Saved(record_id, None, error=f"{type(error).__name__}: {error}")


def _merged(record: Record, stored: _Stored | None, now: datetime) -> Record:
    fresh: dict[str, Any] = {"deleted_at": None, "deletion_reason": None}
    if stored is None:
        first = {"work_id": record.id, "revision": 1, "created_at": now, "updated_at": now}
        return record.model_copy(update=fresh | first)
    url = record.url if stored.url in record.aliases else stored.url
    aliases = dict.fromkeys((*orjson.loads(stored.aliases), stored.url, record.url, *record.aliases))
    return record.at(url).model_copy(
        update=fresh
        | {
            "id": stored.id,
            "work_id": stored.work_id,
            "publisher_id": stored.publisher_id or record.publisher_id,
            "aliases": tuple(alias for alias in aliases if alias != url),
            "revision": stored.revision,
            "created_at": stored.created_at,
            "updated_at": stored.updated_at,
        }
    )


def _kinds(present: Document, stored: _Stored | None, before: Record | None) -> list[ChangeKind]:
    if stored is None:
        return [ChangeKind.CREATED]
    if stored.deleted_at is None and stored.content_hash == present.content_hash:
        return []
    record = present.record
    kinds = [ChangeKind.ACCESS_CHANGED] if stored.access != record.access.status else []
    kinds += [ChangeKind.INTEGRITY_CHANGED] if stored.integrity != record.integrity.status else []
    if stored.deleted_at is not None:
        return [ChangeKind.RESTORED, *kinds]
    if not kinds or before is None or _differs_elsewhere(before, record):
        return [ChangeKind.UPDATED, *kinds]
    return kinds


def _differs_elsewhere(before: Record, after: Record) -> bool:
    """Does more than access and integrity differ?"""
    old, new = meaning(before), meaning(after)
    return any(old.get(key) != new.get(key) for key in (old.keys() | new.keys()) - {"access", "integrity"})


def _flipped(unit: Unit, wave: list[_Item], stored: dict[str, _Stored]) -> dict[str, Record]:
    """The stored records whose access or integrity the batch contradicts."""
    ids = [
        item.target
        for item in wave
        if (old := stored.get(item.target))
        and (old.access, old.integrity) != (item.record.access.status, item.record.integrity.status)
    ]
    if not ids:
        return {}
    found = unit.connection.execute(
        select(records.c.id, records.c.document).where(among(unit.connection, records.c.id, ids))
    )
    return {row.id: from_text(row.document) for row in found}


def _write(unit: Unit, steps: list[_Step], run_id: str | None, now: datetime) -> list[Saved]:
    """All steps at once; if the database refuses one of them, each by itself so that only that one fails."""
    try:
        with unit.connection.begin_nested():
            _write_rows(unit, steps, run_id, now)
    except _UNFIT as error:
        if len(steps) == 1:
            return [steps[0].saved._replace(kind=None, extra=(), error=str(error.__cause__ or error))]
        return [saved for step in steps for saved in _write(unit, [step], run_id, now)]
    return [step.saved for step in steps]


def _write_rows(unit: Unit, steps: list[_Step], run_id: str | None, now: datetime) -> None:
    if replaced := [step.saved.record_id for step in steps if step.row and step.write is rows.Write.WHOLE]:
        rows.set_aside(unit, replaced, run_id, now)
    for write, statement in rows.STATEMENTS.items():
        statement.write(unit.connection, [step.row for step in steps if step.row and step.write is write])
    names = [rows.name_row(name, step.saved.record_id) for step in steps for name in step.names]
    rows.NAME.write(unit.connection, names)
    rows.VERDICT.write(unit.connection, [step.verdict for step in steps if step.verdict])
