"""Alerts and what becomes of them: whom to tell, of what, when; what was told, and how it went out."""

import re
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from harvester.model.access import AccessStatus
from harvester.model.base import Utc, Value
from harvester.model.search import Door, Query, Sort

LANGUAGES = ("fr", "en")  # that digests and pages for readers are written in
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_BLANKS = re.compile(r" {2,}")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]{1,189}")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_QUOTES = re.compile(r"[\"“”„«»]")


class News(StrEnum):
    """What a reader can ask to be told."""

    NEW = "new"  # an article that was not known before
    FREED = "freed"  # asked for a subscription, a purchase or an account; free to read now
    EMBARGO_LIFTED = "embargo_lifted"
    CLOSED_AGAIN = "closed_again"  # was free to read
    CORRECTED = "corrected"
    RETRACTED = "retracted"  # also withdrawn, or under an expression of concern


class Channel(StrEnum):
    """How it is told."""

    MAIL = "mail"
    ATOM = "atom"
    JSON_FEED = "json_feed"


class Rhythm(StrEnum):
    """How often a digest is made."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class AlertState(StrEnum):
    """Whether an Alert tells anything."""

    PENDING = "pending"  # signed up for, not confirmed
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"  # unsubscribed


class DeliveryKind(StrEnum):
    """What is sent to a reader."""

    DIGEST = "digest"
    CONFIRM = "confirm"  # asks whoever signed up to confirm it
    LINK = "link"  # the signed link to one's own page


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"  # in the outbox
    SENT = "sent"  # the server took it; of a feed: it stands there
    DROPPED = "dropped"  # not wanted any more, or given up; the note says why


def one_line(text: str) -> str:
    """Text without line ends and other control characters, so that it can stand in a header. No-break spaces stay."""
    return _BLANKS.sub(" ", _CONTROL.sub(" ", text)).strip()


def _clean_names(value: Any) -> Any:
    values = [value] if isinstance(value, str) else list(value)
    return tuple(found for one in values if (found := one_line(_QUOTES.sub(" ", str(one)))))


def _tags(values: tuple[str, ...]) -> tuple[str, ...]:
    for one in values:
        if not _TAG.fullmatch(one):
            raise ValueError(f"{one!r} is not a language tag: write fr, en, de, pt-BR ...")
    return tuple(one.lower() for one in values)


Names = Annotated[tuple[str, ...], BeforeValidator(_clean_names), Field(max_length=40)]
Line = Annotated[str, BeforeValidator(lambda value: one_line(str(value))), Field(max_length=200)]


class Wants(Value):
    """What a reader asks for: a saved query and the news about its articles.

    `query` is what `harvester records` takes. The other conditions narrow it; of several values one must hold.
    `access` is asked of new, corrected and retracted articles; what has been freed or closed is told whatever it says.
    """

    query: Line = ""
    journals: Names = ()
    authors: Names = ()
    subjects: Names = ()
    languages: Annotated[Names, AfterValidator(_tags)] = ()
    sources: Names = ()
    access: tuple[AccessStatus, ...] = ()
    news: tuple[News, ...] = Field((News.NEW,), min_length=1)

    def search(self) -> Query:
        """The same as one question to the search; `access` is not part of it."""
        parts = [f"({self.query})" if re.search(r"\bOR\b", self.query) else self.query]
        fields = {"journal": self.journals, "author": self.authors, "keyword": self.subjects}
        for name, values in fields.items():
            words = " OR ".join(f'{name}:"{value}"' for value in values)
            parts.append(f"({words})" if len(values) > 1 else words)
        text = " ".join(filter(None, parts))
        door = Door.SIGNED_IN  # what a digest may not show is no reason to tell of an article
        return Query(text=text, languages=self.languages, sources=self.sources, sort=Sort.NEWEST, door=door)


class Timing(Value):
    """When digests are made: at `hour`:`minute` on the clocks of `zone`, on a weekday (1: Monday) or day of the month.

    A month without that day takes its last one.
    """

    rhythm: Rhythm = Rhythm.DAILY
    hour: int = Field(7, ge=0, le=23)
    minute: int = Field(0, ge=0, le=59)
    weekday: int = Field(1, ge=1, le=7)
    monthday: int = Field(1, ge=1, le=31)
    zone: str = "Europe/Paris"

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone, as in Europe/Paris") from None
        return value


class Reader(Value):
    """A mail address, and how it has fared. `bounces` counts hard ones in a row; while suspended nothing is sent."""

    id: str
    address: str
    name: Line = ""
    language: str = "fr"
    created_at: Utc
    confirmed_at: Utc | None = None
    bounces: int = 0
    suspended_at: Utc | None = None
    suspended_reason: str = ""
    generation: int = 1  # a link signed for an earlier one is void


class Alert(Value):
    """A saved query with channel and rhythm (fr: alerte).

    `seq`: all Changes up to it have been looked at; those up to `started_seq` came before the Alert. `due_at`: when
    the next digest is made.
    """

    id: str
    reader_id: str | None = None  # None: a feed without an address
    name: Line = ""
    wants: Wants
    channel: Channel = Channel.MAIL
    timing: Timing = Timing()
    language: str = "fr"
    state: AlertState = AlertState.ACTIVE
    made_by: str = "operator"  # operator | reader
    created_at: Utc
    started_at: Utc | None = None
    seq: int = 0
    started_seq: int = 0
    due_at: Utc | None = None
    last_at: Utc | None = None
    generation: int = 1  # of the links that end it
    feed_generation: int = 1

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(f"digests are written in {' or '.join(LANGUAGES)}")
        return value

    @model_validator(mode="after")
    def _has_an_address(self) -> "Alert":
        if self.channel is Channel.MAIL and not self.reader_id:
            raise ValueError("an alert by mail needs an address")
        return self


class Item(Value):
    """One line of the ledger: what an Alert tells of one Record. `seq` is the Change it rests on."""

    record_id: str
    work_id: str
    news: News
    seq: int
    at: Utc
    was: str = ""  # status before: of access, or of integrity
    became: str = ""


class Delivery(Value):
    """One mail, from the outbox to its end. Of a digest: all that waited for `alert_id` up to `until_seq`.

    `id` follows from Alert, window and reader, and makes the Message-ID: whatever is sent again is known again.
    `unclear` counts sends of which nobody knows whether the server took them.
    """

    id: str
    kind: DeliveryKind = DeliveryKind.DIGEST
    alert_id: str | None
    reader_id: str | None
    after_seq: int = 0
    until_seq: int = 0
    items: int = 0
    state: DeliveryState = DeliveryState.WAITING
    made_at: Utc
    tries: int = 0
    unclear: int = 0
    next_at: Utc | None = None
    sent_at: Utc | None = None
    note: str = ""


def address(text: str) -> str:
    """A mail address as it is kept. Raises ValueError for what is none, also for one with a line end in it."""
    local, _, domain = text.partition("@")
    if not _ADDRESS.fullmatch(text) or "." in (text[0], local[-1:], domain[:1], domain[-1:]) or ".." in text:
        raise ValueError("write one mail address, as in you@example.org")
    try:
        return f"{local}@{domain.lower().encode('idna').decode()}"
    except UnicodeError:
        raise ValueError("write one mail address, as in you@example.org") from None
