"""The next digests as they would be made now, without making them."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from harvester.digests.letters import Letters, heading
from harvester.digests.render import Addresses
from harvester.digests.watching import Watch, pending
from harvester.digests.wording import wording
from harvester.model.alert import AlertState, Rhythm
from harvester.settings import Settings
from storage.store import Store

_ALL = 1_000_000  # Changes


class Preview(NamedTuple):
    """A digest that was not made."""

    alert_id: str
    articles: int
    subject: str
    text: str
    html: str
    is_due: bool


def previews(store: Store, settings: Settings, now: datetime, alert_id: str | None = None) -> Iterator[Preview]:
    """What waits for each active alert, or for one; links work where the settings say where this installation is."""
    letters, watch = Letters(store, settings), Watch(store)
    for alert in store.alerts.all(AlertState.ACTIVE):
        if alert_id not in (None, alert.id):
            continue
        found = letters.entries(alert, [*store.deliveries.waiting(alert.id), *pending(store, watch, alert, _ALL)])
        if not found:
            continue
        words = wording(alert.language)
        made = letters.digest(found, words)
        reader = store.alerts.reader(alert.reader_id) if alert.reader_id else None
        links = letters.links
        addresses = Addresses(links.reader(reader), links.unsubscribe(alert)) if reader else Addresses()
        given = (made, words, alert.name, heading(made, words, now), addresses)
        text, html = letters.renderer.text(*given), letters.renderer.html(*given)
        at_once = alert.timing.rhythm is Rhythm.AT_ONCE
        is_due = at_once or (alert.due_at is not None and alert.due_at <= now)
        yield Preview(alert.id, made.total, made.subject, text, html, is_due)
