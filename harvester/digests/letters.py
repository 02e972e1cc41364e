"""From a delivery of the outbox to the mail that goes out: records as they are now, in the words of its reader."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from harvester.digests import links as signed
from harvester.digests.compose import MOST_ITEMS, Digest, Entry, digest, entries, still_true, told
from harvester.digests.links import Links
from harvester.digests.mail import Sender, list_headers, mail, sender
from harvester.digests.present import Piece
from harvester.digests.render import Addresses, Renderer, letter_html, letter_text
from harvester.digests.wording import Wording, wording
from harvester.errors import UsageError
from harvester.model.alert import Alert, Delivery, DeliveryKind, Item, Reader
from harvester.model.open_copy import Statement
from harvester.model.record import Record
from harvester.settings import Settings
from storage.deliveries import Addressed
from storage.news import NO_MARK, Mark
from storage.store import Store

_MOST_KEPT = 5000  # records whose parts are remembered


class Letter(NamedTuple):
    """A mail, and whom it goes to."""

    reader: Reader
    message: bytes


class Letters:
    """Writes what is in the outbox. What was read and rendered of records is kept until the change log has moved on."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self.renderer = Renderer()
        self._mark = NO_MARK
        self._works: dict[str, list[Record]] = {}
        self._said: dict[str, tuple[Statement, ...]] = {}
        self._pieces: dict[tuple[str, str, str, str], Piece] = {}

    @cached_property
    def links(self) -> Links:
        """Signed links; the key is made when it is first asked for."""
        return Links(self._settings.base_url, self._store.secret(signed.KEY))

    @property
    def who(self) -> Sender:
        """Who writes. Raises UsageError where the settings do not say."""
        refuse_without(self._settings)
        return sender(self._settings.mail_from, self._settings.base_url)

    def write(self, delivery: Delivery, addressed: Addressed, told: Sequence[Item], now: datetime) -> Letter | None:
        """The mail of a delivery that tells these items; None where there is nothing left to say."""
        reader, alert = addressed.reader, addressed.alert
        if reader is None:
            return None
        if delivery.kind is not DeliveryKind.DIGEST:
            return self._short(delivery, reader, alert, now)
        found = self.entries(alert, told, addressed.mark) if alert else []
        if not found or alert is None:
            return None
        words = wording(alert.language)
        made = self.digest(found, words)
        addresses = Addresses(self.links.reader(reader), self.links.unsubscribe(alert), self.links.digest(delivery))
        given = (made, words, alert.name, heading(made, words, delivery.made_at), addresses)
        parts = (self.renderer.text(*given), self.renderer.html(*given))
        headers = list_headers(self.who, alert.id, addresses.unsubscribe)
        return Letter(reader, mail(self.who, reader, delivery.id, made.subject, parts, words.language, now, headers))

    def _short(self, delivery: Delivery, reader: Reader, alert: Alert | None, now: datetime) -> Letter | None:
        """A mail with one link: to confirm an alert, or to one's own page."""
        kind = delivery.kind.value
        if delivery.kind is DeliveryKind.CONFIRM and alert is None:
            return None
        link = self.links.confirm(alert) if kind == "confirm" and alert else self.links.reader(reader)
        words = wording(alert.language if alert else reader.language)
        parts = (letter_text(words, kind, link), letter_html(words, kind, link))
        subject = words(f"mail.{kind}_subject")
        return Letter(reader, mail(self.who, reader, delivery.id, subject, parts, words.language, now, {}))

    def entries(self, alert: Alert, items: Sequence[Item], mark: Mark | None = None) -> list[Entry]:
        """What an alert tells of these items, as things are at the mark, or now."""
        works = self._editions(items, mark or self._store.news.mark())
        records = {one: next(record for record in works[one] if record.id == one) for one in works}
        return entries(still_true(items, records, alert.wants), works, self._said, alert.language)

    def digest(self, found: Sequence[Entry], words: Wording, most: int = MOST_ITEMS, first: int = 0) -> Digest:
        """The Digest of these entries."""
        return digest(found, words, lambda entry: self.piece(entry, words), most=most, first=first)

    def piece(self, entry: Entry, words: Wording) -> Piece:
        """One entry in words, made once."""
        key = (entry.record.id, entry.news.value, entry.item.was, words.language)
        if key not in self._pieces:
            self._pieces[key] = told(entry, words)
        return self._pieces[key]

    def _editions(self, items: Sequence[Item], mark: Mark) -> dict[str, list[Record]]:
        """By id of each record that still is there: the living records of its work."""
        if mark != self._mark or len(self._works) > _MOST_KEPT:
            self._mark, self._works, self._said, self._pieces, self.renderer = mark, {}, {}, {}, Renderer()
        wanted = list(dict.fromkeys(item.record_id for item in items))
        if missing := [one for one in wanted if one not in self._works]:
            found = self._store.works.editions(missing)
            self._works |= found
            self._said |= self._store.lookups.said({one.id: one for work in found.values() for one in work}.values())
        return {one: self._works[one] for one in wanted if self._works.get(one)}


def heading(made: Digest, words: Wording, at: datetime) -> str:
    """`3 articles · 1er mars 2026`."""
    return f"{words.count('total', made.total)} · {words.day(at.date())}"


def refuse_without(settings: Settings) -> None:
    """Raise UsageError, with the remedy, where mail to readers cannot be written or sent."""
    needed = {"base_url": "BASE_URL", "mail_from": "MAIL_FROM", "smtp_url": "SMTP_URL"}
    missing = [f"HARVESTER_{name}" for field, name in needed.items() if not getattr(settings, field)]
    if missing:
        raise UsageError(
            f"no mail can be sent to readers: {', '.join(missing)} not set",
            remedy="export HARVESTER_BASE_URL=https://HOST, HARVESTER_MAIL_FROM=NAME@HOST and HARVESTER_SMTP_URL=smtp://HOST",
        )
