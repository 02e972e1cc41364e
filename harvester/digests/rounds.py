"""One round: what changed is noted, digests that are due are made, the outbox is emptied, old things are forgotten."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from harvester.digests.compose import Entry
from harvester.digests.deliver import Post, Tally
from harvester.digests.timing import next_due
from harvester.digests.watching import Watch
from harvester.model.alert import Alert, AlertState, Channel, Delivery, DeliveryState, Item, Rhythm
from harvester.settings import Settings
from harvester.smtp import TIMEOUT_S
from storage.runs import Owner
from storage.store import Store

_FORGETS = timedelta(hours=6)


class Rounds:
    """Digests of one store, a round at a time; several processes may do rounds of the same store."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        owner: Owner,
        is_alive: Callable[[Owner], bool],
        now: Callable[[], datetime],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._store = store
        self._settings = settings
        self._now = now
        self._forgot_at: datetime | None = None
        self.watch = Watch(store)
        self.post = Post(store, settings, owner, is_alive, now, timeout_s)

    def look(self, stop: Callable[[], bool] = lambda: False) -> Tally:
        """A whole round. Raises UsageError where mail is to be sent and the settings say too little, StorageError."""
        self.watch.look()
        self.make()
        self.forget()
        return self.post.deliver(stop) if self._waits() else Tally()

    def make(self, *, only: str | None = None, now_too: bool = False, is_asked: bool = False) -> list[Delivery]:
        """Make the digests that are due; `now_too`: also those that are not yet. `only`: of this alert.

        `is_asked`: by a person, who does not wait for the minutes between two mails of an alert that tells at once.

        Ledger, outbox and the next date of an alert are written together, so that each item is in exactly one digest.
        """
        made = [self._made(alert) for alert in self.due(only, now_too=now_too, is_asked=is_asked)]
        return [one for one in made if one]

    def due(self, only: str | None = None, *, now_too: bool = False, is_asked: bool = False) -> list[Alert]:
        """Active alerts for which something waits, and whose time has come."""
        with_news = self._store.deliveries.alerts_with_news()
        now = self._now()
        found = []
        candidates = self._store.alerts.all(AlertState.ACTIVE) if now_too or is_asked else self._store.alerts.due(now)
        for alert in candidates:
            at_once = is_asked and alert.timing.rhythm is Rhythm.AT_ONCE
            is_due = now_too or at_once or (alert.due_at is not None and alert.due_at <= now)
            if only not in (None, alert.id) or not is_due:
                continue
            if alert.id in with_news:
                found.append(alert)
            elif alert.timing.rhythm is not Rhythm.AT_ONCE:
                self._pass_by(alert)
        return found

    def _pass_by(self, alert: Alert) -> None:
        """Nothing to tell: no empty digest is sent, and the next one is due another time."""
        due = next_due(alert.timing, self._now())
        if alert.due_at != due:
            self._store.transact(lambda unit: self._store.deliveries.collect(unit, alert, None, due))

    def _made(self, alert: Alert) -> Delivery | None:
        items = [item for item in self._store.deliveries.waiting(alert.id) if item.seq <= alert.seq]
        found = self.post.letters.entries(alert, items)
        now = self._now()
        digest = delivery_of(alert, items, found, now) if found else None
        due = next_due(alert.timing, now)
        done = self._store.transact(lambda unit: self._store.deliveries.collect(unit, alert, digest, due))
        return digest if done else None

    def forget(self) -> None:
        """Forget sign-ups nobody confirmed, and the ledger of long ago."""
        now = self._now()
        if self._forgot_at is None or now - self._forgot_at > _FORGETS:
            ledger = timedelta(days=self._settings.ledger_days)
            self._store.transact(lambda unit: self._store.alerts.forget(unit, now, ledger))
            self._forgot_at = now

    def _waits(self) -> bool:
        return self._store.deliveries.counts()[DeliveryState.WAITING] > 0


def delivery_of(alert: Alert, items: Iterable[Item], found: Iterable[Entry], now: datetime) -> Delivery:
    """The digest of these items, ready for the outbox; of a feed it is done with this."""
    first = min(item.seq for item in items)
    is_mail = alert.channel is Channel.MAIL
    return Delivery(
        id=delivery_id(alert, first, alert.seq),
        alert_id=alert.id,
        reader_id=alert.reader_id,
        after_seq=first - 1,
        until_seq=alert.seq,
        items=len(list(found)),
        state=DeliveryState.WAITING if is_mail else DeliveryState.SENT,
        made_at=now,
        sent_at=None if is_mail else now,
    )


def delivery_id(alert: Alert, first: int, until: int) -> str:
    """The same for the same alert, window and recipient, and not to be guessed from them."""
    text = f"{alert.id}\n{alert.reader_id}\n{first}\n{until}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
