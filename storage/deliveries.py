"""The ledger of what alerts tell, and the outbox: every mail from the moment it is due to its end."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Table, bindparam, func, or_, select, update

from harvester.model.alert import Alert, AlertState, Channel, Delivery, DeliveryKind, DeliveryState, Item, News, Reader
from storage.alerts import alert_of, reader_of
from storage.database import Database
from storage.news import MARK, NO_MARK, Mark
from storage.runs import Owner
from storage.tables import alerts, deliveries, readers, told, upsert
from storage.unit import Unit

PAUSED, SUSPENDED = "paused", "suspended"
CLAIM = timedelta(minutes=30)  # after which another may take what a process of another machine holds
_CHUNK = 500
_OWN = ("claimed_by", "claimed_at")
_LOG = (told.c.seq, told.c.record_id, told.c.news)


class Addressed(NamedTuple):
    """A delivery as things are now: whom it goes to, of which alert, and what it would tell of (`mark`).

    `why` it is not to be sent after all, empty where it is; `paused`, `suspended`: not yet.
    """

    why: str
    reader: Reader | None
    alert: Alert | None
    mark: Mark


class Deliveries:
    """Items of the ledger, and deliveries by state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, unit: Unit, found: Iterable[tuple[str, Item]]) -> None:
        """Let items wait for the next digest of their alert (by id); each stands there once."""
        rows = [item.model_dump() | {"alert_id": alert_id} for alert_id, item in found]
        unit.lock("alerts")
        ids = select(alerts.c.id).where(alerts.c.id.in_(sorted({row["alert_id"] for row in rows})))
        there = set(unit.connection.execute(ids).scalars()) if rows else set()
        rows = [row for row in rows if row["alert_id"] in there]  # some may have been erased meanwhile
        if rows:
            unit.connection.execute(upsert(told).on_conflict_do_nothing(), rows)

    def alerts_with_news(self) -> set[str]:
        """Ids of alerts for which something waits."""
        with self._database.read() as connection:
            return set(
                connection.execute(select(told.c.alert_id).where(told.c.delivery_id.is_(None)).distinct()).scalars()
            )

    def known(self, unit: Unit, record_ids: Sequence[str]) -> set[tuple[str, str]]:
        """(alert id, record id) of what was told of these records as new."""
        found: set[tuple[str, str]] = set()
        for start in range(0, len(record_ids), _CHUNK):
            some = told.c.record_id.in_(record_ids[start : start + _CHUNK])
            query = select(told.c.alert_id, told.c.record_id).where(some, told.c.news == News.NEW.value)
            found.update((row.alert_id, row.record_id) for row in unit.connection.execute(query))
        return found

    def waiting(self, alert_id: str) -> list[Item]:
        """What waits for the next digest of an alert, in the order of the change log."""
        with self._database.read() as connection:
            return _items(connection, told.c.alert_id == alert_id, told.c.delivery_id.is_(None))

    def items(self, *delivery_ids: str) -> dict[str, list[Item]]:
        """What digests tell, by their ids, in the order of the change log."""
        query = select(told).where(told.c.delivery_id.in_(delivery_ids)).order_by(*_LOG)
        found: dict[str, list[Item]] = {one: [] for one in delivery_ids}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found[row.delivery_id].append(_item(row))
        return found

    def latest(self, alert_id: str, most: int) -> list[Item]:
        """The latest items of an alert, newest first, whether they went out or wait."""
        query = select(told).where(told.c.alert_id == alert_id).order_by(told.c.seq.desc(), told.c.record_id)
        with self._database.read() as connection:
            return [_item(row) for row in connection.execute(query.limit(most))]

    def collect(self, unit: Unit, alert: Alert, digest: Delivery | None, due_at: datetime | None) -> bool:
        """Make a digest of all that waits for an alert: ledger, outbox and the alert's next date at once.

        With None there is nothing to send, and what waits has come to nothing. False: the alert is not as it was, so
        that nothing was done.
        """
        same = (alerts.c.id == alert.id, alerts.c.state == AlertState.ACTIVE.value, alerts.c.seq == alert.seq)
        unmoved = alerts.c.last_at.is_(None) if alert.last_at is None else alerts.c.last_at == alert.last_at
        due = alerts.c.due_at.is_(None) if alert.due_at is None else alerts.c.due_at == alert.due_at
        values: dict[str, Any] = {"due_at": due_at} | ({"last_at": digest.made_at} if digest else {})
        if unit.connection.execute(update(alerts).where(*same, unmoved, due).values(values)).rowcount != 1:
            return False
        waits = (told.c.alert_id == alert.id, told.c.delivery_id.is_(None), told.c.seq <= alert.seq)
        unit.connection.execute(update(told).where(*waits).values(delivery_id=digest.id if digest else ""))
        if digest:
            self.put(unit, digest)
        return True

    def put(self, unit: Unit, delivery: Delivery) -> None:
        """Put something into the outbox; what stands there already stays as it is."""
        unit.connection.execute(upsert(deliveries).values(delivery.model_dump()).on_conflict_do_nothing())

    def get(self, delivery_id: str) -> Delivery | None:
        """One delivery."""
        with self._database.read() as connection:
            row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).first()
        return _delivery(row) if row else None

    def all(self, *, alert_id: str | None = None, reader_id: str | None = None, most: int = 1000) -> list[Delivery]:
        """Deliveries of an alert or a reader, or all, newest first."""
        query = select(deliveries).order_by(deliveries.c.made_at.desc(), deliveries.c.id).limit(most)
        query = query if alert_id is None else query.where(deliveries.c.alert_id == alert_id)
        query = query if reader_id is None else query.where(deliveries.c.reader_id == reader_id)
        with self._database.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def counts(self) -> dict[str, int]:
        """Deliveries by state, and readers that are `suspended`."""
        with self._database.read() as connection:
            by_state = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
            found = {state.value: 0 for state in DeliveryState} | dict(connection.execute(by_state).all())
            away = select(func.count()).select_from(readers).where(readers.c.suspended_at.is_not(None))
            return found | {"suspended": connection.execute(away).scalar_one()}

    def claim(
        self,
        unit: Unit,
        owner: Owner,
        is_alive: Callable[[Owner], bool],
        now: datetime,
        most: int,
        alert_id: str | None = None,
    ) -> list[Delivery]:
        """Take what is to be sent now, oldest first, so that no other process sends it too.

        What a process held that has died, or has not been heard of for half an hour, is taken over. Nothing
        is sent to readers who are suspended.
        """
        unit.lock("deliveries")
        waits = (deliveries.c.state == DeliveryState.WAITING.value, _has_come(now))
        holders = unit.connection.execute(select(deliveries.c.claimed_by).where(*waits).distinct()).scalars()
        dead = [name for name in holders if name and not is_alive(_owner(name))]
        free = or_(
            deliveries.c.claimed_by.is_(None), deliveries.c.claimed_by.in_(dead), deliveries.c.claimed_at < now - CLAIM
        )
        suspended = select(readers.c.id).where(readers.c.suspended_at.is_not(None))
        query = select(deliveries).where(*waits, free, deliveries.c.reader_id.not_in(suspended))
        query = query if alert_id is None else query.where(deliveries.c.alert_id == alert_id)
        rows = unit.connection.execute(query.order_by(deliveries.c.made_at, deliveries.c.id).limit(most)).all()
        ours = deliveries.c.id.in_([row.id for row in rows])
        unit.connection.execute(update(deliveries).where(ours).values(claimed_by=_signed(owner), claimed_at=now))
        return [_delivery(row) for row in rows]

    def settle(self, unit: Unit, delivery: Delivery) -> None:
        """Write what became of a delivery, and give it back."""
        values = delivery.model_dump(include={"state", "tries", "unclear", "next_at", "sent_at", "note"})
        values |= {"claimed_by": None, "claimed_at": None}
        unit.connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(values))

    def release(self, unit: Unit, ids: Sequence[str]) -> None:
        """Give back what was claimed."""
        free = {"claimed_by": None, "claimed_at": None}
        unit.connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(free))

    def try_again(self, unit: Unit, reader_id: str) -> None:
        """Let what waits for a reader go out at once."""
        waits = (deliveries.c.reader_id == reader_id, deliveries.c.state == DeliveryState.WAITING.value)
        unit.connection.execute(update(deliveries).where(*waits).values(next_at=None, tries=0))

    def addressed(self, delivery: Delivery) -> Addressed:
        """All that decides about a delivery, as it is now: in one question, for it is asked before every mail."""
        asked = _ADDRESSED.params(reader=delivery.reader_id, alert=delivery.alert_id or "")
        with self._database.read() as connection:
            row = connection.execute(asked).first()
        if row is None:
            return Addressed("the reader is gone", None, None, NO_MARK)
        reader = reader_of(_named(row, _READER))
        alert = alert_of(_named(row, _ALERT)) if row.alerts_id else None
        return Addressed(_unwanted(delivery, reader, alert), reader, alert, Mark(row.seq, row.changed))


def _labelled(table: Table) -> list[Any]:
    return [column.label(f"{table.name}_{column.name}") for column in table.c]


_READER, _ALERT = _labelled(readers), _labelled(alerts)
_ADDRESSED = (
    select(*_READER, *_ALERT, *MARK)
    .select_from(readers)
    .outerjoin(alerts, alerts.c.id == bindparam("alert"))
    .where(readers.c.id == bindparam("reader"))
)


def _named(row: Any, labels: Sequence[Any]) -> dict[str, Any]:
    return {label.element.name: getattr(row, label.name) for label in labels}


def _unwanted(delivery: Delivery, reader: Reader, alert: Alert | None) -> str:
    """Why it is not to be sent after all; empty where it is."""
    if reader.suspended_at is not None:
        return SUSPENDED
    if delivery.alert_id is None:
        return ""
    if alert is None or alert.state is AlertState.ENDED:
        return "unsubscribed"
    if alert.channel is not Channel.MAIL and delivery.kind is DeliveryKind.DIGEST:
        return "told in a feed now"
    return PAUSED if alert.state is AlertState.PAUSED else ""


def _has_come(now: datetime) -> Any:
    return or_(deliveries.c.next_at.is_(None), deliveries.c.next_at <= now)


def _items(connection: Any, *conditions: Any) -> list[Item]:
    query = select(told).where(*conditions).order_by(*_LOG)
    return [_item(row) for row in connection.execute(query)]


def _item(row: Row[*tuple[Any, ...]]) -> Item:
    return Item.model_validate({name: row._mapping[name] for name in Item.model_fields})


def _delivery(row: Row[*tuple[Any, ...]]) -> Delivery:
    return Delivery.model_validate({name: value for name, value in row._mapping.items() if name not in _OWN})


def _signed(owner: Owner) -> str:
    return f"{owner.host} {owner.pid} {owner.started}"


def _owner(name: str) -> Owner:
    host, pid, started = (*name.split(" "), "", "")[:3]
    return Owner(host, int(pid or 0), started)
