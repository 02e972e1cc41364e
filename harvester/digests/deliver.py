"""The outbox and the mail server. At least once, never lost, at most one duplicate for each send that ended unclearly.

What went out is written down before the next mail is begun, so that a process that is killed repeats at most the mail
it had in hand, under the same Message-ID. What a server or one address puts off is tried again later, that mail alone.
"""

import logging
import random
import re
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from harvester.digests.letters import Letter, Letters
from harvester.model.alert import Delivery, DeliveryState, Item, Reader
from harvester.reach import within
from harvester.settings import Settings
from harvester.smtp import TIMEOUT_S, Way, bid_farewell, may_pass, reason
from storage.deliveries import PAUSED, SUSPENDED
from storage.runs import Owner
from storage.store import Store
from storage.unit import Unit

HARD_BOUNCES = 3  # in a row, after which nothing more is sent to an address
GIVEN_UP = timedelta(days=5)  # RFC 5321, section 4.5.4.1: how long a mail is tried that is put off every time
_BATCH = 20
_MAIL_S = 60.0  # for one mail, whatever the server does
_LOST = 3  # connections in a row, after which the server is left alone for now
_WAITS = tuple(timedelta(minutes=n) for n in (5, 15, 30, 60, 120, 240))
_UNCLEAR = tuple(timedelta(minutes=n) for n in (5, 60, 360, 1440))
_A_DAY = timedelta(days=1)
_NOBODY = re.compile(rb"^5\.[12]\.\d")  # RFC 3463: something is wrong with the address or the mailbox
_log = logging.getLogger(__name__)


class End(StrEnum):
    """How one try ended."""

    SENT = "sent"
    PUT_OFF = "put_off"  # 4xx
    BOUNCED = "bounced"  # 5xx for this address
    REFUSED = "refused"  # 5xx for this message
    SENDER_REFUSED = "sender_refused"  # nothing of ours will be taken
    LOST = "lost"  # the connection, before all was said
    UNCLEAR = "unclear"  # the connection, after all was said


@dataclass(slots=True)
class Tally:
    """What one round did. `trouble` says why it ended before the outbox was empty."""

    sent: int = 0
    put_off: int = 0
    bounced: int = 0
    dropped: int = 0
    trouble: str = ""


class Post:
    """Takes mails from the outbox to the mail server, over one connection as long as it holds."""

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
        self._owner = owner
        self._is_alive = is_alive
        self._now = now
        self.letters = Letters(store, settings)
        self._way = Way(settings.smtp_url, timeout_s)
        self._server: smtplib.SMTP | None = None

    def deliver(self, stop: Callable[[], bool] = lambda: False, alert_id: str | None = None) -> Tally:
        """Send what is to be sent now. Raises UsageError where the settings say too little, StorageError."""
        sender = self.letters.who.address
        tally = Tally()
        try:
            while not tally.trouble and not stop():
                batch = self._claim(alert_id)
                if not batch:
                    break
                self._send_all(batch, sender, tally, stop)
        finally:
            if self._server:
                bid_farewell(self._server)
                self._server = None
        return tally

    def _claim(self, alert_id: str | None) -> list[Delivery]:
        now = self._now()
        return self._store.transact(
            lambda unit: self._store.deliveries.claim(unit, self._owner, self._is_alive, now, _BATCH, alert_id)
        )

    def _send_all(self, batch: list[Delivery], sender: str, tally: Tally, stop: Callable[[], bool]) -> None:
        """Every mail of the batch, as far as there is a server; the others go back to the outbox."""
        lost = 0
        told = self._store.deliveries.items(*(one.id for one in batch))
        for place, delivery in enumerate(batch):
            letter = self._wanted(delivery, told[delivery.id], tally)
            if letter is None:
                continue
            tally.trouble = "stopped" if stop() else self._connect()
            if not tally.trouble:
                end, note = self._try(letter, sender)
                lost = lost + 1 if end is End.LOST else 0
                self._settle(delivery, letter.reader, end, note, tally)
                if end is End.SENDER_REFUSED or lost == _LOST:
                    tally.trouble = note
            if tally.trouble:
                left = [one.id for one in batch[place:]]
                self._store.transact(lambda unit, left=left: self._store.deliveries.release(unit, left))  # type: ignore[misc]
                return

    def _wanted(self, delivery: Delivery, told: Sequence[Item], tally: Tally) -> Letter | None:
        """The mail, unless it is not wanted any more: alerts end and readers go between build and send."""
        addressed = self._store.deliveries.addressed(delivery)
        why = addressed.why
        letter = None if why else self.letters.write(delivery, addressed, told, self._now())
        if letter:
            return letter
        later = {"next_at": self._now() + timedelta(hours=1)}
        over = {"state": DeliveryState.DROPPED, "note": why or "nothing of it is left to tell"}
        waits = why in (PAUSED, SUSPENDED)
        tally.dropped += not waits
        self._write(delivery.model_copy(update=later if waits else over))
        return None

    def _connect(self) -> str:
        """Be connected; says what is wrong where that cannot be."""
        if self._server:
            return ""
        tries = Retrying(
            retry=retry_if_exception(may_pass),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.2, max=3),
            reraise=True,
        )
        try:
            self._server = tries(self._way.connect)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return f"the mail server cannot be used ({reason(error)})"
        return ""

    def _try(self, letter: Letter, sender: str) -> tuple[End, str]:
        assert self._server
        server = self._server
        try:
            with within(_MAIL_S, lambda: server.sock):
                end, note = handed_over(server, sender, letter.reader.address, letter.message)
        except (OSError, smtplib.SMTPException) as error:
            end, note = End.LOST, f"the connection was lost ({reason(error)})"
        if end in (End.LOST, End.UNCLEAR):
            server.close()
            self._server = None
        return end, note

    def _settle(self, delivery: Delivery, reader: Reader, end: End, note: str, tally: Tally) -> None:
        now = self._now()
        after = after_try(delivery, end, note, now)
        tally.sent += end is End.SENT
        tally.bounced += end in (End.BOUNCED, End.REFUSED)
        tally.put_off += end in (End.PUT_OFF, End.LOST, End.UNCLEAR)
        self._write(after, lambda unit: self._count_bounces(unit, reader, end, note, now))
        if end is not End.SENT:
            _log.info("delivery %s: %s", delivery.id[:16], note)

    def _write(self, delivery: Delivery, more: Callable[[Unit], None] = lambda _: None) -> None:
        def work(unit: Unit) -> None:
            self._store.deliveries.settle(unit, delivery)
            more(unit)

        self._store.transact(work, durable=False)  # the next claim is, and waits for the disk

    def _count_bounces(self, unit: Unit, reader: Reader, end: End, note: str, now: datetime) -> None:
        if end is End.SENT and reader.bounces:
            self._store.alerts.change_reader(unit, reader.id, bounces=0)
        if end is not End.BOUNCED:
            return
        bounces = self._store.alerts.count_bounce(unit, reader.id)
        if bounces >= HARD_BOUNCES:
            reason_ = f"{note}, {bounces} times in a row"
            self._store.alerts.change_reader(unit, reader.id, suspended_at=now, suspended_reason=reason_)
            _log.warning("reader %s is suspended: %s", reader.id, reason_)


def after_try(delivery: Delivery, end: End, note: str, now: datetime) -> Delivery:
    """What becomes of a delivery: done, or when it is tried again. Pure but for the spread of the waits."""
    tries, unclear = delivery.tries + 1, delivery.unclear + (end is End.UNCLEAR)
    values: dict[str, object] = {"tries": tries, "unclear": unclear, "note": note}
    if end is End.SENT:
        values |= {"state": DeliveryState.SENT, "sent_at": now, "next_at": None}
    elif end is End.PUT_OFF and now - delivery.made_at > GIVEN_UP:
        values |= {"state": DeliveryState.DROPPED, "note": f"given up after five days: {note}"}
    elif end is End.REFUSED and tries >= HARD_BOUNCES:
        values |= {"state": DeliveryState.DROPPED}
    elif end in (End.BOUNCED, End.REFUSED):
        values |= {"next_at": now + _A_DAY}
    elif end is End.UNCLEAR:
        values |= {"next_at": now + _UNCLEAR[min(unclear, len(_UNCLEAR)) - 1]}
    elif end is End.LOST:
        values |= {"next_at": now + timedelta(minutes=1)}
    elif end is End.PUT_OFF:
        wait = _WAITS[min(tries, len(_WAITS)) - 1]
        values |= {"next_at": now + wait * random.uniform(1, 1.25)}  # noqa: S311 (no secret)
    return delivery.model_copy(update=values)


def handed_over(server: smtplib.SMTP, sender: str, to: str, message: bytes) -> tuple[End, str]:
    """One mail in one transaction (RFC 5321, section 3.3), and how it ended. Raises where the connection is lost before
    all was said; after that nobody knows, and the end is UNCLEAR.
    """
    code, _ = server.mail(sender)
    if code != 250:
        return _undone(server, code, End.SENDER_REFUSED, "MAIL")
    code, said = server.rcpt(to)
    if code not in (250, 251):
        return _undone(server, code, End.BOUNCED, "RCPT")
    code, said = server.docmd("data")
    if code != 354:
        return _undone(server, code, End.REFUSED, "DATA")
    server.send(re.sub(rb"(?m)^\.", b"..", message) + b".\r\n")
    try:
        code, said = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return End.UNCLEAR, f"the connection was lost before the answer ({reason(error)})"
    if code == 250:
        return End.SENT, ""
    return _undone(server, code, End.BOUNCED if _NOBODY.match(said) else End.REFUSED, "message")


def _undone(server: smtplib.SMTP, code: int, final: End, what: str) -> tuple[End, str]:
    """The end of a transaction that came to nothing. 421 is a farewell."""
    note = f"the server answered {code} to {what}"
    if code in (421, -1):
        return End.LOST, note
    server.rset()
    return (End.PUT_OFF if 400 <= code < 500 else final), note
