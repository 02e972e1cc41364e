"""A record with all it rests on: verdict, chosen values, what its page says; and the forms that correct the verdict."""

from datetime import date
from typing import NamedTuple

from fastapi import Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from harvester.errors import HarvesterError, UsageError
from harvester.model.access import AccessConflict
from harvester.model.override import LONGEST_REASON, STATUSES, Override
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.signal import Evidence
from harvester.model.source import GENERIC
from harvester.policy import archive_ban, shown
from harvester.serving.console.archived import LARGEST, Standing, replica
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from harvester.serving.console.evidence import Stated, chosen, quotes, stated
from harvester.serving.console.page import PRIVATE_HEADERS
from storage.archive import read
from storage.archive_index import ArchiveEntry
from storage.unit import Unit

_SEEN = (Standing.MARKED, Standing.MOVED)
_FRAMED = {
    # Whoever opens its address by itself gets it in a sandbox too.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self';"
    " sandbox",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "unsafe-none",  # another one is an error in a sandbox (HTML, 7.1.3)
}


class Quoted(NamedTuple):
    """A piece of evidence with its number on the page and what became of its words there (None: no page)."""

    number: int
    evidence: Evidence
    standing: Standing | None
    conflict: AccessConflict | None = None


class Kept(NamedTuple):
    """The archived page of a record, or why none is shown: `why.NAME` in the words, and the archive's reason."""

    page: Page | None
    why: str = ""
    reason: str = ""


def show(office: Office, asked: Asked) -> Response:
    """The record, its verdict and values with their evidence, and what its page says."""
    whole = _wanted(office, asked)
    record = shown(whole, signed_in=True)
    kept, told = _kept(office, whole, asked), quotes(record)
    standings = replica(kept.page, told, "").standings if kept.page else ()
    places = {(one.where, one.offset, one.quote): n for n, one in enumerate(told)}

    def quoted(one: Evidence, conflict: AccessConflict | None = None) -> Quoted:
        number = places[one.where, one.offset, one.quote]
        return Quoted(number + 1, one, standings[number] if standings else None, conflict)

    because = [quoted(one) for one in record.access.evidence]
    against = [quoted(one.evidence, one) for one in record.access.conflicts]
    statements, trouble = _statements(office, record, kept)
    overrides = office.store.overrides.list(20, ended=True, record_id=record.id)
    answer = asked.page(
        "desk/record.html",
        record=record,
        kept=kept,
        because=because,
        against=against,
        first=next((one.number for one in (*because, *against) if one.standing in _SEEN), 1),
        values=[(one, [quoted(evidence) for evidence in one.evidence]) for one in chosen(record)],
        statements=statements,
        trouble=trouble,
        doubt=office.store.doubts.get(record.id),
        override=next((one for one in overrides if one.ended_at is None), None),
        ended=[one for one in overrides if one.ended_at],
        statuses=STATUSES,
        longest=LONGEST_REASON,
    )
    answer.headers["Content-Security-Policy"] += "; frame-src 'self'"
    return answer


def show_page(office: Office, asked: Asked) -> Response:
    """The archived page as harmless HTML, for the frame of `show`."""
    record = _wanted(office, asked)
    kept = _kept(office, record, asked)
    if kept.page is None:
        raise UsageError("there is no page to show", remedy="its record says why")
    made = replica(kept.page, quotes(record), asked.words.say("evidence.page"))
    return HTMLResponse(made.html, headers=PRIVATE_HEADERS | _FRAMED)


def override(office: Office, asked: Asked) -> Done:
    """Correct the verdict."""
    record_id, until = asked.place("record_id"), asked.said("until", 10)
    about = {"id": 0, "record_id": record_id, "by": asked.who, "at": asked.now}
    try:
        about |= {"status": asked.said("status", 32), "reason": asked.said("reason", LONGEST_REASON)}
        wanted = Override.model_validate(about | {"until": date.fromisoformat(until) if until else None})
    except (ValidationError, ValueError) as error:
        raise UsageError(
            "an override needs a status and a reason", remedy="choose one, say why, and write the day as 2027-01-31"
        ) from error

    def work(unit: Unit) -> None:
        office.store.overrides.set(unit, wanted)

    return Done(f"records/{record_id}", f"{record_id} {wanted.status}", work)


def lift(office: Office, asked: Asked) -> Done:
    """End the override."""
    record_id, reason = asked.place("record_id"), asked.said("reason")

    def work(unit: Unit) -> None:
        office.store.overrides.lift(unit, record_id, asked.who, reason, asked.now)

    return Done(f"records/{record_id}", record_id, work)


def _wanted(office: Office, asked: Asked) -> Record:
    record_id = asked.place("record_id")
    record = office.store.records.get(record_id)
    if record is None or record.deleted_at:
        raise UsageError(f"there is no record {record_id}", remedy="it may have been taken out; search for another")
    return record


def _kept(office: Office, record: Record, asked: Asked) -> Kept:
    """The page the record was read from, as the archive holds it and as it may be shown."""
    read_from, rights = record.provenance, record.rights
    is_over = rights.unavailable_after is not None and rights.unavailable_after <= asked.now
    if ban := archive_ban(rights.robots) or ("unavailable_after" if is_over else None):
        return Kept(None, "banned", ban)
    if rights.abstract_policy.show == "nobody" and rights.abstract_policy.keep:
        return Kept(None, "nobody")
    file, offset = read_from.warc_file, read_from.warc_offset
    entry = office.store.archive_index.entry_at(file, offset) if file and offset is not None else None
    return _read(office, entry) if entry else Kept(None, "none", read_from.archive_reason or "")


def _read(office: Office, entry: ArchiveEntry) -> Kept:
    try:
        page = read(office.data_dir / "archive", entry.pointer)
    except HarvesterError as error:
        return Kept(None, "lost", error.message)
    return Kept(None, "large") if len(page.body) > LARGEST else Kept(page, reason=entry.reason or "")


def _statements(office: Office, record: Record, kept: Kept) -> tuple[list[Stated], str]:
    """What the page says, or the name of what went wrong when it was read."""
    if kept.page is None:
        return [], ""
    try:
        return stated(kept.page, office.sources().get(record.source_id, GENERIC)), ""
    except Exception as error:  # a page that our rules cannot read must not take its record's page along
        return [], type(error).__name__
