"""Alerts, what was sent of them, and addresses that refuse mail. Only an admin sees an address."""

from fastapi import Response

from harvester.digests import signing_up
from harvester.errors import UsageError
from harvester.logs import masked
from harvester.model.account import Role
from harvester.model.alert import Alert
from harvester.serving.console.desk.office import Office
from harvester.serving.console.desk.route import Asked, Done
from storage.unit import Unit

_SENT = 30  # deliveries that are shown


def show(office: Office, asked: Asked) -> Response:
    """Every alert, the latest deliveries, and whom nothing is sent to for now."""
    store, is_admin = office.store, asked.may(Role.ADMIN)
    readers = {reader.id: reader for reader in store.alerts.readers()}
    away = [reader for reader in readers.values() if reader.suspended_at]
    return asked.page(
        "desk/alerts.html",
        alerts=store.alerts.all(),
        mails={one.id: one.address for one in readers.values()} if is_admin else {},
        away=[(one, one.suspended_reason if is_admin else masked(one.suspended_reason)) for one in away],
        deliveries=[(one, one.note if is_admin else masked(one.note)) for one in store.deliveries.all(most=_SENT)],
    )


def pause(office: Office, asked: Asked) -> Done:
    """Let an alert tell nothing for now."""
    alert = _alert(office, asked)

    def work(unit: Unit) -> None:
        if not signing_up.pause(office.store, unit, alert):
            raise UsageError("the alert is not active", remedy="look at the list again")

    return Done("alerts", alert.id, work)


def resume(office: Office, asked: Asked) -> Done:
    """Let it tell again, from now on."""
    alert = _alert(office, asked)

    def work(unit: Unit) -> None:
        if not signing_up.resume(office.store, unit, alert, asked.now):
            raise UsageError("the alert is active already", remedy="look at the list again")

    return Done("alerts", alert.id, work)


def lift(office: Office, asked: Asked) -> Done:
    """Send to a reader again whose address refused mail."""
    reader = office.store.alerts.reader(asked.place("reader_id"))
    if reader is None or reader.suspended_at is None:
        raise UsageError("nothing keeps mail from this reader", remedy="look at the list again")
    return Done("alerts", reader.id, lambda unit: signing_up.lift(office.store, unit, reader.id))


def allow(office: Office, asked: Asked) -> Done:
    """Take an address off the list of those that asked never to be written to; the list itself holds only hashes."""
    address = asked.said("address", 320)

    def work(unit: Unit) -> None:
        if not office.store.alerts.allow(unit, address):
            raise UsageError("this address is not on the list", remedy="look whether it is written as it was")

    return Done("alerts", "", work)


def _alert(office: Office, asked: Asked) -> Alert:
    found = office.store.alerts.get(asked.place("alert_id"))
    if found is None:
        raise UsageError("there is no such alert", remedy="look at the list again")
    return found
