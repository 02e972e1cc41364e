"""A batch of Visits at a time: read every page, archive what may be kept, then one transaction for all of it."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from harvester.errors import HarvesterError
from harvester.extraction.extract import Extraction
from harvester.ingest.burial import Graveyard
from harvester.ingest.faces import addressed_faces
from harvester.ingest.holding import Held, Holding
from harvester.ingest.item import Item, Looked, Revisit, turning_point
from harvester.ingest.measures import in_words
from harvester.ingest.quarantine import TRIES, Quarantine
from harvester.ingest.reading import Draft, Reader, Reading
from harvester.ingest.tally import Tally
from harvester.model.page import VisitOutcome
from harvester.model.record import Record
from harvester.model.run import ChangeKind, Visit
from harvester.model.source import Source
from harvester.policy import headers_without_addresses, without_abstracts
from harvester.urls import canonical_url
from storage.archive import ArchiveWriter, Original, Pointer, remove_members
from storage.archive_index import ArchiveEntry
from storage.identity import doi_key, url_key
from storage.pages import PageState, PageVisit
from storage.redaction import Redactor
from storage.store import Store
from storage.unit import Unit

_MOVED_BATCH = 100
_SHOWN = frozenset((VisitOutcome.OK, VisitOutcome.NOT_MODIFIED))
_LOST = "{lost} no longer found"
UNREADABLE_AGAIN = timedelta(days=7)  # by then the rules may be others
_NO_FAILURE = frozenset((VisitOutcome.OK, VisitOutcome.NOT_MODIFIED, VisitOutcome.NOT_ARTICLE, VisitOutcome.REDIRECTED))
_ANSWERED = frozenset((VisitOutcome.OK, VisitOutcome.NOT_ARTICLE, VisitOutcome.WRONG_CONTENT))


class LeaseLostError(HarvesterError):
    """Another Run has taken this Run's place; nothing of the batch was stored."""


class _RedactedMeanwhileError(Exception):
    """A name was redacted after the batch was read, and may stand in what was archived of it."""


def _original(reading: Reading) -> Original | None:
    """The archived page that an answer of 304 confirms."""
    known = reading.known
    confirmed = reading.visit.outcome is VisitOutcome.NOT_MODIFIED and reading.visit.page is not None
    if not confirmed or known is None or known.deleted_at is not None or known.provenance.warc_file is None:
        return None
    return Original(known.provenance.url, known.provenance.fetched_at)


def _is_nameless(record: Record) -> bool:
    """Whether only its address tells it from others."""
    return record.identity_doi is None and record.publisher_id is None


def _words(names: Sequence[str]) -> str:
    return ", ".join(in_words(name) for name in names)


def _twin(url: str) -> str:
    return url.removesuffix("/") if url.endswith("/") else f"{url}/"


def _record_ids(states: Mapping[str, PageState]) -> list[str]:
    return list(dict.fromkeys(state.record_id for state in states.values() if state.record_id))


def _titles(record: Record) -> set[str]:
    return {title.value for title in record.titles.values()}


def _same_place(url: str, there: str) -> bool:
    """Whether two addresses differ in their query at most: what a site adds there on the way makes no other page."""
    return url.partition("?")[0] == there.partition("?")[0]


class Ingest:
    """The one writer of records and visit results for one Run.

    `default_basis` stands in where the Source's rights name none. `clock` gives the present moment (UTC). Every
    transaction prolongs the lease by `lease_s` seconds. `saved` says that the pages were saved elsewhere.
    `earlier` counts what known records had and lost in the good Runs before (`had:FIELD`, `lost:FIELD`);
    the fields `accepted` may be lost.
    """

    def __init__(
        self,
        store: Store,
        archive: ArchiveWriter,
        archive_folder: Path,
        source: Source,
        *,
        run_id: str,
        default_basis: str,
        revisit: Revisit,
        lease_s: float,
        clock: Callable[[], datetime],
        saved: bool = False,
        earlier: Mapping[str, int] | None = None,
        accepted: frozenset[str] = frozenset(),
    ) -> None:
        self._store = store
        self._archive = archive
        self._folder = archive_folder
        self._redactor = Redactor()  # as of the beginning of the batch
        self._reader = Reader(source, default_basis, self._find, saved=saved, redactor=lambda: self._redactor)
        self._source_id = source.id
        self._rules = source.urls
        self._run_id = run_id
        self._revisit = revisit
        self._lease_s = lease_s
        self._clock = clock
        self._beaten = time.monotonic()
        self._graves = Graveyard()
        self._holding = Holding(earlier or {}, accepted)
        self._stored: dict[str, Record] = {}  # what storage has of this batch, by name
        self._fresh: dict[str, Record] = {}  # read in this batch, by address and DOI
        self._moved: dict[str, str] = {}  # URLs that lead to others
        self._withheld = False  # whether texts of known records had to go
        self.tally = Tally()

    def take(
        self,
        segment: str,
        visits: Sequence[Visit],
        quarantine: Quarantine | None = None,
        found: Mapping[str, Extraction] | None = None,
    ) -> None:
        """Take a spool segment in: its records, archive entries and visit results are stored together or not at all.

        `found` has by URL what extraction made of pages that were read ahead.
        Raises LeaseLostError when another Run has taken over, StorageError when nothing can be stored.
        """
        batch = None
        while batch is None:
            batch = self._taken(segment, visits, quarantine, found or {})
        self._hold(batch)
        # The archive keeps no body of a record that was removed on request or could not be stored.
        remove_members(self._folder, [item.pointer for item in batch if item.pointer and item.is_refused])
        self._empty_older(batch)

    def _empty_older(self, batch: Sequence[Item]) -> None:
        """What a page forbids or reserves from now on leaves its older bodies too. Bodies first, pointers then."""
        older = [
            entry.pointer
            for item in batch
            if item.record_id and not item.is_refused and item.forbids_older
            for entry in self._store.archive_index.entries(item.record_id)
            if entry.pointer != item.pointer and item.may_not_keep(entry)
        ]
        if older:
            remove_members(self._folder, older)
            self._store.transact(lambda unit: self._store.archive_index.drop(unit, older))

    def _taken(
        self, segment: str, visits: Sequence[Visit], quarantine: Quarantine | None, found: Mapping[str, Extraction]
    ) -> list[Item] | None:
        """The batch as it was stored; None when it has to be read again, and nothing of it is kept."""
        latest = {visit.url: visit for visit in visits}
        states = self._store.pages.states(self._source_id, list(latest))
        self._redactor = self._store.redactor()
        there = self._store.records.several(_record_ids(states))
        known = {one.id: one for one in self._store.overrides.as_read(there)}
        drafts = []
        for url, visit in latest.items():
            self.keep_lease()
            state = states.get(url)
            about = known.get(state.record_id) if state and state.record_id else None
            drafts.append(self._draft(visit, about, state.digest if state else None, quarantine, found.get(url)))
        self._stored = self._stored_of([draft for draft in drafts if isinstance(draft, Draft)])
        batch = [Item(self._settled(draft, quarantine), states.get(draft.visit.url)) for draft in drafts]
        self._stored, self._fresh = {}, {}
        self._write_archive(batch)

        def save(unit: Unit) -> tuple[list[Item], Tally]:
            self._beat(unit)
            saved, tally = [replace(item) for item in batch], self.tally.copy()
            self._save(unit, saved)
            for item in saved:
                self._count(item, tally)
            self._store.runs.note_counts(unit, self._run_id, tally.counts)
            self._store.runs.segment_done(unit, segment)
            return saved, tally

        loses = any(item.loses_abstracts for item in batch)
        try:
            stored, self.tally = self._store.transact(save, scrub=loses)
        except _RedactedMeanwhileError:
            remove_members(self._folder, [item.pointer for item in batch if item.pointer])
            return None
        return stored

    def keep_lease(self) -> None:
        """Prolong the lease when a third of it has passed; call it wherever time goes by. Raises LeaseLostError."""
        if time.monotonic() - self._beaten > self._lease_s / 3:
            self._store.transact(self._beat, durable=False)

    def _beat(self, unit: Unit) -> None:
        if not self._store.runs.heartbeat(unit, self._run_id, self._clock(), self._lease_s):
            raise LeaseLostError(f"run {self._run_id}: another run of {self._source_id} has taken over")
        self._beaten = time.monotonic()

    def _draft(
        self,
        visit: Visit,
        known: Record | None,
        digest: str | None,
        quarantine: Quarantine | None,
        found: Extraction | None,
    ) -> Reading | Draft:
        if visit.page and visit.outcome is VisitOutcome.OK and quarantine and not quarantine.admit(visit.url):
            detail = f"set aside: reading it ended the process {TRIES} times"
            return Reading(visit, VisitOutcome.WRONG_CONTENT, detail, known=known, effect="quarantined")
        try:
            return self._reader.draft(visit, known, digest, now=self._clock(), found=found)
        finally:
            if quarantine:
                quarantine.done()

    def _settled(self, draft: Reading | Draft, quarantine: Quarantine | None) -> Reading:
        if isinstance(draft, Reading):
            return draft
        self.keep_lease()
        if quarantine:
            quarantine.admit(draft.visit.url)
        try:
            reading = self._reader.settle(draft, self._clock())
        finally:
            if quarantine:
                quarantine.done()
        self._note_fresh(reading)
        return reading

    def _note_fresh(self, reading: Reading) -> None:
        """Other addresses of an article may come in the same batch, and must find what was read of the first."""
        if reading.record:
            names = (reading.record.url, reading.visit.url, reading.record.identity_doi)
            self._fresh |= {name: reading.record for name in names if name}

    def _stored_of(self, drafts: Sequence[Draft]) -> dict[str, Record]:
        """The stored records that a batch may be about, by their names: one question for all of it."""
        unsure = [draft for draft in drafts if draft.known is None or draft.known.url != draft.read.url]
        records = [record for draft in unsure for record in draft.named]
        urls = {url for record in records for url in (record.url, _twin(record.url))}
        dois = {record.identity_doi for record in records if record.identity_doi}
        found = self._store.records.named(urls=urls, dois=dois, source_id=self._source_id)
        return dict(zip(found, self._store.overrides.as_read([*found.values()]), strict=True))

    def _find(self, record: Record) -> Record | None:
        doi = record.identity_doi
        names = [url_key(record.url), *([doi_key(doi)] if doi else [])]
        found = next((self._stored[name] for name in names if name in self._stored), None)
        fresh = self._fresh.get(record.url) or (self._fresh.get(doi) if doi else None)
        return found or fresh or (self._with_twin(record) if _is_nameless(record) else None)

    def _with_twin(self, record: Record) -> Record | None:
        """The same page known with, or without, a slash at the end of its address."""
        url = _twin(record.url)
        there = self._stored.get(url_key(url)) or self._fresh.get(url)
        return there if there and _titles(there) == _titles(record) else None

    def _write_archive(self, batch: Sequence[Item]) -> None:
        for item in batch:
            if (kept := item.reading.kept) and kept.page:
                reason = kept.reason or None
                item.pointer = self._archive.write_response(
                    kept.page, kept.page.body, cut=kept.state == "cut", reason=reason
                )
            elif original := _original(item.reading):
                page = item.reading.visit.page
                assert page
                item.revisited = self._archive.write_revisit(headers_without_addresses(page), original)
        self._archive.sync()

    def _save(self, unit: Unit, batch: Sequence[Item]) -> None:
        now = self._clock()
        new = [item for item in batch if item.reading.record and not item.reading.held]
        records = [self._located(item) for item in new]
        for item, saved in zip(new, self._store.records.save(unit, records, run_id=self._run_id, now=now), strict=True):
            item.note(saved)
        # From here on no request can come between: it waits for the lock that saving has taken.
        if new and not self._store.redactor(unit).is_as(self._redactor):
            raise _RedactedMeanwhileError
        bare = [item.record_id for item in new if item.record_id and item.loses_abstracts and item.brought_news]
        if self._store.records.rewrite(unit, bare, without_abstracts):
            self._withheld = True
        self._store.search.forget(unit, bare)
        archived = [item for item in batch if item.pointer and not item.is_refused]
        revisits = [self._revisit_entry(item, item.revisited) for item in batch if item.revisited]
        self._store.archive_index.add(unit, [*(self._entry(item) for item in archived), *revisits])
        self._store.pages.record_visits(unit, [visit for item in batch for visit in self._visits(item)])
        unread = [item.reading.visit.url for item in batch if item.reading.must_be_whole]
        self._store.pages.ask_whole(unit, self._source_id, unread, now)

    def _located(self, item: Item) -> Record:
        """The record with the place of its page in the archive."""
        reading, pointer = item.reading, item.pointer
        assert reading.record and reading.kept
        place = {
            "run_id": self._run_id,
            "archive": reading.kept.state,
            "archive_reason": reading.kept.reason or None,
            "warc_file": pointer.file if pointer else None,
            "warc_offset": pointer.offset if pointer else None,
        }
        provenance = reading.record.provenance.model_copy(update=place)
        return reading.record.model_copy(update={"provenance": provenance})

    def _entry(self, item: Item) -> ArchiveEntry:
        kept, page = item.reading.kept, item.reading.visit.page
        assert kept and page and item.pointer
        return ArchiveEntry(
            source_id=self._source_id,
            url=item.reading.visit.url,
            pointer=item.pointer,
            fetched_at=page.fetched_at,
            record_id=item.record_id,
            cut=kept.state == "cut",
            reason=kept.reason or None,
        )

    def _revisit_entry(self, item: Item, pointer: Pointer) -> ArchiveEntry:
        visit = item.reading.visit
        return ArchiveEntry(self._source_id, visit.url, pointer, visit.at, item.record_id, revisit=True)

    def _visits(self, item: Item) -> list[PageVisit]:
        """The visit of the URL; where it led to another, that one has been visited, and this is an address of it."""
        visit, there = self._visit(item), self._there(item)
        if there is None or not item.record_id:
            return [visit]
        looked = Looked(VisitOutcome.REDIRECTED, visit.at, 0, visit.at, news=False, known=True, turns=None)
        here = PageVisit(
            self._source_id,
            visit.url,
            VisitOutcome.REDIRECTED,
            visit.at,
            self._revisit(looked),
            detail=there,
            record_id=item.record_id,
        )
        return [here, replace(visit, url=there)]

    def _there(self, item: Item) -> str | None:
        """The address a visit led to, or that the page states as its own beside one with more in its query."""
        page, asked, read = item.reading.visit.page, item.reading.visit.url, item.reading.read
        if item.reading.outcome is not VisitOutcome.OK or page is None:
            return None
        there = canonical_url(page.final_url, self._rules)
        if not _same_place(asked, there):
            return there
        is_longer = read is not None and _same_place(asked, read.url) and len(asked) > len(read.url)
        return read.url if read and is_longer and not addressed_faces(asked, read, self._rules) else None

    def _visit(self, item: Item) -> PageVisit:
        reading, state = item.reading, item.state
        visit, page = reading.visit, reading.visit.page
        failed = reading.outcome not in _NO_FAILURE
        failures = (state.failures if state else 0) + 1 if failed else 0
        first_seen = state.first_seen if state else visit.at
        about = reading.record or reading.known
        turns = turning_point(about) if about else None
        known = reading.known is not None
        due = self._revisit(Looked(reading.outcome, visit.at, failures, first_seen, item.brought_news, known, turns))
        if reading.effect == "quarantined":
            due = None
        elif reading.unreadable:
            due = visit.at + UNREADABLE_AGAIN
        if reading.held:  # until it is settled; a Run that is stopped before leaves the page to the next one
            return PageVisit(
                self._source_id, visit.url, reading.outcome, visit.at, visit.at, _LOST.format(lost=_words(reading.held))
            )
        return PageVisit(
            source_id=self._source_id,
            url=visit.url,
            outcome=reading.outcome,
            at=visit.at,
            next_due=due,
            detail=reading.detail,
            etag=page.header("etag") if page and reading.digest else None,
            last_modified=page.header("last-modified") if page and reading.digest else None,
            digest=reading.digest,
            record_id=item.record_id,
            failures=failures,
        )

    def _count(self, item: Item, tally: Tally) -> None:
        reading = item.reading
        tally.note_visit(reading.outcome, reading.visit.url, reading.detail)
        tally.counts.update(item.effects())
        tally.seen["unreadable"] += reading.unreadable
        drifted = reading.effect == "kept_old" and reading.visit.page and not reading.unreadable
        tally.seen["drifted"] += bool(drifted and reading.outcome in _ANSWERED)
        about = reading.read or (reading.known if reading.outcome is VisitOutcome.NOT_MODIFIED else None)
        if about and about.deleted_at is None:
            policy = (reading.record or reading.known or about).rights.abstract_policy
            tally.note_record(about, may_keep=policy.keep)
        if reading.read and (about := reading.read).deleted_at is None:
            tally.measures.note(about, reading.known)
        if reading.outcome is VisitOutcome.REDIRECTED:
            self._moved[reading.visit.url] = reading.detail
        if reading.outcome is VisitOutcome.GONE and reading.known:
            self._graves.note_gone(reading.known, reading.visit.url, reading.detail)
        elif reading.outcome in (VisitOutcome.OK, VisitOutcome.NOT_MODIFIED) and item.record_id:
            self._graves.note_alive(item.record_id)

    def _hold(self, batch: Sequence[Item]) -> None:
        """Hold the updates that would lose something, and settle when they are many."""
        for item in batch:
            if item.reading.held and item.record_id:
                self._holding.held[item.record_id] = self._held(item)
            elif item.record_id and item.reading.outcome in _SHOWN and item.reading.effect != "kept_old":
                self._holding.held.pop(item.record_id, None)  # another of its pages has it all
        if self._holding.is_full():
            self._settle()

    def _held(self, item: Item) -> Held:
        lost, whole = item.reading.held, replace(item, reading=replace(item.reading, held=()))
        accepted, detail = self._visits(whole), _LOST.format(lost=_words(lost))
        kept = [
            replace(visit, digest=None, etag=None, last_modified=None, detail=detail) if visit.digest else visit
            for visit in accepted
        ]
        return Held(self._located(item), accepted, kept, lost)

    def _settle(self) -> None:
        """Store what is news about single articles, and leave as they were the records that a new template emptied."""
        counts = self.tally.measures.counts
        news, old = self._holding.settle(counts)
        now = self._clock()

        def save(unit: Unit) -> Counter[str]:
            self._beat(unit)
            saved = self._store.records.save(unit, [one.record for one in news], run_id=self._run_id, now=now)
            came = [one.kept_old if done.error else one.accepted for one, done in zip(news, saved, strict=True)]
            self._store.pages.record_visits(
                unit, [visit for some in (*came, *(o.kept_old for o in old)) for visit in some]
            )
            kinds = (kind.value for done in saved for kind in (done.kind, *done.extra) if kind)
            tally = self.tally.counts + Counter([*kinds, *(["kept_old"] * len(old))])
            tally -= Counter(held=len(news) + len(old))
            self._store.runs.note_counts(unit, self._run_id, tally)
            return tally

        if news or old:
            self.tally.counts = self._store.transact(save)

    def settle(self) -> list[str]:
        """Decide about what is held; returns a note if records were kept as they were."""
        self._settle()
        counts = self.tally.measures.counts
        told = ", ".join(self._holding.told(counts))
        if not self._holding.drifted:
            return []
        self.tally.seen["drifted_fields"] = len(self._holding.drifted)
        return [
            f"pages of known articles no longer show what they had: {told}; their records were kept as they were. "
            "Where the site's template has changed, mend the rules (`harvester source try`) and have the archived "
            "pages read with `harvester replay`; where it says less now, `harvester replay --accept` takes that over"
        ]

    def name_moved(self) -> None:
        """Give the records their further addresses: those that redirected to a page with a visit of its own."""
        moved = [*self._moved.items()]
        self._moved.clear()
        for start in range(0, len(moved), _MOVED_BATCH):
            found = [self._named(here, there) for here, there in moved[start : start + _MOVED_BATCH]]
            records, now = [record for record in found if record], self._clock()
            self._store.transact(partial(self._store.records.save, batch=records, run_id=self._run_id, now=now))

    def _named(self, here: str, there: str) -> Record | None:
        record = next(iter(self._store.records.find(url=there, source_id=self._source_id)), None)
        if record is None or record.deleted_at or here in (record.url, *record.aliases):
            return None
        other = next(iter(self._store.records.find(url=here, source_id=self._source_id)), None)
        return record.model_copy(update={"aliases": (*record.aliases, here)}) if other is None else None

    def _bury(self, unit: Unit, gone: Sequence[str]) -> None:
        for record_id in gone:
            self._store.records.delete(unit, record_id, "gone", self._clock())

    def scrub(self) -> None:
        """Where texts of known records had to go, let none of their words stay in the database's files."""
        if self._withheld:
            self._store.scrub()

    def finish(self) -> list[str]:
        """Make tombstones of the records whose pages said 410, unless the site has changed; returns notes."""
        gone = self._graves.to_bury()
        known = self._store.pages.counts(self._source_id)
        articles = sum(known.get(o, 0) for o in (VisitOutcome.OK, VisitOutcome.NOT_MODIFIED, VisitOutcome.GONE))
        if self._graves.is_redesign(articles):
            self.tally.seen["redesign"] = 1
            missing = len(self._graves.missing - self._graves.alive)
            return [
                f"{missing} of {articles} known articles answered 404 or 410: no record was deleted; "
                "look whether the site has changed its addresses"
            ]
        if gone:
            self._store.transact(lambda unit: self._bury(unit, gone))
            self.tally.counts[ChangeKind.DELETED.value] += len(gone)
        return []
