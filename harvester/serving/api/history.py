"""What was: revisions, what differs between them, and every verdict with its evidence."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from harvester.model.differences import between
from harvester.model.record import Record
from harvester.serving.api.answers import answer, told
from harvester.serving.api.changes import change_told
from harvester.serving.api.desk import Desk
from harvester.serving.api.documented import answers, part
from harvester.serving.api.gate import reader_of
from harvester.serving.api.readers import Reader
from harvester.serving.api.records import found, is_id
from harvester.serving.api.words import (
    Difference,
    Differences,
    Id,
    Parameters,
    Revisions,
    ToldRevision,
    ToldVerdict,
    Verdicts,
)
from harvester.serving.problems import Problem
from storage.changes import Told
from storage.history import History

_MOST = 2**31 - 1


class Two(Parameters):
    """Two revisions by number; without, the last two."""

    old: Annotated[int | None, Field(ge=1, le=_MOST, description="The earlier revision.")] = None
    new: Annotated[int | None, Field(ge=1, le=_MOST, description="The later revision.")] = None


def make_router(desk: Desk) -> APIRouter:
    """The routes."""
    router = part("history")

    @router.get("/records/{id}/revisions", summary="Its revisions", responses=answers(Revisions, 404, 410))
    def list_revisions(request: Request, id: Id) -> Response:
        """When each stood, oldest first, and the record's Changes."""
        past = _Past(desk, reader_of(request.scope), id)
        base = f"{desk.base(request)}/records/{id}/revisions"
        items = [
            ToldRevision(
                revision=one.record.revision,
                since=one.since,
                until=one.until,
                run_id=one.run_id,
                url=f"{base}/{one.record.revision}",
            )
            for one in past.seen
        ]
        return told(request, Revisions(items=tuple(items), changes=past.changes()))

    @router.get("/records/{id}/revisions/{revision}", summary="A revision", responses=answers(Record, 404, 410))
    def get_revision(request: Request, id: Id, revision: Annotated[int, Path(ge=1, le=_MOST)]) -> Response:
        """The record as it stood then, with what may be seen of it now."""
        past = _Past(desk, reader_of(request.scope), id)
        return answer(request, past.revision(revision).model_dump_json().encode())

    @router.get("/records/{id}/diff", summary="What differs", responses=answers(Differences, 404, 410))
    def diff(request: Request, id: Id, two: Annotated[Two, Query()]) -> Response:
        """By field and language, between two revisions."""
        past = _Past(desk, reader_of(request.scope), id)
        numbers = [one.record.revision for one in past.seen]
        new = two.new or (numbers[-1] if numbers else 0)
        old = two.old or max((number for number in numbers if number < new), default=new)
        parts = between(past.revision(old), past.revision(new))
        items = [Difference(field=one.name, language=one.language, old=one.old, new=one.new) for one in parts]
        return told(request, Differences(old=old, new=new, items=tuple(items)))

    @router.get("/records/{id}/verdicts", summary="Its verdicts", responses=answers(Verdicts, 404, 410))
    def list_verdicts(request: Request, id: Id) -> Response:
        """Every verdict on its access, oldest first, each with the words it rests on."""
        return told(request, Verdicts(items=_Past(desk, reader_of(request.scope), id).verdicts()))

    return router


class _Past:
    """The past of one record as a reader may see it. Of a deleted record only an operator sees any."""

    def __init__(self, desk: Desk, reader: Reader, record_id: str) -> None:
        self._reader = reader
        self._id = record_id
        if not reader.operates or not is_id(record_id):
            found(desk, reader, record_id)
        self._history: History = desk.store.records.history(record_id)
        if not self._history.revisions:
            raise Problem("not-found", f"There is no record {record_id[:64]}.")
        self._now = self._history.revisions[-1].record
        self.seen = [one for one in self._history.revisions if reader.may_see(one.record)]

    def revision(self, number: int) -> Record:
        for one in self.seen:
            if one.record.revision == number:
                return self._reader.of_then(one.record, self._now)
        raise Problem("not-found", f"Record {self._id} has no revision {number} that is kept.")

    def verdicts(self) -> tuple[ToldVerdict, ...]:
        dated = self._history.verdicts
        records = [one.record for one in self._history.revisions]
        clean = self._reader.of_verdicts([one.verdict for one in dated], records)
        pairs = zip(dated, clean, strict=True)
        return tuple(ToldVerdict(at=one.at, run_id=one.run_id, verdict=verdict) for one, verdict in pairs)

    def changes(self) -> tuple:  # type: ignore[type-arg]
        now = self._now
        told = (Told(one, now.work_id, now.deletion_reason, self._reader.may_see(now)) for one in self._history.changes)
        return tuple(change_told(one, self._reader) for one in told)
