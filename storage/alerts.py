"""Readers and their alerts, and the addresses that nothing is sent to any more."""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update

from harvester.errors import UsageError
from harvester.model.alert import Alert, AlertState, Reader
from storage.database import Database
from storage.secret import secret
from storage.tables import alerts, change_head, deliveries, readers, suppressed, told, upsert
from storage.unit import Unit

UNCONFIRMED = timedelta(days=7)  # how long a sign-up waits to be confirmed
_KEY = "suppressed addresses"
_JSON = ("wants", "timing")


class Alerts:
    """Readers by address, and alerts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, alert_id: str) -> Alert | None:
        """One alert."""
        with self._database.read() as connection:
            row = connection.execute(select(alerts).where(alerts.c.id == alert_id)).first()
        return alert_of(row._asdict()) if row else None

    def all(self, *states: AlertState, reader_id: str | None = None) -> list[Alert]:
        """Alerts in these states (none named: in any), of one reader or of all, oldest first."""
        query = select(alerts).order_by(alerts.c.created_at, alerts.c.id)
        query = query.where(alerts.c.state.in_(states)) if states else query
        query = query if reader_id is None else query.where(alerts.c.reader_id == reader_id)
        with self._database.read() as connection:
            return [alert_of(row._asdict()) for row in connection.execute(query)]

    def due(self, now: datetime) -> list[Alert]:
        """Active alerts whose next digest is due."""
        active = alerts.c.state == AlertState.ACTIVE.value
        query = select(alerts).where(active, alerts.c.due_at <= now).order_by(alerts.c.due_at, alerts.c.id)
        with self._database.read() as connection:
            return [alert_of(row._asdict()) for row in connection.execute(query)]

    def reader(self, reader_id: str) -> Reader | None:
        """One reader."""
        return next(iter(self.readers(readers.c.id == reader_id)), None)

    def reader_at(self, address: str) -> Reader | None:
        """The reader with this address."""
        return next(iter(self.readers(readers.c.key == address.casefold())), None)

    def readers(self, *conditions: Any) -> list[Reader]:
        """Readers, oldest first."""
        query = select(readers).where(*conditions).order_by(readers.c.created_at, readers.c.id)
        with self._database.read() as connection:
            return [reader_of(row._asdict()) for row in connection.execute(query)]

    def admit(self, unit: Unit, reader: Reader) -> Reader:
        """Add a reader; the one who has this address already stays as he is and is returned."""
        row = upsert(readers).values(reader.model_dump() | {"key": reader.address.casefold()})
        unit.connection.execute(row.on_conflict_do_nothing())
        same = readers.c.key == reader.address.casefold()
        return reader_of(unit.connection.execute(select(readers).where(same)).one()._asdict())

    def add(self, unit: Unit, alert: Alert) -> None:
        """Add an alert. An active one tells what is logged from now on."""
        values = alert.model_dump() | _texts(alert)
        unit.connection.execute(alerts.insert().values(values))
        if alert.state is AlertState.ACTIVE:
            self.start(unit, alert.id, alert.created_at, alert.due_at)

    def start(self, unit: Unit, alert_id: str, now: datetime, due_at: datetime | None) -> None:
        """Let an alert tell what is logged from now on: nothing of before, nothing that still waits."""
        seq = unit.connection.execute(select(change_head.c.seq)).scalar() or 0
        waiting = delete(told).where(told.c.alert_id == alert_id, told.c.delivery_id.is_(None))
        unit.connection.execute(waiting)
        values = {"state": AlertState.ACTIVE.value, "seq": seq, "started_seq": seq, "started_at": now, "due_at": due_at}
        unit.connection.execute(update(alerts).where(alerts.c.id == alert_id).values(values))

    def change(self, unit: Unit, alert_id: str, **values: Any) -> bool:
        """Write these fields of an alert; False where there is none."""
        found = {name: value.model_dump_json() if name in _JSON else value for name, value in values.items()}
        return unit.connection.execute(update(alerts).where(alerts.c.id == alert_id).values(found)).rowcount == 1

    def change_reader(self, unit: Unit, reader_id: str, **values: Any) -> bool:
        """Write these fields of a reader; False where there is none."""
        return unit.connection.execute(update(readers).where(readers.c.id == reader_id).values(values)).rowcount == 1

    def count_bounce(self, unit: Unit, reader_id: str) -> int:
        """One more hard bounce of a reader; returns how many in a row there are."""
        this = readers.c.id == reader_id
        unit.connection.execute(update(readers).where(this).values(bounces=readers.c.bounces + 1))
        return unit.connection.execute(select(readers.c.bounces).where(this)).scalar() or 0

    def end(self, unit: Unit, alert_id: str) -> bool:
        """Unsubscribe: nothing is told any more, and links that were signed so far are void. False: ended before."""
        this = (alerts.c.id == alert_id, alerts.c.state != AlertState.ENDED.value)
        ended = {"state": AlertState.ENDED.value, "generation": alerts.c.generation + 1, "due_at": None}
        return unit.connection.execute(update(alerts).where(*this).values(ended)).rowcount == 1

    def advance(self, unit: Unit, after: int, until: int) -> None:
        """The active alerts that had come to one place of the change log have come to another."""
        here = (alerts.c.state == AlertState.ACTIVE.value, alerts.c.seq == after)
        unit.connection.execute(update(alerts).where(*here).values(seq=until))

    def places(self) -> list[int]:
        """Where in the change log active alerts are, in order."""
        query = select(alerts.c.seq).where(alerts.c.state == AlertState.ACTIVE.value).distinct()
        with self._database.read() as connection:
            return sorted(connection.execute(query).scalars())

    def remove(self, unit: Unit, alert_ids: Collection[str]) -> None:
        """Delete alerts with all that they told."""
        unit.lock("alerts")
        ids = sorted(alert_ids)
        for table, column in ((told, told.c.alert_id), (deliveries, deliveries.c.alert_id), (alerts, alerts.c.id)):
            unit.connection.execute(delete(table).where(column.in_(ids)))

    def erase(self, reader_id: str, now: datetime) -> None:
        """Delete a reader with alerts and ledger, on the disk too; only a keyed hash of the address stays.

        Raises UsageError for an unknown one.
        """
        self._database.repeatedly(lambda: self._erase(reader_id, now))
        self._database.settle()

    def _erase(self, reader_id: str, now: datetime) -> None:
        with self._database.write(scrub=True) as connection:
            unit = Unit(connection)
            address = connection.execute(select(readers.c.address).where(readers.c.id == reader_id)).scalar()
            if address is None:
                raise UsageError("there is no such reader", remedy="`harvester alert list` shows the addresses")
            ids = connection.execute(select(alerts.c.id).where(alerts.c.reader_id == reader_id)).scalars().all()
            self.remove(unit, ids)
            connection.execute(delete(deliveries).where(deliveries.c.reader_id == reader_id))
            connection.execute(delete(readers).where(readers.c.id == reader_id))
            row = upsert(suppressed).values(key=_hashed(unit, address), at=now)
            connection.execute(row.on_conflict_do_nothing())

    def is_suppressed(self, unit: Unit, address: str) -> bool:
        """Whether nothing may be sent to this address, because its reader asked to be erased."""
        query = select(exists().where(suppressed.c.key == _hashed(unit, address)))
        return bool(unit.connection.execute(query).scalar())

    def allow(self, unit: Unit, address: str) -> bool:
        """Take an address off the list of those nothing is sent to; False where it was not on it."""
        gone = delete(suppressed).where(suppressed.c.key == _hashed(unit, address))
        return unit.connection.execute(gone).rowcount == 1

    def forget(self, unit: Unit, now: datetime, ledger: timedelta) -> None:
        """Forget sign-ups nobody confirmed, and what was told longer ago than `ledger`."""
        stale = (alerts.c.state == AlertState.PENDING.value, alerts.c.created_at < now - UNCONFIRMED)
        self.remove(unit, unit.connection.execute(select(alerts.c.id).where(*stale)).scalars().all())
        has_alert = exists().where(alerts.c.reader_id == readers.c.id)
        nobody = (readers.c.confirmed_at.is_(None), readers.c.created_at < now - UNCONFIRMED, ~has_alert)
        gone = unit.connection.execute(select(readers.c.id).where(*nobody)).scalars().all()
        unit.connection.execute(delete(deliveries).where(deliveries.c.reader_id.in_(gone)))
        unit.connection.execute(delete(readers).where(readers.c.id.in_(gone)))
        old = deliveries.c.made_at < now - ledger
        over = select(deliveries.c.id).where(old, deliveries.c.state != "waiting")
        unit.connection.execute(delete(told).where(told.c.delivery_id.in_(over)))
        unit.connection.execute(delete(told).where(told.c.delivery_id == "", told.c.at < now - ledger))
        unit.connection.execute(delete(deliveries).where(deliveries.c.id.in_(over)))

    def sign_ups_since(self, unit: Unit, moment: datetime, reader_id: str | None = None) -> int:
        """How many alerts wait to be confirmed that were made after a moment, of one reader or of all."""
        query = select(alerts.c.id).where(alerts.c.state == AlertState.PENDING.value, alerts.c.created_at > moment)
        query = query if reader_id is None else query.where(alerts.c.reader_id == reader_id)
        return len(unit.connection.execute(query).all())


def _hashed(unit: Unit, address: str) -> str:
    key = secret(unit, _KEY).encode()
    return hmac.new(key, address.casefold().encode(), hashlib.sha256).hexdigest()


def _texts(alert: Alert) -> dict[str, str]:
    return {name: getattr(alert, name).model_dump_json() for name in _JSON}


def alert_of(row: Mapping[str, Any]) -> Alert:
    """A row of the table as a value."""
    kinds = {name: Alert.model_fields[name].annotation for name in _JSON}
    parsed = {name: kind.model_validate_json(row[name]) for name, kind in kinds.items() if kind}
    return Alert.model_validate({**row, **parsed})


def reader_of(row: Mapping[str, Any]) -> Reader:
    """A row of the table as a value."""
    return Reader.model_validate({name: value for name, value in row.items() if name != "key"})
