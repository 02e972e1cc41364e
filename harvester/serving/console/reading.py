"""The routes for researchers: search with facets, one record. No login, no cookie, no script."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from harvester.digests.present import copies, notices
from harvester.digests.wording import wording as digest_wording
from harvester.errors import UsageError
from harvester.formats import citation, json_ld
from harvester.model.record import Record
from harvester.model.search import Found, Hit
from harvester.policy import is_listed, redistributed, shown
from harvester.serving.console.asking import Asked
from harvester.serving.console.page import page, static
from harvester.serving.console.wording import LANGUAGES, Wording, preferred, wording
from storage.store import Store

_SHOWN_VALUES = 8  # of a facet at once; the others behind "more"


class Room(NamedTuple):
    """What the pages are made from. Whoever `is_signed_in` is shown the way to the desk."""

    store: Store
    takes_sign_ups: bool
    is_signed_in: Callable[[Request], bool]


def router(
    store: Store, *, takes_sign_ups: bool = False, is_signed_in: Callable[[Request], bool] = lambda _: False
) -> APIRouter:
    """Pages in every language below its code; `/` leads to the one the browser asks for."""
    room = Room(store, takes_sign_ups, is_signed_in)
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route("/", _begin)
    routes.add_api_route("/static/{name}", _static)
    for language in LANGUAGES:
        words = wording(language)
        routes.add_api_route(f"/{language}", _bare)
        routes.add_api_route(f"/{language}/", _bound(_search, room, words))
        routes.add_api_route(f"/{language}/records/{{record_id}}", _bound(_record, room, words))
    return routes


def nowhere() -> APIRouter:
    """What people see at an address below a language that nothing answers to: it stands after every other route."""
    routes = APIRouter(include_in_schema=False)
    for language in LANGUAGES:
        routes.add_api_route(f"/{language}/{{path:path}}", partial(missing, wording(language)))
    return routes


def missing(words: Wording) -> Response:
    """The page that says that there is none."""
    return page("missing.html", words, "", 404)


def _bound(route: Callable[..., Response], room: Room, words: Wording) -> Callable[[Request], Response]:
    bound = partial(route, room, words)

    def answer(request: Request) -> Response:
        return bound(request)

    return answer


def _begin(request: Request) -> Response:
    language = preferred(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{language}/", 302, headers={"Vary": "Accept-Language", "Cache-Control": "no-cache"})


def _bare(request: Request) -> Response:
    return RedirectResponse(f"{request.url.path}/", 308)


def _static(name: str) -> Response:
    return static(name) or Response(status_code=404)


def _search(room: Room, words: Wording, request: Request) -> Response:
    store = room.store
    asked = Asked.read(request.query_params)
    wrong = ""
    try:
        found = store.search.find(asked.query())
    except UsageError as error:
        found, wrong = Found(hits=(), total=0), error.message
    records = {one.id: one for one in store.records.several([hit.record_id for hit in found.hits])}
    return page(
        "search.html",
        words,
        asked.address(),
        400 if wrong else 200,
        asked=asked,
        found=found,
        wrong=wrong,
        most=_SHOWN_VALUES,
        alert=[*asked.alert(words.language)] if room.takes_sign_ups and asked.address() and not wrong else [],
        hits=[_hit(hit, records[hit.record_id]) for hit in found.hits if hit.record_id in records],
    )


def _hit(hit: Hit, record: Record) -> tuple[Record, Hit]:
    """What is shown of a hit: no snippet of an abstract that readers may not be shown."""
    if record.rights.abstract_policy.show == "public":
        return record, hit
    allowed = tuple(one for one in hit.snippets if one.field != "abstract")
    return shown(record, signed_in=False), hit.model_copy(update={"snippets": allowed})


def _record(room: Room, words: Wording, request: Request) -> Response:
    store = room.store
    record_id = request.path_params["record_id"]
    kept = store.records.get(record_id)
    if kept is None or not is_listed(kept):
        return missing(words)
    if kept.deleted_at:
        return page("deleted.html", words, f"records/{record_id}", 410, record=kept)
    record = shown(kept, signed_in=False)
    said, spoken = store.lookups.said([kept]).get(kept.id, ()), digest_wording(words.language)
    editions = [one for one in store.works.show(record.work_id) if one.id != record.id]
    signed_in = room.is_signed_in(request)
    answer = page(
        "record.html",
        words,
        f"records/{record_id}",
        record=record,
        wanted=citation.preferred(record),
        editions=[shown(one, signed_in=False) for one in editions if not one.deleted_at and is_listed(one)],
        copies=list(copies(said, spoken)),
        notices=list(notices(said, spoken)),
        past=store.records.history(record_id),
        linked=json_ld.document(redistributed(record)),
        signed_in=signed_in,
    )
    if signed_in:
        answer.headers["Cache-Control"] = "no-store"
    answer.headers["Link"] = _signposts(record)
    return answer


def _signposts(record: Record) -> str:
    """Signposting level 1 (RFC 8288): how to cite it, and descriptions that machines read."""
    api = f"/api/v1/records/{record.id}"
    described = {"json-ld": json_ld.MEDIA_TYPE, "csl-json": "application/vnd.citationstyles.csl+json"}
    links = [f'<{citation.cite_as(record)}>; rel="cite-as"']
    links += [f'<{api}?format={name}>; rel="describedby"; type="{kind}"' for name, kind in described.items()]
    return ", ".join(link for link in links if link.isascii() and "\n" not in link)
