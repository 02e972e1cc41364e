"""Feeds of alerts and sources: what stands in them, and answers that say 304 where nothing is new."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request, Response

from harvester.digests.compose import Entry
from harvester.digests.feeds import ATOM, JSON, Feed, FeedItem, atom, json_feed, updated, urn
from harvester.digests.letters import Letters
from harvester.digests.present import Piece, piece
from harvester.digests.watching import Watch, pending
from harvester.digests.wording import Wording, wording
from harvester.model.alert import Alert, Item, News
from harvester.model.open_copy import Statement
from harvester.model.record import Record
from harvester.model.search import Query, Sort
from harvester.policy.doors import is_listed, redistributed
from storage.store import Store

MOST_ITEMS = 50
_FORMS: dict[str, tuple[str, Callable[[Feed, Wording], bytes]]] = {"atom": (ATOM, atom), "json": (JSON, json_feed)}


def of_alert(store: Store, letters: Letters, watch: Watch, alert: Alert, url: str) -> Feed:
    """The latest news of an alert, noted or not; nothing in it that may not be passed on."""
    noted = store.deliveries.latest(alert.id, MOST_ITEMS)
    items = {_key(item): item for item in [*noted, *pending(store, watch, alert)]}
    latest = sorted(items.values(), key=lambda item: (-item.seq, item.record_id))[:MOST_ITEMS]
    words = wording(alert.language)
    new = [item for item in latest if item.news is News.NEW]
    turned = [item for item in latest if item.news is not News.NEW]
    found = [*letters.entries(alert, new), *letters.entries(alert, turned)]
    found.sort(key=lambda entry: (-entry.item.seq, entry.record.id))
    shown = [_news(entry, words) for entry in found if is_listed(entry.record)]
    return Feed(urn("alert", alert.id), alert.name or words("feed_alert"), url, letters.links.base_url, shown)


def of_source(store: Store, source_id: str, words: Wording, url: str, home: str) -> Feed | None:
    """The newest articles of a source by day of publication; None where it has none."""
    query = Query(sources=(source_id,), listed=True, sort=Sort.NEWEST, limit=MOST_ITEMS)
    ids = [hit.record_id for hit in store.search.find(query).hits]
    records = [one for one in store.records.several(ids) if one.deleted_at is None and is_listed(one)]
    records = [one for one in records if one.source_id == source_id]
    if not records:
        return None
    said = store.lookups.said(records)
    items = [
        FeedItem(urn("record", one.id), _passed_on(one, words, said.get(one.id, ())), _updated(one)) for one in records
    ]
    return Feed(urn("source", source_id), words("feed_of", source_id), url, home, items)


def answer(request: Request, store: Store, feed: Feed, form: str, words: Wording, *, is_private: bool) -> Response:
    """The feed in one form, or 304 (RFC 9110, section 13) where the reader has it."""
    kind, write = _FORMS[form]
    body = write(feed, words)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    moved = max(_last_change(store), updated(feed)).replace(microsecond=0)
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(moved, usegmt=True),
        "Cache-Control": "private, no-cache" if is_private else "public, max-age=300",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    headers |= {"X-Robots-Tag": "noindex, nofollow"} if is_private else {}
    if _has_it(request, tag, moved):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers | {"Content-Type": f"{kind}; charset=utf-8"})


def _has_it(request: Request, tag: str, moved: datetime) -> bool:
    if (known := request.headers.get("if-none-match")) is not None:
        tags = [one.strip().removeprefix("W/") for one in known.split(",")]
        return "*" in tags or tag in tags
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (TypeError, ValueError):
        return False
    return moved <= (since if since.tzinfo else since.replace(tzinfo=UTC))


def _last_change(store: Store) -> datetime:
    """When the change log last grew: nothing in a feed changes without, and what left it changes its tag too."""
    head = store.changes.head()
    latest = store.changes.since(head - 1, 1) if head else []
    return latest[0].at if latest else datetime(2000, 1, 1, tzinfo=UTC)


def _news(entry: Entry, words: Wording) -> FeedItem:
    item, record = entry.item, entry.record
    told = item.news is not News.NEW
    name = ("record", item.record_id, *((item.news.value, str(item.seq)) if told else ()))
    heading = words(f"sections.{item.news}") if told else ""
    told_of = _passed_on(record, words, entry.said, entry.editions)
    return FeedItem(urn(*name), told_of, max(item.at, _updated(record)), heading)


def _passed_on(record: Record, words: Wording, said: Sequence[Statement], editions: tuple[Record, ...] = ()) -> Piece:
    passed = redistributed(record)
    others = [redistributed(one) for one in editions if is_listed(one)]
    return piece(passed, words, editions=others, withheld=bool(record.abstracts) and not passed.abstracts, said=said)


def _updated(record: Record) -> datetime:
    """A revision is made only where the meaning of a record changes."""
    return record.updated_at or record.provenance.fetched_at


def _key(item: Item) -> tuple[str, News, int]:
    return item.record_id, item.news, item.seq
