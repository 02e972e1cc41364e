"""What readers do themselves, by signed links: sign up, confirm, change, pause, end, take along, erase.

Whoever asks learns nothing about an address: what is answered is the same whether it is known, suppressed or new.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from harvester.digests.timing import next_due
from harvester.model.alert import (
    Alert,
    AlertState,
    Channel,
    Delivery,
    DeliveryKind,
    Reader,
    Rhythm,
    Timing,
    Wants,
    address,
)
from storage.alerts import UNCONFIRMED
from storage.store import Store
from storage.unit import Unit

MOST_OF_ONE = 3  # sign-ups of one address that may wait to be confirmed
MOST_OF_ALL = 200  # in a day
_A_DAY = timedelta(days=1)
_AN_HOUR = timedelta(hours=1)


def new_id() -> str:
    """An id that is not to be guessed: 80 random bits in hex."""
    return secrets.token_hex(10)


def first_due(timing: Timing, now: datetime) -> datetime:
    """When the first digest is due."""
    return now if timing.rhythm is Rhythm.AT_ONCE else next_due(timing, now)


def add(
    store: Store,
    to: str | None,
    wants: Wants,
    now: datetime,
    *,
    channel: Channel = Channel.MAIL,
    timing: Timing | None = None,
    language: str = "fr",
    name: str = "",
    reader_name: str = "",
) -> Alert | None:
    """An operator's alert, active at once; None where the address is one that nothing may be sent to.

    Raises ValueError for an address that is none.
    """
    when = timing or Timing()

    def work(unit: Unit) -> Alert | None:
        reader = None
        if to is not None:
            if store.alerts.is_suppressed(unit, address(to)):
                return None
            reader = store.alerts.admit(unit, _reader(to, language, now, reader_name, confirmed_at=now))
        alert = Alert(
            id=new_id(),
            reader_id=reader.id if reader else None,
            name=name,
            wants=wants,
            channel=channel,
            timing=when,
            language=language,
            created_at=now,
            due_at=first_due(when, now),
        )
        store.alerts.add(unit, alert)
        return alert

    return store.transact(work)


def sign_up(store: Store, to: str, wants: Wants, timing: Timing, language: str, name: str, now: datetime) -> bool:
    """A reader's own alert, which tells nothing until it is confirmed; a mail asks for that.

    False where too many have signed up of late. Raises ValueError for an address that is none.
    """
    found = address(to)

    def work(unit: Unit) -> bool:
        if store.alerts.sign_ups_since(unit, now - _A_DAY) >= MOST_OF_ALL:
            return False
        if store.alerts.is_suppressed(unit, found):
            return True
        reader = store.alerts.admit(unit, _reader(found, language, now))
        if reader.suspended_at or store.alerts.sign_ups_since(unit, now - UNCONFIRMED, reader.id) >= MOST_OF_ONE:
            return True
        alert = Alert(
            id=new_id(),
            reader_id=reader.id,
            name=name,
            wants=wants,
            timing=timing,
            language=language,
            state=AlertState.PENDING,
            made_by="reader",
            created_at=now,
        )
        store.alerts.add(unit, alert)
        store.deliveries.put(unit, _short(DeliveryKind.CONFIRM, reader, alert, now))
        return True

    return store.transact(work)


def confirm(store: Store, alert: Alert, now: datetime) -> bool:
    """Begin to tell what was signed up for; False where that was too long ago, or it is no longer to be confirmed."""
    if alert.state is not AlertState.PENDING or now - alert.created_at > UNCONFIRMED:
        return False

    def work(unit: Unit) -> None:
        store.alerts.start(unit, alert.id, now, first_due(alert.timing, now))
        if alert.reader_id:
            store.alerts.change_reader(unit, alert.reader_id, confirmed_at=now)

    store.transact(work)
    return True


def ask_for_link(store: Store, to: str, now: datetime) -> None:
    """Send a reader the link to his own page, at most once an hour. Nothing happens for an address nobody has.

    Raises ValueError for an address that is none.
    """
    reader = store.alerts.reader_at(address(to))
    if reader is None or reader.confirmed_at is None:
        return
    sent = store.deliveries.all(reader_id=reader.id, most=50)
    if any(one.kind is DeliveryKind.LINK and now - one.made_at < _AN_HOUR for one in sent):
        return
    store.transact(lambda unit: store.deliveries.put(unit, _short(DeliveryKind.LINK, reader, None, now)))


def change(store: Store, alert: Alert, wants: Wants, timing: Timing, name: str, language: str, now: datetime) -> None:
    """Other wishes for the same alert. It goes on from where it was."""
    values: dict[str, Any] = {"wants": wants, "timing": timing, "name": name, "language": language}
    if alert.state is AlertState.ACTIVE:
        values["due_at"] = first_due(timing, now)
    store.transact(lambda unit: store.alerts.change(unit, alert.id, **values))


def pause(store: Store, unit: Unit, alert: Alert) -> bool:
    """Tell nothing for now; False where there is nothing to pause."""
    if alert.state is not AlertState.ACTIVE:
        return False
    return store.alerts.change(unit, alert.id, state=AlertState.PAUSED.value)


def resume(store: Store, unit: Unit, alert: Alert, now: datetime) -> bool:
    """Tell again, from now on; also an alert that was ended, whose old links stay void."""
    if alert.state not in (AlertState.PAUSED, AlertState.ENDED):
        return False
    store.alerts.start(unit, alert.id, now, first_due(alert.timing, now))
    return True


def lift(store: Store, unit: Unit, reader_id: str) -> None:
    """Send to a reader again whose address refused mail."""
    store.alerts.change_reader(unit, reader_id, suspended_at=None, suspended_reason="", bounces=0)
    store.deliveries.try_again(unit, reader_id)


def unsubscribe(store: Store, alert: Alert) -> bool:
    """End an alert; False where it has ended."""
    return store.transact(lambda unit: store.alerts.end(unit, alert.id))


def revoke_feed(store: Store, alert: Alert) -> None:
    """Let the address of its feed be another; the old one answers no more."""
    following = alert.feed_generation + 1
    store.transact(lambda unit: store.alerts.change(unit, alert.id, feed_generation=following))


def exported(store: Store, reader: Reader) -> Mapping[str, Any]:
    """All that is kept about a reader, as JSON types."""
    alerts = []
    for alert in store.alerts.all(reader_id=reader.id):
        told = [item.model_dump(mode="json") for item in store.deliveries.latest(alert.id, 1_000_000)]
        alerts.append(alert.model_dump(mode="json") | {"told": told})
    sent = [one.model_dump(mode="json") for one in store.deliveries.all(reader_id=reader.id, most=1_000_000)]
    return {"reader": reader.model_dump(mode="json"), "alerts": alerts, "deliveries": sent}


def _reader(to: str, language: str, now: datetime, name: str = "", confirmed_at: datetime | None = None) -> Reader:
    return Reader(
        id=new_id(), address=address(to), name=name, language=language, created_at=now, confirmed_at=confirmed_at
    )


def _short(kind: DeliveryKind, reader: Reader, alert: Alert | None, now: datetime) -> Delivery:
    return Delivery(
        id=secrets.token_hex(16), kind=kind, alert_id=alert.id if alert else None, reader_id=reader.id, made_at=now
    )
