"""Works: the editions of one article."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from harvester.model.record import Record
from harvester.serving.api.answers import Page, address, paged, told
from harvester.serving.api.desk import Desk
from harvester.serving.api.documented import answers, part
from harvester.serving.api.gate import reader_of
from harvester.serving.api.readers import Reader
from harvester.serving.api.records import is_id
from harvester.serving.api.words import Citation, Id, MergedFrom, Parameters, Plain, ToldWork, brief
from harvester.serving.problems import Problem


class Listed(Parameters):
    """Which works, and how many of them at a time."""

    after: Annotated[Plain, Field(max_length=64, description="The id after which to go on.")] = ""
    limit: Annotated[int, Field(ge=1, le=100, description="How many.")] = 20


def make_router(desk: Desk) -> APIRouter:
    """The routes."""
    router = part("works")

    @router.get("/works", summary="Works of several records", responses=answers(Page[ToldWork]))
    def list_works(request: Request, listed: Annotated[Listed, Query()]) -> Response:
        """In order of id. A record that is not in one of these is a work by itself."""
        reader, base = reader_of(request.scope), desk.base(request)
        names = desk.store.works.names(listed.after, listed.limit)
        works = [_told(desk, reader, name, base) for name in names]
        items = tuple(work for work in works if work and len(work.records) > 1)
        following = address(base, "/works", after=names[-1], limit=listed.limit) if len(names) == listed.limit else None
        return paged(request, Page[ToldWork](items=items, next=following), following)

    moved: dict[int | str, dict[str, Any]] = {307: {"description": "The work went into another one: there (Location)."}}

    @router.get("/works/{id}", summary="A work", responses={**answers(ToldWork, 404, 410), **moved})
    def get_work(request: Request, id: Id) -> Response:
        """Its records, what joined them, and which edition they ask to cite. A record's id leads to its work."""
        reader, base = reader_of(request.scope), desk.base(request)
        editions = desk.store.works.show(id) if is_id(id) else []
        work = _of(desk, reader, editions, base)
        if work is None and editions and any(one.deleted_at for one in editions):
            raise Problem("gone", f"All records of work {id} were deleted.", work_id=editions[0].work_id)
        if work is None:
            raise Problem("not-found", f"There is no work {id[:64]}.")
        if work.id != id:
            body = work.model_dump_json().encode()
            return Response(body, 307, media_type="application/json", headers={"Location": work.url})
        return told(request, work)

    return router


def _told(desk: Desk, reader: Reader, name: str, base: str) -> ToldWork | None:
    return _of(desk, reader, desk.store.works.show(name), base)


def _of(desk: Desk, reader: Reader, editions: list[Record], base: str) -> ToldWork | None:
    there = [one for one in editions if one.deleted_at is None and reader.may_see(one)]
    if not there:
        return None
    work_id, ids = there[0].work_id, {one.id for one in there}
    merges = [
        MergedFrom(**{name: getattr(one, name) for name in MergedFrom.model_fields})
        for one in desk.store.works.merges(work_id)
        if {one.record_id, one.other_id} <= ids
    ]
    citations = [Citation(**one._asdict()) for one in desk.store.works.citations(work_id) if one.record_id in ids]
    return ToldWork(
        id=work_id,
        records=tuple(map(brief, there)),
        merges=tuple(merges),
        citations=tuple(citations),
        url=f"{base}/works/{work_id}",
    )
