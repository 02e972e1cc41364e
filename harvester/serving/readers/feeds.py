"""Feeds of alerts and sources: what stands in them."""

from collections.abc import Sequence
from datetime import datetime

from harvester.digests.compose import Entry
from harvester.digests.feeds import Feed, FeedItem, urn
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
    found = store.search.find(query)
    ids = [hit.record_id for hit in found.hits]
    records = [one for one in store.records.several(ids) if one.deleted_at is None and is_listed(one)]
    records = [one for one in records if one.source_id == source_id]
    if not records:
        return None
    said = store.lookups.said(records)
    items = [
        FeedItem(urn("record", one.id), _passed_on(one, words, said.get(one.id, ())), _updated(one)) for one in records
    ]
    return Feed(urn("source", source_id), words("feed_of", source_id), url, home, items, not found.behind)


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
