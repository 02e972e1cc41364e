"""A repository's OAI-PMH 2.0 endpoint as a place where articles are found: requests, and answers as bytes. Pure."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from harvester.crawl.discovery import Found, believable
from harvester.crawl.xml_stream import elements, local, moment

_NO_ERROR = {"noRecordsMatch"}
_PLACES = {f"{above}/{name}" for above in ("ListRecords", "OAI-PMH") for name in ("record", "resumptionToken", "error")}
_PLACES.add("OAI-PMH")
_ADDRESSES = {"identifier", "relation", "source", "url", "uri", "link"}


class ListPage(NamedTuple):
    """One answer to ListRecords: web addresses that records name; `token` for the next. Deleted ones name none."""

    found: tuple[Found, ...] = ()
    token: str | None = None
    problems: tuple[str, ...] = ()


def list_request(base_url: str, *, prefix: str, of_set: str | None) -> str:
    """URL of the first ListRecords request for all there is."""
    asked = {"verb": "ListRecords", "metadataPrefix": prefix}
    return _with(base_url, asked | ({"set": of_set} if of_set else {}))


def changed_since(request: str, day: date) -> str:
    """The same request for what changed on that day (UTC) or later."""
    return _with(request, {"from": day.isoformat()})


def next_request(base_url: str, token: str) -> str:
    """URL of the request that goes on with a resumption token, which is the only argument then (3.5)."""
    return _with(base_url, {"verb": "ListRecords", "resumptionToken": token})


def _with(base_url: str, asked: dict[str, str]) -> str:
    return f"{base_url}{'&' if '?' in base_url else '?'}{urlencode(asked)}"


def read_list(body: bytes, now: datetime, *, whole: bool = True) -> ListPage:
    """What one answer, given at `now`, names. A record's datestamp is its last change.

    `whole`: the list was asked for all there is, not for changes.
    """
    problems: list[str] = []
    told: list[str] = []
    found: dict[Found, None] = {}
    token, is_answer = None, False
    for name, element in elements(body, _PLACES, problems):
        if name == "record":
            found |= dict.fromkeys(_named(element, now))
        elif name == "resumptionToken":
            token = (element.text or "").strip() or None
        elif name == "error":
            told += [said] if (said := _told(element)) else []
        is_answer = is_answer or _is_answer(element)
    if not is_answer:
        told.append("no OAI-PMH answer")
    return ListPage(tuple(believable([*found], now, whole=whole)), token, (*problems, *told))


def _named(record: Any, now: datetime) -> Iterator[Found]:
    header = next((child for child in record if local(child) == "header"), None)
    if header is not None and header.get("status") == "deleted":
        return
    stamp = moment(_text(header, "datestamp"), now)
    yield from ((url, stamp) for url in _addresses(record))


def _is_answer(element: Any) -> bool:
    above = [local(one) for one in (element, *element.iterancestors())]
    return above[-1] == "OAI-PMH"


def _addresses(record: Any) -> Iterator[str]:
    for element in record.iter():
        if local(element) in _ADDRESSES:
            text = (element.text or "").strip()
            if text.startswith(("http://", "https://")):
                yield text


def _text(element: Any, name: str) -> str | None:
    found = None if element is None else next(element.iter(f"{{*}}{name}"), None)
    return ((found.text or "").strip() or None) if found is not None else None


def _told(error: Any) -> str | None:
    code = error.get("code") or "error"
    return None if code in _NO_ERROR else f"{code}: {(error.text or '').strip()[:200]}"
