"""The change log and the saved queries: which alert tells what. All alerts follow the log together, to its end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from harvester.digests.compose import access_news, integrity_news
from harvester.model.alert import Alert, AlertState, Item, News
from harvester.model.search import Query
from storage.news import Portion, Story, Turn
from storage.search.entry import entry
from storage.search.expressions import Expression
from storage.search.matching import matches
from storage.store import Store
from storage.unit import Unit

LATE = timedelta(days=90)  # an article that comes to match so much later than it was found is still told as new
_AGAIN = 5000  # Changes after which names in other languages are looked up again
_Key = tuple[Query, tuple[str, ...], int]


class Watch:
    """Follows the change log for all alerts of a store. Keeps what was worked out of their queries."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[_Key, Expression | None]] = {}

    def look(self, most: int = 2000) -> int:
        """Bring every active alert to the end of the change log; returns how many items were noted.

        A portion, its items and the place the alerts have come to are one transaction.
        """
        noted = 0
        for place in self._store.alerts.places():
            after = place
            while (portion := self._store.news.portion(after, most)).until > after:
                noted += self._take(portion)
                after = portion.until
                if after not in self._store.alerts.places():  # those that were here have been taken along
                    break
        return noted

    def _take(self, portion: Portion) -> int:
        alerts = [one for one in self._store.alerts.all(AlertState.ACTIVE) if one.seq == portion.after]
        found = self.found(portion.stories, alerts) if portion.stories and alerts else []
        return self._store.transact(lambda unit: self._note(unit, portion, found))

    def _note(self, unit: Unit, portion: Portion, found: Sequence["Noted"]) -> int:
        """A work that was told before is not new again, but what has turned is told."""
        asked = sorted({edition for one in found if one.new for edition in one.editions})
        known = self._store.deliveries.known(unit, asked) if asked else set()
        fresh: list[tuple[str, Item]] = []
        for one in found:
            is_known = any((one.alert_id, edition) in known for edition in one.editions)
            if one.new and not is_known:
                known.add((one.alert_id, one.new.record_id))
                fresh.append((one.alert_id, one.new))
            else:
                fresh += [(one.alert_id, item) for item in one.turned]
        self._store.deliveries.tell(unit, fresh)
        self._store.alerts.advance(unit, portion.after, portion.until)
        return len(fresh)

    def found(self, stories: Sequence[Story], alerts: Sequence[Alert]) -> list["Noted"]:
        """What these alerts have to do with these stories."""
        by_id = {alert.id: alert for alert in alerts}
        hits = matches([entry(story.record) for story in stories], self.expressions(alerts))
        each = (noted(stories[place], by_id[alert_id]) for alert_id, where in hits.items() for place in where)
        return [one for one in each if one.new or one.turned]

    def expressions(self, alerts: Sequence[Alert]) -> dict[str, Expression]:
        """What each alert looks for, by its id; one whose query cannot be asked looks for nothing."""
        self._store.search.catch_up()
        languages, seq = self._store.search.languages(), self._store.changes.head() // _AGAIN
        keys = {alert.id: (alert.wants.search(), languages, seq) for alert in alerts}
        stale = {name: key[0] for name, key in keys.items() if self._known.get(name, (None,))[0] != key}
        fresh = self._store.search.expressions(stale)
        self._known |= {name: (keys[name], fresh.get(name)) for name in stale}
        known = {name: self._known[name][1] for name in keys}
        return {name: expression for name, expression in known.items() if expression is not None}


class Noted(NamedTuple):
    """What an alert has to do with a story: tell it as new, unless it was told before, or else what has turned."""

    alert_id: str
    new: Item | None
    turned: tuple[Item, ...]
    editions: tuple[str, ...]


def noted(story: Story, alert: Alert) -> Noted:
    """What an alert whose query a record matches can tell of it. Pure."""
    wants = alert.wants
    suits = not wants.access or story.record.access.status in wants.access
    is_new = News.NEW in wants.news and suits and (story.is_new or _comes_late(story, alert))
    turned = []
    for judged, turn, is_asked in (
        (access_news, story.access, True),
        (integrity_news, story.integrity, suits),
    ):
        news = judged(turn.was, turn.became) if turn and is_asked else None
        if news in wants.news and news:
            turned.append(_item(story, news, turn))
    return Noted(alert.id, _item(story, News.NEW, None) if is_new else None, tuple(turned), story.editions)


def _comes_late(story: Story, alert: Alert) -> bool:
    """A record found since the alert began may match only now: its abstract came later, or it was restored."""
    created = story.record.created_at
    if created is None or alert.started_at is None or created < alert.started_at:
        return False
    return story.at - created < LATE


def _item(story: Story, news: News, turn: Turn | None) -> Item:
    seq, at = (turn.seq, turn.at) if turn else (story.seq, story.at)
    was, became = (turn.was, turn.became) if turn else ("", "")
    record = story.record
    return Item(record_id=record.id, work_id=record.work_id, news=news, seq=seq, at=at, was=was, became=became)


def pending(store: Store, watch: Watch, alert: Alert, most: int = 2000) -> list[Item]:
    """What an alert would note of the next Changes, without noting it; for feeds between two rounds."""
    portion = store.news.portion(alert.seq, most)
    if not portion.stories or alert.state is not AlertState.ACTIVE:
        return []
    stories = {story.record.id for story in portion.stories if story.is_new}
    found = watch.found(portion.stories, [alert])
    return [item for one in found for item in ([one.new] if one.new and one.new.record_id in stories else one.turned)]
