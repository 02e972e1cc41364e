"""One Visit -> one Reading: what the page is, what it says, and what of it may be kept."""

import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harvester.ahead.segments import digest_of
from harvester.extraction.extract import RULES, Extraction, extract
from harvester.extraction.fields.choose import SignalIndex
from harvester.extraction.fields.rights import robots_directives
from harvester.ingest.faces import addressed_faces, other_faces, with_other_faces
from harvester.ingest.measures import losses
from harvester.model.access import AccessStatus
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record, content_hash, record_id
from harvester.model.run import Visit
from harvester.model.source import Source
from harvester.policy import Kept, abstract_policy, body_to_keep, decide
from harvester.urls import canonical_url, in_bounds
from storage.masked_pages import masked_page
from storage.names import Names
from storage.redaction import PART, Redactor

_NO_FAILURE = frozenset((VisitOutcome.NOT_MODIFIED, VisitOutcome.GONE, VisitOutcome.REDIRECTED))
NEVER_AGAIN = frozenset(("legal", "operator"))  # reasons of a removal that no harvest undoes

Find = Callable[[Record], Record | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a Visit before anything is stored.

    `known` is the stored record the page belongs to, `read` what extraction read, `record` what policy lets us keep of
    it. `effect` is set where no record is to be saved: unchanged, kept_old, skipped. `kept` may go to the archive
    all the same.
    """

    visit: Visit
    outcome: VisitOutcome
    detail: str = ""
    digest: str | None = None
    known: Record | None = None
    read: Record | None = None
    record: Record | None = None
    kept: Kept | None = None
    effect: str | None = None
    unreadable: bool = False  # extraction itself failed
    must_be_whole: bool = False  # the page was not sent again, but has to be read
    held: tuple[str, ...] = ()  # fields that the stored record has and this one has not


@dataclass(frozen=True, slots=True)
class Draft:
    """A page whose record `read` was read, before it is known which stored record that is.

    `named` are the record as read, and as its other faces would name it: any of them may be stored. `robots` are the
    page's directives.
    """

    visit: Visit
    page: Page
    digest: str
    known: Record | None
    read: Record
    robots: tuple[str, ...]
    faces: Mapping[str, str]
    named: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the pages of one Source. `find` looks a record up by URL or DOI; `rules` are today's.

    `redactor` gives what is redacted at the moment.
    Pages that are `saved` elsewhere may have lost the headers and the site's files that reserve rights over them or say
    what robots may do: what the stored record knows to be reserved or forbidden stays so.
    """

    source: Source
    default_basis: str
    find: Find
    rules: str = RULES
    saved: bool = False
    redactor: Callable[[], Redactor] = Redactor

    def draft(
        self,
        visit: Visit,
        known: Record | None,
        digest: str | None,
        *,
        now: datetime,
        found: Extraction | None = None,
    ) -> Reading | Draft:
        """Read one Visit; `known` and `digest` are what the last visit of its URL left. Never raises for a page.

        Where it brought a record it is a Draft, to be finished by `settle`. `found` is what extraction made of the page
        where it was read ahead.
        """
        if visit.page is None or visit.outcome is VisitOutcome.NOT_MODIFIED:
            effect, whole = _kept_old(visit.outcome, known), known is not None and self._must_be_read(visit, known, now)
            return Reading(visit, visit.outcome, visit.detail, known=known, effect=effect, must_be_whole=whole)
        seen = digest_of(visit.page)
        if known and known.deletion_reason in NEVER_AGAIN:
            return Reading(visit, VisitOutcome.OK, "removed on request", seen, known, effect="skipped")
        if known and seen == digest and _states_no_rights(visit, visit.page, known) and self.is_current(known, now):
            return Reading(visit, VisitOutcome.NOT_MODIFIED, "the same bytes as last time", seen, known)
        return self._draft(visit, visit.page, known, seen, found)

    def reread(
        self, visit: Visit, known: Record, *, cut: Collection[str], now: datetime, accept: bool = False
    ) -> Reading:
        """Read the archived page of `known` again; what was `cut` from it is not lost. Never raises for a page.

        `cut` names the parts, as the archive's reason does: `abstracts`, `full text`, `e-mail addresses`. `accept`
        takes the page at its word, whatever it has lost.
        """
        assert visit.page
        draft = self._draft(visit, visit.page, known, known.provenance.page_digest)
        return draft if isinstance(draft, Reading) else self.settle(draft, now, cut, again=True, accept=accept)

    def _must_be_read(self, visit: Visit, known: Record, now: datetime) -> bool:
        """Whether an unchanged page must be read all the same: rights over it that the record knows nothing of yet."""
        if visit.outcome is not VisitOutcome.NOT_MODIFIED or known.deleted_at is not None:
            return False
        header = visit.page.header("tdm-reservation") if visit.page else None
        reserved = (header or "").strip() == "1" or any(
            stated.replace(" ", "") == "tdm-reservation:1" for stated in visit.robots
        )
        forbidden = {*robots_directives(visit.page, SignalIndex(()))} if visit.page else set()
        policy = abstract_policy(known.rights.tdm, self.source.rights, self.default_basis, now)
        return (
            (reserved and known.rights.tdm is None)
            or not forbidden.issubset(known.rights.robots)
            or (known.rights.abstract_policy.keep and not policy.keep)
        )

    def is_current(self, known: Record, now: datetime) -> bool:
        """Whether reading the same bytes again under today's rules and rights would say the same."""
        policy = abstract_policy(known.rights.tdm, self.source.rights, self.default_basis, now)
        return (
            known.deleted_at is None
            and (known.provenance.rules, known.provenance.source_digest) == (self.rules, self.source.digest)
            and known.rights.abstract_policy == policy
            and (known.rights.unavailable_after is None or known.rights.unavailable_after > now)
        )

    def _draft(
        self, visit: Visit, page: Page, known: Record | None, digest: str, found: Extraction | None = None
    ) -> Reading | Draft:
        try:
            found = found or extract(page, self.source)
        except Exception as error:
            detail = f"extraction failed: {_place(error)}"
            return Reading(visit, VisitOutcome.WRONG_CONTENT, detail, known=known, effect=_kept(known), unreadable=True)
        if found.record is None:
            kept = _kept(known)
            # A known page keeps its old digest: what was read from those bytes is what stays.
            return Reading(visit, found.outcome, found.reason, None if kept else digest, known, effect=kept)
        read, faces = _with_alias(found.record, visit.url), other_faces(page)
        return Draft(visit, page, digest, known, read, found.robots, faces, self._named(read, faces))

    def _named(self, read: Record, faces: Mapping[str, str]) -> tuple[Record, ...]:
        rules = self.source.urls
        others = (read.model_copy(update={"url": canonical_url(url, rules), "aliases": ()}) for url in faces.values())
        return (read, *(other for other in others if in_bounds(other.url, self.source.hosts)))

    def settle(
        self, draft: Draft, now: datetime, cut: Collection[str] = (), *, again: bool = False, accept: bool = False
    ) -> Reading:
        """Finish a Draft: whose record it is, and what of the page may be kept. `find` is asked now."""
        visit, page, digest, read, faces = draft.visit, draft.page, draft.digest, draft.read, draft.faces
        if self._states_anothers(read, visit.url):
            read = self._at_its_own(read, visit.url)
        names = draft.named if read is draft.read else (read,)
        known = draft.known or next((found for each in names if (found := self.find(each))), None)
        own = read.url
        if known and not faces:
            faces = addressed_faces(visit.url, known, self.source.urls)
        read = _under_known_url(known, read, visit.url)
        if known and faces:
            read = with_other_faces(known, read, faces, own)
        if known and cut:
            read = _as_before_the_cut(known, read, cut)
        if known and (self.saved or again):
            read = _as_restricted(known, read)
        if known and known.deletion_reason in NEVER_AGAIN:
            return Reading(visit, VisitOutcome.OK, "removed on request", digest, known, read, effect="skipped")
        reading = self._keep(visit, page, digest, known, read, draft.robots, now)
        if known and known.deleted_at is None and reading.record and not accept:
            reading = self._guarded(reading, known, reading.record, draft.robots, now, again=again)
        return reading

    def _states_anothers(self, read: Record, visited: str) -> bool:
        """Whether the page says that it is at an address where another article is."""
        if read.url == canonical_url(visited, self.source.urls):
            return False
        there = self.find(read)
        return there is not None and _is_anothers(there, read)

    def _at_its_own(self, read: Record, visited: str) -> Record:
        """The record under the address it was asked for at: the one its page states is another article's."""
        url = canonical_url(visited, self.source.urls)
        identity = record_id(self.source.id, url)
        return read.at(url).model_copy(update={"id": identity, "work_id": identity, "aliases": ()})

    def _guarded(
        self, reading: Reading, known: Record, record: Record, robots: tuple[str, ...], now: datetime, *, again: bool
    ) -> Reading:
        """The reading, unless the page has lost what the stored record has.

        A loss of all titles, all abstracts or the verdict never replaces them; of other fields, Ingest decides. Rights
        that have changed hold in any case.
        """
        read, page = reading.read, reading.visit.page
        assert read and page
        loss = lost(known, read, self.rules)
        if loss == "abstracts" and not record.rights.abstract_policy.keep:
            loss = None
        fewer = () if again or self.saved or loss else losses(known, read)
        if not loss and not fewer:
            return reading
        if _rights(record) != _rights(known) and not again:
            same = known.model_copy(update={"rights": read.rights, "provenance": read.provenance})
            kept = self._keep(reading.visit, page, reading.digest or "", known, same, robots, now)
            return replace(kept, read=read)
        if loss:
            return replace(reading, detail=f"{loss} no longer found", digest=None, record=None, effect="kept_old")
        return replace(reading, held=fewer)

    def _keep(
        self,
        visit: Visit,
        page: Page,
        digest: str,
        known: Record | None,
        read: Record,
        robots: tuple[str, ...],
        now: datetime,
    ) -> Reading:
        record = decide(
            read, self.source.rights, self.default_basis, page_robots=robots, visit_robots=visit.robots, now=now
        )
        redactor, record_id = self.redactor(), known.id if known else read.id
        record = redactor.record(record, record_id) if redactor else record
        if known and self.is_current(known, now) and _says_the_same(known, record):
            return Reading(visit, VisitOutcome.OK, "", digest, known, read, effect="unchanged")
        kept = body_to_keep(
            page,
            read,
            policy=record.rights.abstract_policy,
            robots=record.rights.robots,
            fulltext=self.source.read.fulltext,
        )
        if redactor and kept.page and (names := redactor.names(read, record_id)).people:
            kept = _without_names(kept, kept.page, names, record)
        return Reading(visit, VisitOutcome.OK, "", digest, known, read, record, kept)


def _is_anothers(known: Record, read: Record) -> bool:
    """Whether the article known at an address is not this one: a template may state one address for all its pages."""
    if known.url != read.url:
        return False
    one, other = known.identity_doi, read.identity_doi
    if one and other:
        return one != other
    shared = known.titles.keys() & read.titles.keys()
    families = [{person.family or person.name for person in each.contributors} for each in (known, read)]
    return (
        bool(shared)
        and all(known.titles[tag].value != read.titles[tag].value for tag in shared)
        and families[0].isdisjoint(families[1])
        and known.publisher_id == read.publisher_id
    )


def _place(error: Exception) -> str:
    """What failed and where, without the error's own words: they may quote what may not be kept of the page."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def _without_names(kept: Kept, page: Page, names: Names, record: Record) -> Kept:
    """What the archive may hold, with the names masked; the record's own addresses stay as they are."""
    masked = masked_page(page, record.provenance.encoding, names, (record.url, *record.aliases))
    return kept if masked is page else Kept(masked, "cut", "; ".join(filter(None, (kept.reason, PART))))


def _rights(record: Record) -> tuple[object, ...]:
    return record.rights.abstract_policy, record.rights.robots, record.rights.tdm and record.rights.tdm.reserved


def _states_no_rights(visit: Visit, page: Page, known: Record) -> bool:
    """Nothing reserved or forbidden, then or now: headers and site files may change while the bytes stay the same."""
    stated = page.header("x-robots-tag") or page.header("tdm-reservation") or visit.robots
    return not (stated or known.rights.robots or known.rights.tdm)


def _kept_old(outcome: VisitOutcome, known: Record | None) -> str | None:
    """A refusal or failure at the door of a known record leaves it as it is; 304 and a gone page are no failure."""
    return None if outcome in _NO_FAILURE else _kept(known)


def _kept(known: Record | None) -> str | None:
    return "kept_old" if known and known.deleted_at is None else None


def _with_alias(record: Record, url: str) -> Record:
    if url == record.url or url in record.aliases:
        return record
    return record.model_copy(update={"aliases": (*record.aliases, url)})


def _under_known_url(known: Record | None, read: Record, visited: str) -> Record:
    """Read at another of its URLs, a record keeps the URL it is known by; only a visit there can move it."""
    if known is None or known.url in (read.url, visited):
        return read
    return read.at(known.url)


def _as_restricted(known: Record, read: Record) -> Record:
    """What the stored record knows to be reserved or forbidden stays so: a header that said it may not be there."""
    before, now = known.rights, read.rights
    kept: dict[str, object] = {"robots": tuple(sorted({*before.robots, *now.robots}))}
    if before.tdm and before.tdm.reserved and not (now.tdm and now.tdm.reserved):
        kept["tdm"] = before.tdm
    if now.unavailable_after is None:
        kept["unavailable_after"] = before.unavailable_after
    return read.model_copy(update={"rights": now.model_copy(update=kept)})


def _as_before_the_cut(known: Record, read: Record, cut: Collection[str]) -> Record:
    """What a cut page cannot show any more stays as the whole page showed it: abstracts, and what told languages."""
    titles = known.titles if _texts(known) == _texts(read) else read.titles
    fewer = all(words in _lists(known) for words in _lists(read))
    keywords = known.keywords if fewer else {**known.keywords, **read.keywords}
    bare = "abstracts" in cut  # what then looks like an abstract was something else
    abstracts = known.abstracts if bare else {**known.abstracts, **read.abstracts}
    told = dict.fromkeys(language for language in (*titles, *abstracts, *keywords) if language != "und")
    suspect = tuple(flag for flag in known.flags if flag not in read.flags)
    return read.model_copy(
        update={
            "titles": titles,
            "abstracts": abstracts,
            "other_abstracts": (not bare and read.other_abstracts) or known.other_abstracts,
            "keywords": keywords,
            "languages": known.languages if set(told) == set(known.languages) else tuple(told),
            "flags": (*read.flags, *suspect),
        }
    )


def _texts(record: Record) -> list[str]:
    return sorted(title.value for title in record.titles.values())


def _lists(record: Record) -> list[tuple[str, ...]]:
    return sorted(words.items for words in record.keywords.values())


def lost(known: Record, read: Record, rules: str) -> str | None:
    """What the stored record has and the page no longer shows at all: titles, abstracts or the verdict.

    A verdict may go when its date is past, or when other rules than today's (ours, or the seed files') reached it.
    """
    if known.titles and not read.titles:
        return "titles"
    if known.abstracts and not read.abstracts:
        return "abstracts"
    unknown = AccessStatus.UNKNOWN
    if known.access.status is unknown or read.access.status is not unknown or read.access.disputed:
        return None
    ends = known.access.embargo_until or known.access.until
    spent = ends is not None and ends <= read.provenance.fetched_at.date()
    before, now = known.provenance, read.provenance
    same_rules = before.rules == rules and before.source_digest == now.source_digest
    return None if spent or not same_rules else "the access verdict"


def _says_the_same(known: Record, record: Record) -> bool:
    names = {known.url, *known.aliases}
    return names.issuperset((record.url, *record.aliases)) and content_hash(
        known.model_copy(update={"url": record.url})
    ) == content_hash(record)
