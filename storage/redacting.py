"""The request to redact a person's name, carried out: records, all their revisions and verdicts, archive and spool.

The name is kept out from the beginning, so that what is harvested meanwhile does not bring it back. One record is one
transaction. What a crash interrupts is done by the same request made again: an old body in the archive is emptied
after its successor was committed, and its pointer goes last.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select, update

from harvester.errors import StorageError, UsageError
from harvester.model.access import AccessVerdict
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.run import ChangeKind, Visit
from storage import oai, redaction, review, rows
from storage.archive import ArchiveWriter, read, remove_members
from storage.archive_index import ArchiveEntry
from storage.database import Database
from storage.documents import document, from_text
from storage.masked_pages import masked_page
from storage.names import Names, Person, loose, of_contributor
from storage.pointer import Pointer
from storage.redaction import PART, Redactor, Rule
from storage.spool import rewrite, whole_segments
from storage.tables import doubts, overrides, records, redactions, revisions, runs, upsert, verdicts
from storage.unit import Unit

if TYPE_CHECKING:
    from storage.store import Store

_PAGE = 500
Execute = Any  # what takes a statement: a connection or a snapshot


class Request(NamedTuple):
    """Whom to redact, in which records (none named: in all), and why."""

    person: Person
    reason: str
    orcid: str | None = None
    record_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """What of one record names the person: fields of the present revision, and how many of the rest."""

    record_id: str
    fields: tuple[str, ...] = ()
    revisions: int = 0
    verdicts: int = 0
    pages: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it does."""
        return not (self.fields or self.revisions or self.verdicts or self.pages)


class Outcome(NamedTuple):
    """What was, or would be, changed. `perhaps`: records with initials that may be the person's; nothing was done."""

    touched: list[Touched]
    segments: int
    perhaps: list[str]


class _Words(NamedTuple):
    """The texts of an override: what the page says below it, why it was set, why it was ended."""

    said: AccessVerdict | None
    reason: str
    ended_reason: str | None

    def without(self, names: Names) -> "_Words":
        """The same with the names masked."""
        said = redaction.verdict_without(self.said, names) if self.said else None
        ended = names.masked(self.ended_reason) if self.ended_reason else None
        return _Words(said, names.masked(self.reason), ended)


class _Past(NamedTuple):
    """All that is kept of a record."""

    present: Record
    revisions: dict[int, Record]
    verdicts: dict[int, AccessVerdict]
    overrides: dict[int, _Words]
    settled: str | None  # why a doubt was settled

    @property
    def documents(self) -> list[Record]:
        return [*self.revisions.values(), self.present]


_Moved = tuple[Pointer, Pointer | None]  # where a page stood, and where it stands now (None: nowhere)


class Redacting:
    """One request. `archive` and `spool` are the folders."""

    def __init__(
        self, store: "Store", database: Database, request: Request, archive: Path, spool: Path, now: datetime
    ) -> None:
        self._store = store
        self._database = database
        self._request = request
        self._archive = archive
        self._spool = spool
        self._now = now
        self._secret = store.secret(redaction.KEY_NAME)
        self._redactor = Redactor(self._rules(request.record_ids or ("",)), self._secret)

    def run(self, *, dry_run: bool) -> Outcome:
        """Do it, or say what would be done. Raises UsageError for a record that is not there."""
        touched: list[Touched] = []
        perhaps: list[str] = []
        for record_id in self._request.record_ids:
            self._past(record_id)
        if not dry_run:
            self._store.transact(self._keep_out)
        for record_id in self._request.record_ids or self._naming():
            past = self._past(record_id)
            names, _ = self._names(past)
            one = self._found(past, names)
            if not one.is_empty:
                touched.append(one)
            elif self._may_be_meant(past):
                perhaps.append(record_id)
        if not dry_run:
            self._store.transact(lambda unit: self._remember(unit, self._mentioning(touched)))
            for one in touched:
                self._carry_out(one.record_id)
        return Outcome(touched, self._mask_spool(dry_run=dry_run), perhaps)

    def _rules(self, record_ids: Iterable[str]) -> list[Rule]:
        person, orcid = self._request.person, self._request.orcid
        known = redaction.hashed(self._secret, redaction.orcid_form(orcid)) if orcid else ""
        return [
            Rule(redaction.hashed(self._secret, form), record_id, known)
            for record_id in record_ids
            for form in redaction.forms_asked(person, orcid, of_named_records=bool(record_id))
        ]

    def _naming(self) -> list[str]:
        """Ids of all records of which any revision or verdict may name the person."""
        pattern = loose(self._request.person, self._request.orcid)
        found: set[str] = set()
        last = ""
        while True:
            page = select(records.c.id, records.c.document).where(records.c.id > last).order_by(records.c.id)
            with self._database.read() as connection:
                texts = [(row.id, row.document) for row in connection.execute(page.limit(_PAGE))]
                ids = [record_id for record_id, _ in texts]
                for table, column in (
                    (revisions, revisions.c.document),
                    (verdicts, verdicts.c.verdict),
                    (
                        overrides,
                        overrides.c.reason + " " + func.coalesce(overrides.c.said, overrides.c.ended_reason, ""),
                    ),
                    (doubts, func.coalesce(doubts.c.settled_reason, "")),
                ):
                    older = select(table.c.record_id, column).where(table.c.record_id.in_(ids))
                    texts += [(row[0], row[1]) for row in connection.execute(older)]
            if not ids:
                return sorted(found)
            found |= {record_id for record_id, text in texts if pattern.search(text)}
            last = ids[-1]

    def _past(self, record_id: str) -> _Past:
        with self._database.read() as connection:
            past = _past(connection, record_id)
        if past is None:
            raise UsageError(f"there is no record {record_id}", remedy="`harvester records QUERY` shows ids")
        return past

    def _names(self, past: _Past) -> tuple[Names, bool]:
        """The names to mask in all that is kept of a record, and whether the person is one of its contributors."""
        each = [self._redactor.names(one, past.present.id) for one in past.documents]
        people = dict.fromkeys(one for names in each for one in names.people)
        others = dict.fromkeys(one for names in each for one in names.others if one not in people)
        return Names((*people, self._request.person), tuple(others)), bool(people)

    def _found(self, past: _Past, names: Names) -> Touched:
        present = self._cut(past.present, past.present.id, names)
        before, after = past.present.model_dump(mode="json"), present.model_dump(mode="json")
        return Touched(
            past.present.id,
            tuple(name for name in before if before[name] != after[name] and name != "flags"),
            sum(self._cut(one, past.present.id, names) != one for one in past.revisions.values()),
            sum(redaction.verdict_without(one, names) != one for one in past.verdicts.values())
            + sum(one.without(names) != one for one in past.overrides.values())
            + bool(past.settled and names.masked(past.settled) != past.settled),
            sum(1 for _ in self._pages(past, names)),
        )

    def _cut(self, record: Record, record_id: str, names: Names) -> Record:
        return redaction.without(self._redactor.record(record, record_id), names)

    def _may_be_meant(self, past: _Past) -> bool:
        """Whether a contributor prints initials that may be the person's, or the person gave initials only."""
        wanted = self._request.person
        people = (of_contributor(one) for record in past.documents for one in record.contributors)
        return any(one.shortest == wanted.shortest and (one.initials or wanted.initials) for one in people)

    def _keep_out(self, unit: Unit) -> None:
        """From the commit on, whatever is saved is redacted; what was being saved before is there to be found."""
        here = select(records.c.source_id).union(select(runs.c.source_id))
        unit.lock_records(*unit.connection.execute(here).scalars())
        self._remember(unit, self._request.record_ids or ("",))

    def _mentioning(self, touched: list[Touched]) -> list[str]:
        """Records that name the person in a text only: theirs are searched from now on."""
        if self._request.record_ids:
            return []
        return [one.record_id for one in touched if not self._names(self._past(one.record_id))[1]]

    def _remember(self, unit: Unit, record_ids: Iterable[str]) -> None:
        """Keep the hashes."""
        new = [rule._asdict() | {"at": self._now, "reason": self._request.reason} for rule in self._rules(record_ids)]
        if new:
            unit.connection.execute(upsert(redactions).on_conflict_do_nothing(), new)

    def _carry_out(self, record_id: str) -> None:
        spent = self._store.transact(lambda unit: self._rewrite_all(unit, record_id), scrub=True)
        remove_members(self._archive, spent)
        if spent:
            self._store.transact(lambda unit: self._store.archive_index.drop(unit, spent))

    def _rewrite_all(self, unit: Unit, record_id: str) -> list[Pointer]:
        """Database and new members of the archive; returns where old members stand that are to be emptied."""
        unit.lock_records(self._past(record_id).present.source_id)
        past = _past(unit.connection, record_id)
        assert past
        names, _ = self._names(past)
        moved = self._rewrite_pages(unit, past, names)
        self._rewrite(unit, past, names, moved)
        return [old for old, _ in moved]

    def _rewrite(self, unit: Unit, past: _Past, names: Names, moved: list[_Moved]) -> None:
        execute = unit.connection.execute
        record_id = past.present.id
        for number, record in past.revisions.items():
            text = document(_placed(self._cut(record, record_id, names), moved)).text
            place = (revisions.c.record_id == record_id, revisions.c.revision == number)
            execute(update(revisions).where(*place).values(document=text))
        for number, verdict in past.verdicts.items():
            said = redaction.verdict_without(verdict, names).model_dump_json()
            execute(update(verdicts).where(verdicts.c.id == number).values(verdict=said))
        for number, words in past.overrides.items():
            clean = words.without(names)
            told = clean._asdict() | {"said": clean.said.model_dump_json() if clean.said else None}
            execute(update(overrides).where(overrides.c.id == number).values(told))
        if past.settled:
            this = update(doubts).where(doubts.c.record_id == record_id)
            execute(this.values(settled_reason=names.masked(past.settled)))
        present = _placed(self._cut(past.present, record_id, names), moved)
        if present == past.present:
            return
        rows.put(unit, present)
        rows.set_aside(unit, [record_id], None, self._now)
        later = {"revision": present.revision + 1, "updated_at": self._now}
        rows.put(unit, present.model_copy(update=later))
        review.forget(unit, [record_id])
        oai.forget(unit, [record_id])
        self._store.search.forget(unit, [record_id])
        self._store.changes.append(unit, [(record_id, ChangeKind.UPDATED, present.revision + 1)], self._now)

    def _pages(self, past: _Past, names: Names) -> Iterator[tuple[ArchiveEntry, Page | None]]:
        """Archived pages that name the person, with their masked successors; None for one that cannot be read."""
        spare = (past.present.url, *past.present.aliases)
        for entry in self._store.archive_index.entries(past.present.id):
            if entry.revisit:
                continue
            try:
                page = read(self._archive, entry.pointer)
            except StorageError:
                yield entry, None
                continue
            masked = masked_page(page, past.present.provenance.encoding, names, spare)
            if masked is not page:
                yield entry, masked

    def _rewrite_pages(self, unit: Unit, past: _Past, names: Names) -> list[_Moved]:
        moved: list[_Moved] = []
        stamp = f"redaction-{self._now:%Y%m%dT%H%M%S}-{past.present.id[:8]}"
        writer = ArchiveWriter(self._archive, past.present.source_id, stamp)
        new: list[ArchiveEntry] = []
        for entry, page in self._pages(past, names):
            if page is None:
                moved.append((entry.pointer, None))
                continue
            reason = "; ".join(filter(None, (entry.reason, PART)))
            pointer = writer.write_response(page, page.body, cut=True, reason=reason)
            moved.append((entry.pointer, pointer))
            new.append(replace(entry, pointer=pointer, cut=True, reason=reason, record_id=past.present.id))
        writer.close()
        self._store.archive_index.add(unit, new)
        return moved

    def _mask_spool(self, *, dry_run: bool) -> int:
        """Segments that wait to be taken in and name the person; those still being written follow when they are."""
        names = Names((self._request.person,))
        if self._request.record_ids or self._request.person.initials:
            return 0
        return sum(
            rewrite(path, lambda one: _masked_visit(one, names), dry_run=dry_run)
            for path in whole_segments(self._spool)
        )


def _masked_visit(visit: Visit, names: Names) -> Visit:
    if visit.page is None:
        return visit
    page = masked_page(visit.page, "utf-8", names, (visit.url, visit.page.final_url))
    return visit if page is visit.page else visit.model_copy(update={"page": page})


def _past(connection: Execute, record_id: str) -> _Past | None:
    text = connection.execute(select(records.c.document).where(records.c.id == record_id)).scalar()
    if text is None:
        return None
    older = connection.execute(
        select(revisions.c.revision, revisions.c.document).where(revisions.c.record_id == record_id)
    )
    reached = connection.execute(select(verdicts.c.id, verdicts.c.verdict).where(verdicts.c.record_id == record_id))
    corrected = connection.execute(select(overrides).where(overrides.c.record_id == record_id))
    return _Past(
        from_text(text),
        {row.revision: from_text(row.document) for row in older},
        {row.id: AccessVerdict.model_validate_json(row.verdict) for row in reached},
        {row.id: _Words(_verdict(row.said), row.reason, row.ended_reason) for row in corrected},
        connection.execute(select(doubts.c.settled_reason).where(doubts.c.record_id == record_id)).scalar(),
    )


def _verdict(text: str | None) -> AccessVerdict | None:
    return AccessVerdict.model_validate_json(text) if text else None


def _placed(record: Record, moved: list[_Moved]) -> Record:
    """The record with the place where its page stands now."""
    read_from = (record.provenance.warc_file, record.provenance.warc_offset)
    for old, new in moved:
        if read_from == (old.file, old.offset):
            reason = "; ".join(dict.fromkeys(filter(None, (record.provenance.archive_reason, PART))))
            state = "cut" if new else "none"
            place = {"warc_file": new.file if new else None, "warc_offset": new.offset if new else None}
            about = {"archive": state, "archive_reason": reason, **place}
            return record.model_copy(update={"provenance": record.provenance.model_copy(update=about)})
    return record
