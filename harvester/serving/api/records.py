"""Records: by id, DOI and URL, in every representation; all of them in order of id."""

from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from harvester.model.base import Utc
from harvester.model.key import Scope
from harvester.model.record import Record
from harvester.serving.api.answers import Finished, address, finished, paged, told
from harvester.serving.api.desk import PREFIX, Desk
from harvester.serving.api.documented import answers, part
from harvester.serving.api.gate import reader_of
from harvester.serving.api.negotiation import FORMATS, chosen, media_type
from harvester.serving.api.readers import Reader, Stored
from harvester.serving.api.signposting import Linked, links
from harvester.serving.api.words import Id, OpenCopies, Parameters, Plain, Records
from harvester.serving.problems import Problem

_OTHERS = {one.media_type: {"schema": {"type": "string"}} for one in FORMATS if one.render}
_KEPT, _LARGEST_KEPT = 2048, 20_000  # answers, characters of a record
Name = Literal["json", "json-ld", "csl-json", "ris", "bibtex", "jats"]


class Listed(Parameters):
    """Which records, and how many of them at a time."""

    after: Annotated[Plain, Field(max_length=64, description="The id after which to go on.")] = ""
    limit: Annotated[int, Field(ge=1, le=500, description="How many.")] = 100
    source: Annotated[Plain | None, Field(max_length=128, description="Only records of this source.")] = None
    ids: Annotated[
        Plain | None, Field(max_length=6500, description="These records instead, by id, 100 at most: id,id,id.")
    ] = None


class Wanted(Parameters):
    """In which form, and as of when."""

    format: Annotated[Name | None, Field(description="Goes before the Accept header.")] = None
    as_of: Annotated[Utc | None, Field(description="As it stood at this moment (ISO 8601, with its zone).")] = None


class ByUrl(Parameters):
    """Where an article is."""

    url: Annotated[Plain, Field(min_length=1, max_length=4000, description="A landing page, or an alias of one.")]


def make_router(desk: Desk) -> APIRouter:
    """The routes."""
    router = part("records")

    @router.get("/records", summary="Records in order of id", responses=answers(Records))
    def list_records(request: Request, listed: Annotated[Listed, Query()]) -> Response:
        """Every record that is listed. To start a copy, note the `seq` of the first page, walk, then follow it."""
        reader = reader_of(request.scope)
        if listed.ids is not None:
            return told(request, _named(desk, reader, listed.ids))
        seq, texts = desk.store.records.texts(listed.after, listed.limit, listed.source)
        stored = [reader.stored(text) for text in texts]
        last = stored[-1].values["id"] if len(stored) == listed.limit else None
        following = listed.model_copy(update={"after": last}) if last else None
        here = address(desk.base(request), "/records", **following.model_dump()) if following else None
        return paged(request, _page(stored, seq, here), here)

    @router.get("/records/by-doi/{doi:path}", summary="Records with this DOI", responses=answers(Records, 404, 410))
    def by_doi(request: Request, doi: Annotated[str, Path(openapi_examples=_DOI)]) -> Response:
        """Editions with this DOI of their own, at every source; upper and lower case are the same."""
        return _known(desk, request, desk.store.records.find(doi=doi) if doi.isprintable() else [], f"DOI {doi}")

    @router.get("/records/by-url", summary="Records at this URL", responses=answers(Records, 404, 410))
    def by_url(request: Request, where: Annotated[ByUrl, Query()]) -> Response:
        """Records whose page is, or was, at this URL."""
        return _known(desk, request, desk.store.records.find(url=where.url), where.url)

    @router.get(
        "/records/{id}", summary="A record", responses=answers(Record, 404, 406, 410, more=_OTHERS), name="record"
    )
    async def get_record(request: Request, id: Id, wanted: Annotated[Wanted, Query()]) -> Response:
        """In the form that Accept or `format` asks for, with links by FAIR Signposting, level 1."""
        return await desk.look(partial(_get, desk, request, id, wanted))

    @router.get("/records/{id}/open-copies", summary="Open copies elsewhere", responses=answers(OpenCopies, 404, 410))
    def open_copies(request: Request, id: Id) -> Response:
        """What registries say of a closed article, each with the day it was asked. It is no part of the record, and
        no Change tells of it: the record's `access` is what the publisher's page says."""
        record = found(desk, reader_of(request.scope), id).record
        return told(request, OpenCopies(items=desk.store.lookups.said([record]).get(record.id, ())))

    return router


_DOI = {"one": {"value": "10.1000/182"}}


def _get(desk: Desk, request: Request, record_id: str, wanted: Wanted) -> Response:
    reader, accept, base = reader_of(request.scope), request.headers.get("accept", ""), desk.base(request)
    text = _text(desk, record_id)
    if text and len(text) <= _LARGEST_KEPT and wanted.as_of is None:
        kept = _kept(text, reader.scopes, accept, wanted.format, base)
        if kept is not None:
            return kept.to(request)
    stored = _found(desk, reader, record_id, text)
    if wanted.as_of is not None:
        stored = _as_of(desk, reader, stored, wanted.as_of)
    return _represented(stored, reader.scopes, accept, wanted.format, base).to(request)


@lru_cache(_KEPT)
def _kept(text: str, scopes: frozenset[Scope], accept: str, name: Name | None, base: str) -> Finished | None:
    """What this text answers, which is asked for again and again; None where this reader may not see it."""
    stored = Reader(scopes).stored(text)
    return _represented(stored, scopes, accept, name, base) if stored.is_seen else None


def _represented(stored: Stored, scopes: frozenset[Scope], accept: str, name: Name | None, base: str) -> Finished:
    form = chosen(accept, name)
    body = form.render(stored.record) if form.render else stored.body()
    headers = {"Link": links(Linked.of(stored.values), base)}
    return finished(body, media_type(form, accept if name is None else ""), scopes, headers)


def found(desk: Desk, reader: Reader, record_id: str) -> Stored:
    """The record; raises Problem where it is not there, or not for this reader, or not any more."""
    return _found(desk, reader, record_id, _text(desk, record_id))


def _text(desk: Desk, record_id: str) -> str | None:
    return desk.store.records.text(record_id) if is_id(record_id) else None


def _found(desk: Desk, reader: Reader, record_id: str, text: str | None) -> Stored:
    stored = reader.stored(text) if text else None
    if stored is None:
        raise Problem("not-found", f"There is no record {record_id[:64]}.")
    if stored.is_deleted:
        raise _gone(desk, stored.values["id"], stored.values["deletion_reason"], stored.values["deleted_at"])
    if not stored.is_seen:
        raise Problem("not-found", f"There is no record {record_id[:64]}.")
    return stored


def is_id(text: str) -> bool:
    """Whether it can be an id: anything else is never asked for."""
    return len(text) <= 64 and text.isascii() and text.replace("-", "").replace("_", "").replace(".", "").isalnum()


def _gone(desk: Desk, record_id: str, reason: str, at: str) -> Problem:
    successor = desk.store.records.successor(record_id)
    went = f", and went into {successor}" if successor else ""
    return Problem(
        "gone",
        f"Record {record_id} was deleted at {at} ({reason}){went}.",
        record_id=record_id,
        reason=reason,
        deleted_at=at,
        successor=successor,
        headers={"Link": f'<{PREFIX}/records/{successor}>; rel="successor-version"'} if successor else None,
    )


def _as_of(desk: Desk, reader: Reader, now: Stored, moment: datetime) -> Stored:
    past = desk.store.records.as_of(now.values["id"], moment)
    if past is None or past.deleted_at is not None or not reader.may_see(past):
        raise Problem("not-found", f"Nothing is kept of record {now.values['id']} as of that moment.")
    return reader.stored(reader.of_then(past, Record.model_validate_json(now.text)).model_dump_json())


def _named(desk: Desk, reader: Reader, ids: str) -> Records:
    wanted = [one for one in ids.split(",") if is_id(one)]
    if len(wanted) > 100:
        raise Problem("bad-query", "At most 100 ids are looked up at a time.")
    seq = desk.store.changes.head()
    return Records(
        items=tuple(reader.of(one) for one in desk.store.records.several(wanted) if _is_there(reader, one)), seq=seq
    )


def _is_there(reader: Reader, record: Record) -> bool:
    return record.deleted_at is None and reader.may_see(record)


def _page(stored: list[Stored], seq: int, following: str | None) -> Records:
    return Records(items=tuple(one.record for one in stored if one.is_seen), next=following, seq=seq)


def _known(desk: Desk, request: Request, records: list[Record], what: str) -> Response:
    reader = reader_of(request.scope)
    there = tuple(reader.of(one) for one in records if _is_there(reader, one))
    if there:
        return told(request, Records(items=there, seq=desk.store.changes.head()))
    gone = next((one for one in records if one.deleted_at is not None), None)
    if gone is not None and gone.deleted_at is not None:
        raise _gone(desk, gone.id, str(gone.deletion_reason), f"{gone.deleted_at:%Y-%m-%dT%H:%M:%SZ}")
    raise Problem("not-found", f"There is no record at {what[:200]}.")
