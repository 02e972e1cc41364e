"""Search, in the query language of `harvester records` (README). What may not be shown is not found either."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Query as Ask
from pydantic import Field

from harvester.model.access import AccessStatus
from harvester.model.record import Record
from harvester.model.search import Hit, Query, Sort
from harvester.serving.api.answers import address, paged
from harvester.serving.api.desk import Desk
from harvester.serving.api.documented import answers, part
from harvester.serving.api.gate import reader_of
from harvester.serving.api.readers import Reader
from harvester.serving.api.words import FoundPage, FoundRecord, Parameters, Plain, brief

_Short = Annotated[Plain, Field(max_length=200)]


class Asked(Parameters):
    """What is looked for."""

    q: Annotated[
        str, Field(max_length=4000, description='Words, "phrases", begin*, -without, title:word, OR, brackets.')
    ] = ""
    access: Annotated[tuple[AccessStatus, ...], Field(max_length=7, description="Only with one of these.")] = ()
    lang: Annotated[tuple[_Short, ...], Field(max_length=20, description="Only with a text in one of these.")] = ()
    source: Annotated[tuple[_Short, ...], Field(max_length=50, description="Only of these sources.")] = ()
    journal: Annotated[_Short, Field(description="Words of the journal's title.")] = ""
    author: Annotated[_Short, Field(description="A name.")] = ""
    published_from: Annotated[date | None, Field(description="First day of publication.")] = None
    published_until: Annotated[date | None, Field(description="Last day of publication.")] = None
    sort: Annotated[Sort, Field(description="The order of hits.")] = Sort.RELEVANCE
    limit: Annotated[int, Field(ge=1, le=100, description="How many.")] = 20
    cursor: Annotated[Plain | None, Field(max_length=200, description="As `next` has it; of the same query only.")] = (
        None
    )
    thesaurus: Annotated[bool, Field(description="Also by the names of keywords in other languages.")] = True
    facets: Annotated[bool, Field(description="How hits are spread.")] = False
    snippets: Annotated[bool, Field(description="The places that match.")] = True


def make_router(desk: Desk) -> APIRouter:
    """The route."""
    router = part("search")

    @router.get("/search", summary="Records that match", responses=answers(FoundPage))
    def search(request: Request, asked: Annotated[Asked, Ask()]) -> Response:
        """Best first, or newest first. Of several values of one filter one must hold, and every filter."""
        reader = reader_of(request.scope)
        found = desk.store.search.find(_query(asked, reader))
        records = {one.id: one for one in desk.store.records.several([hit.record_id for hit in found.hits])}
        items = tuple(_hit(hit, records[hit.record_id], reader) for hit in found.hits if hit.record_id in records)
        said = asked.model_dump(exclude={"cursor"}, exclude_defaults=True, mode="json")
        following = address(desk.base(request), "/search", **said, cursor=found.cursor) if found.cursor else None
        page = FoundPage(
            items=items,
            next=following,
            total=found.total,
            at_least=found.at_least,
            ranked=found.ranked,
            facets=found.facets,
            faceted=found.faceted,
            expanded=found.expanded,
        )
        return paged(request, page, following)

    return router


def _query(asked: Asked, reader: Reader) -> Query:
    return Query(
        text=asked.q,
        access=asked.access,
        languages=asked.lang,
        sources=asked.source,
        journal=asked.journal,
        author=asked.author,
        published_from=asked.published_from,
        published_until=asked.published_until,
        listed=not reader.operates,
        door=reader.door,
        sort=asked.sort,
        limit=asked.limit,
        cursor=asked.cursor,
        thesaurus=asked.thesaurus,
        facets=asked.facets,
        snippets=asked.snippets,
    )


def _hit(hit: Hit, record: Record, reader: Reader) -> FoundRecord:
    return FoundRecord(record=brief(reader.of(record)), score=hit.score, snippets=hit.snippets)
