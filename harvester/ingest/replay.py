"""Archived pages read again with today's rules, through the same policy and saving path as a harvest's pages.

A page whose record is read from another, later page by now is not read again. No request leaves for anywhere.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from harvester.errors import StorageError
from harvester.ingest.ingest import LeaseLostError
from harvester.ingest.measures import in_words, losses
from harvester.ingest.quarantine import TRIES, Quarantine
from harvester.ingest.reading import Reader, Reading
from harvester.model.differences import FieldChange, differences
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record, meaning
from harvester.model.run import ChangeKind, Visit
from harvester.model.source import Source
from harvester.policy import Kept, abstract_policy, archive_ban, decide
from storage.archive import ArchiveWriter, Pointer, read, remove_members
from storage.archive_index import ArchiveEntry
from storage.saving import Saved
from storage.store import Store
from storage.unit import Unit

Effect = Literal["changed", "renewed", "unchanged", "kept_old", "unreadable", "superseded"]
_TDM_FILE = "file:"  # `where` of a reservation that stood in the site's TDMRep file and not on the page


@dataclass(frozen=True, slots=True)
class Reread:
    """What today's rules make of one archived page.

    `changed`: `fields` differ in meaning; `renewed`: only evidence and provenance do; `kept_old` and `unreadable`:
    the record stays, `reason` says why; `superseded`: the record is read from another page by now. `why` names what has
    changed since the record was read; `verdict` is the rule that decided, before and now. `pointer` is where the page
    stands (None: nowhere), `body` what the archive may still hold of it (None: as it is). `held` says that a harvest
    had held the page back.
    """

    record_id: str
    url: str
    pointer: Pointer | None
    effect: Effect
    fields: tuple[FieldChange, ...] = ()
    kinds: tuple[ChangeKind, ...] = ()
    why: tuple[str, ...] = ()
    verdict: tuple[str, str] | None = None
    reason: str = ""
    record: Record | None = None
    body: Kept | None = None
    held: bool = False


class Replay:
    """Reads the archive of one Source again. `archive` takes bodies that must be cut further; None writes nothing.

    A page that a harvest held back, since it had lost what its record has, is taken in when today's rules find all of
    it; `accept` takes it in without.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        archive: ArchiveWriter | None,
        source: Source,
        *,
        default_basis: str,
        clock: Callable[[], datetime],
        run_id: str = "",
        accept: bool = False,
    ) -> None:
        self._store = store
        self._folder = folder
        self._archive = archive
        self._source = source
        self._basis = default_basis
        self._reader = Reader(source, default_basis, lambda _: None, redactor=store.redactor)
        self._clock = clock
        self._run_id = run_id
        self._accept = accept

    def entries(self, file: str | None = None) -> Iterator[ArchiveEntry]:
        """The archived pages of the Source, or of one `file`, without those that this Run itself has written."""
        own = f"{self._source.id}/{self._run_id}-" if self._run_id else None
        for entry in self._store.archive_index.iterate(self._source.id, file):
            if own is None or not entry.pointer.file.startswith(own):
                yield entry

    def reread(self, entry: ArchiveEntry, quarantine: Quarantine | None = None) -> Reread | None:
        """Read one archived page again; None for a page without a living record. Never raises for a page.

        Of a record that is gone, and of an earlier page of one, only what may be kept today stays.
        """
        stored = self._store.records.get(entry.record_id) if entry.record_id else None
        if stored is None:
            return None
        (known,) = self._store.overrides.as_read([stored])
        told = _Told(known, entry)
        place = (known.provenance.warc_file, known.provenance.warc_offset)
        held = self._is_held(known, entry)
        if known.deleted_at is not None or (place != (entry.pointer.file, entry.pointer.offset) and not held):
            body = self._body_of_superseded(known, entry)
            return told.that("superseded", body=body) if body or known.deleted_at is None else None
        now = self._clock()
        if entry.cut and not held and self._reader.is_current(known, now):
            return told.that("unchanged")  # what would differ on a cut page is what was cut
        if quarantine and not quarantine.admit(entry.url):
            return self._left(told, "unreadable", f"set aside: reading it ended the process {TRIES} times", now)
        return self._read_again(told, now, held=held)

    def _read_again(self, told: "_Told", now: datetime, *, held: bool) -> Reread:
        known, entry = told
        try:
            page = read(self._folder, entry.pointer)
        except StorageError as error:
            return self._left(told, "unreadable", error.message, now)
        cut = _parts(entry.reason) if entry.cut else {}
        accept = held and self._accept
        found = self._reader.reread(_visit(entry, page, known), known, cut=cut, now=now, accept=accept)
        fewer = losses(known, found.read) if found.record and found.read else ()
        if fewer and not held and self._store.archive_index.pointer(known.id) != entry.pointer:
            return self._left(told, "superseded", "", now)  # the page that was held back has the word
        if fewer and held and not accept:
            said = f"{', '.join(map(in_words, fewer))} no longer found; --accept takes that over"
            return self._left(told, "kept_old", said, now)
        return self._told(told, found, now, held=held)

    def _is_held(self, known: Record, entry: ArchiveEntry) -> bool:
        """Whether the page is the latest of its record and newer than the one the record was read from."""
        newer = known.deleted_at is None and entry.fetched_at > known.provenance.fetched_at
        return newer and self._store.archive_index.pointer(known.id) == entry.pointer

    def _told(self, told: "_Told", found: Reading, now: datetime, *, held: bool = False) -> Reread:
        if found.effect == "unchanged":
            return told.that("unchanged")
        if found.record is None or found.kept is None:
            outcome = "" if found.outcome is VisitOutcome.OK else f"{found.outcome}: "
            return self._left(told, "kept_old", f"{outcome}{found.detail}", now)
        record = _merged(told.known, found.record)
        if taken := self._owner_of(record.url, told.known):
            return self._left(told, "kept_old", f"{record.url} is the address of record {taken}", now)
        return self._differing(told, record, _body(told.entry, found.kept), now, held=held)

    def _left(self, told: "_Told", effect: Effect, reason: str, now: datetime) -> Reread:
        """The record stays as it was read, but not with abstracts that today's rights withhold."""
        known, rights, basis = told.known, self._source.rights, self._basis
        if not known.rights.abstract_policy.keep or abstract_policy(known.rights.tdm, rights, basis, now).keep:
            return told.that(effect, reason=reason)
        record = decide(known, rights, basis, page_robots=(), visit_robots=(), now=now)
        return self._differing(told, record, Kept(None, "none", f"abstracts ({reason})"), now, reason)

    def _differing(
        self,
        told: "_Told",
        record: Record,
        body: Kept | None,
        now: datetime,
        reason: str = "",
        *,
        held: bool = False,
    ) -> Reread:
        known = told.known
        fields = tuple(differences(meaning(known), meaning(record)))
        why = tuple(_why(known, record, told.entry, self._reader.is_current(known, now)))
        if held:
            record = _as_held(record, told.entry, body)
        else:
            record = _located(known, record, None if body is None else body.state, "" if body is None else body.reason)
        effect: Effect = "changed" if fields else "renewed"
        said = {"fields": fields, "kinds": tuple(kinds(fields)), "why": why, "reason": reason, "held": held}
        return told.that(effect, **said, record=record, body=body)

    def _body_of_superseded(self, known: Record, entry: ArchiveEntry) -> Kept | None:
        """What is to become of a page that no record is read from any more, if it shows what may not be kept."""
        shows_abstracts = not self._keeps_abstracts(known) and "abstracts" not in _parts(entry.reason)
        ban = archive_ban(known.rights.robots)
        return Kept(None, "none", ban or "abstracts") if ban or shows_abstracts else None

    def _keeps_abstracts(self, known: Record) -> bool:
        return abstract_policy(known.rights.tdm, self._source.rights, self._basis, self._clock()).keep

    def _owner_of(self, url: str, known: Record) -> str | None:
        """Another record that has the address to which today's rules would move this one."""
        found = self._store.records.find(url=url, source_id=self._source.id) if url != known.url else ()
        return next((other.id for other in found if other.id != known.id), None)

    def save(self, batch: Sequence[Reread], lease_s: float) -> dict[str, Saved]:
        """Store a batch in one transaction and return what came of each record by id.

        What the archive may not hold any more is emptied after it.

        Raises LeaseLostError when another Run has taken over, StorageError when nothing can be stored.
        """
        assert self._archive
        new = [one for one in batch if one.record]
        entries = {one.record_id: entry for one in new if (entry := self._rewritten(one))}
        self._archive.sync()
        now = self._clock()
        records = [_at(one, entries.get(one.record_id)) for one in new]
        held = [url for one, record in zip(new, records, strict=True) if one.held for url in {one.url, record.url}]

        def save(unit: Unit) -> list[Saved]:
            if not self._store.runs.heartbeat(unit, self._run_id, now, lease_s):
                raise LeaseLostError(f"run {self._run_id}: another run of {self._source.id} has taken over")
            saved = self._store.records.save(unit, records, run_id=self._run_id, now=now)
            self._store.archive_index.add(unit, list(entries.values()))
            news = [done.record_id for done in saved if done.kind]
            self._store.search.forget(unit, [record_id for record_id in news if record_id in bare])
            self._store.pages.forget_validators(unit, self._source.id, held)
            return saved

        bare = {one.record_id for one in new if one.record and not one.record.rights.abstract_policy.keep}
        saved = self._store.transact(save, scrub=bool(bare))
        refused = {one.record_id for one, done in zip(new, saved, strict=True) if done.skipped or done.error}
        spent = [one.pointer for one in batch if one.body and one.pointer and one.record_id not in refused]
        self._empty([*spent, *(entry.pointer for record_id, entry in entries.items() if record_id in refused)])
        return {one.record_id: done for one, done in zip(new, saved, strict=True)}

    def _rewritten(self, one: Reread) -> ArchiveEntry | None:
        if one.body is None or one.body.page is None:
            return None
        assert self._archive
        page, reason = one.body.page, one.body.reason
        pointer = self._archive.write_response(page, page.body, cut=True, reason=reason)
        return ArchiveEntry(self._source.id, one.url, pointer, page.fetched_at, one.record_id, cut=True, reason=reason)

    def _empty(self, pointers: Sequence[Pointer]) -> None:
        """Bodies first, pointers then: if the process ends in between, the next one finds the pointers."""
        if pointers:
            remove_members(self._folder, pointers)
            self._store.transact(lambda unit: self._store.archive_index.drop(unit, pointers))


class _Told(NamedTuple):
    known: Record
    entry: ArchiveEntry

    def that(self, effect: Effect, **said: Any) -> Reread:
        """A Reread of this page."""
        if (record := said.get("record")) and self.known.access.decided_by != record.access.decided_by:
            said["verdict"] = (self.known.access.decided_by, record.access.decided_by)
        return Reread(self.known.id, self.entry.url, self.entry.pointer, effect, **said)


def kinds(fields: Sequence[FieldChange]) -> Iterator[ChangeKind]:
    """The Changes that storage logs for such differences."""
    names = {change.field for change in fields}
    flips = [
        kind
        for name, kind in (
            ("access.status", ChangeKind.ACCESS_CHANGED),
            ("integrity.status", ChangeKind.INTEGRITY_CHANGED),
        )
        if name in names
    ]
    elsewhere = any(name.partition(".")[0] not in ("access", "integrity") for name in names)
    if names and (elsewhere or not flips):
        yield ChangeKind.UPDATED
    yield from flips


def _why(known: Record, record: Record, entry: ArchiveEntry, is_current: bool) -> Iterator[str]:
    """What has changed since the record was read."""
    before, now = known.provenance, record.provenance
    if before.rules != now.rules:
        yield f"extraction rules {before.rules} -> {now.rules}"
    if before.source_digest != now.source_digest:
        yield "the seed files of the source"
    old, new = known.rights.abstract_policy, record.rights.abstract_policy
    if old != new:
        yield f"basis for the abstracts {old.basis} -> {new.basis}"
    if new.keep and not old.keep and "abstracts" in _parts(entry.reason):
        yield "the abstracts were cut from the archive: `harvester run` with --full brings them"
    if is_current:
        yield f"extraction reads it differently, under the same rules version {now.rules}"


def _visit(entry: ArchiveEntry, page: Page, known: Record) -> Visit:
    """The visit that brought the page, with what the site's own file had reserved."""
    said: list[str] = []
    tdm = known.rights.tdm
    if tdm and any(evidence.where.startswith(_TDM_FILE) for evidence in tdm.evidence):
        said = [f"tdm-reservation: {int(tdm.reserved)}", *([f"tdm-policy: {tdm.policy_url}"] if tdm.policy_url else [])]
    run_id = known.provenance.run_id or ""
    return Visit(
        run_id=run_id, url=entry.url, outcome=VisitOutcome.OK, page=page, at=page.fetched_at, robots=tuple(said)
    )


def _merged(known: Record, record: Record) -> Record:
    """The record as storage will merge it: id, work, publisher's id and, unless the page moved, the URL stay."""
    same = {"id": known.id, "work_id": known.work_id, "publisher_id": known.publisher_id or record.publisher_id}
    return record.at(record.url if known.url in record.aliases else known.url).model_copy(update=same)


def _located(known: Record, record: Record, state: str | None, reason: str) -> Record:
    """The record with the provenance of its page as it was served; `state` None: the archive holds what it held."""
    served = known.provenance
    update: dict[str, Any] = {
        name: getattr(served, name)
        for name in (
            "url",
            "page_digest",
            "run_id",
            "archive",
            "archive_reason",
            "warc_file",
            "warc_offset",
            "encoding",
        )
    }
    update["encoding_suspect"] = served.encoding_suspect
    if state is not None:
        update |= {"archive": state, "archive_reason": reason or None, "warc_file": None, "warc_offset": None}
    return record.model_copy(update={"provenance": record.provenance.model_copy(update=update)})


def _as_held(record: Record, entry: ArchiveEntry, body: Kept | None) -> Record:
    """The record with the provenance of the page that was held back; `body` None: the archive holds what it held."""
    place: dict[str, Any] = {"archive": "cut" if entry.cut else "kept", "archive_reason": entry.reason}
    place |= {"warc_file": entry.pointer.file, "warc_offset": entry.pointer.offset}
    if body is not None:
        place = {"archive": body.state, "archive_reason": body.reason or None, "warc_file": None, "warc_offset": None}
    return record.model_copy(update={"provenance": record.provenance.model_copy(update=place)})


def _at(one: Reread, entry: ArchiveEntry | None) -> Record:
    assert one.record
    if entry is None:
        return one.record
    place = {"warc_file": entry.pointer.file, "warc_offset": entry.pointer.offset}
    return one.record.model_copy(update={"provenance": one.record.provenance.model_copy(update=place)})


def _body(entry: ArchiveEntry, kept: Kept) -> Kept | None:
    """What of the archived body must go under today's policy: all (page None), more than was cut, or nothing (None)."""
    if kept.page is None:
        return kept
    before = _parts(entry.reason)
    further = {name: part for name, part in _parts(kept.reason).items() if name not in before}
    if not further:
        return None
    return Kept(kept.page, "cut", "; ".join((before | further).values()))


def _parts(reason: str | None) -> dict[str, str]:
    """The parts of a reason, by what was cut: `abstracts (... basis none)` is about `abstracts`."""
    return {part.partition(" (")[0]: part for part in (reason or "").split("; ") if part}
