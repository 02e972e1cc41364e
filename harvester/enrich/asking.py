"""One question to a registry: its host's turn, a few tries with jitter, Retry-After honoured, and what came of it."""

import random
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import orjson
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_attempt,
    stop_when_event_set,
    wait_random_exponential,
)

from harvester.enrich import crossref, unpaywall
from harvester.enrich.exchange import Answer, TooLargeError, UnansweredError, get
from harvester.enrich.reading import UnreadableError
from harvester.errors import UsageError
from harvester.model.open_copy import Notice, OpenCopy, Registry, Statement
from harvester.reach import retry_after, user_agent
from harvester.settings import Settings
from harvester.urls import AddressRefusedError, target
from storage.store import Store

TRIES = 3
GAP_S = 1.0
_LONGEST_WAIT = timedelta(seconds=30)  # a registry that asks for more is left alone until then
_TURN_S = 60.0
_jitter = wait_random_exponential(multiplier=0.5, max=10)


class AwayError(Exception):
    """The registry cannot be used for now, whatever it is asked; `wait` is how long it asked to be left alone."""

    def __init__(self, reason: str, wait: timedelta | None = None, *, may_pass: bool = True) -> None:
        super().__init__(reason)
        self.wait = wait
        self.may_pass = may_pass
        self.tries = 1


class UselessError(Exception):
    """The answer about this DOI cannot be used."""


class _Speaks(Protocol):
    def where(self, base: str, doi: str, mail: str) -> str:
        """The address of a question."""

    def read(self, said: Any, doi: str, today: date) -> tuple[tuple[OpenCopy, ...], tuple[Notice, ...]]:
        """What an answer says."""


class Way(NamedTuple):
    """How a registry is reached: its base address, and who speaks its language."""

    base: str
    speaks: _Speaks


def ways(settings: Settings) -> dict[Registry, Way]:
    """The registries the operator named. Raises UsageError where they may not be asked for want of a mail address."""
    known = {
        Registry.CROSSREF: Way(settings.crossref_url, crossref),
        Registry.UNPAYWALL: Way(settings.unpaywall_url, unpaywall),
    }
    named = [Registry(one) for one in settings.registries]
    if named and not settings.contact_mail:
        raise UsageError(
            f"{', '.join(named)}: registries are asked with a mail address only",
            remedy="export HARVESTER_CONTACT=you@example.org",
        )
    return {one: known[one] for one in named}


class Asking:
    """Asks one registry, one question at a time whatever the number of processes, until `stop`."""

    def __init__(self, store: Store, settings: Settings, registry: Registry, way: Way, stop: threading.Event) -> None:
        self._store = store
        self._settings = settings
        self._registry = registry
        self._way = way
        self._stop = stop
        self._owner = f"{registry} {secrets.token_hex(8)}"
        self.host = target(way.base).host
        self._gap_s = 0.0 if target(way.base).host_port in settings.private_allow else GAP_S

    def ask(self, doi: str) -> Statement:
        """What it says of a DOI. Raises AwayError, UselessError, StorageError."""
        tries = Retrying(
            retry=retry_if_exception(_is_worth_another),
            stop=stop_after_attempt(TRIES) | stop_when_event_set(self._stop),
            wait=_wait,
            sleep=sleep_using_event(self._stop),
            reraise=True,
        )
        try:
            answer = tries(self._asked, doi)
        except AwayError as error:
            error.tries = tries.statistics["attempt_number"]
            raise
        now = datetime.now(UTC)
        if answer.status == 404:
            return Statement(registry=self._registry, doi=doi, asked_at=now)
        try:
            copies, notices = self._way.speaks.read(orjson.loads(answer.body), doi, now.date())
        except (UnreadableError, ValueError) as error:
            raise UselessError(f"its answer cannot be read: {error}") from error
        return Statement(registry=self._registry, doi=doi, asked_at=now, copies=copies, notices=notices)

    def _asked(self, doi: str) -> Answer:
        settings = self._settings
        url = self._way.speaks.where(self._way.base, doi, settings.contact_mail)
        self._take_turn()
        try:
            answer = get(url, user_agent(f"mailto:{settings.contact_mail}"), settings.private_allow)
        except (UnansweredError, AddressRefusedError) as error:
            raise AwayError(str(error), may_pass=isinstance(error, UnansweredError)) from error
        except TooLargeError as error:
            raise UselessError(str(error)) from error
        finally:
            self._write(lambda unit: self._store.hosts.end_turn(unit, self.host, self._owner, self._gap_s, _now()))
        if answer.status in (401, 403, 408, 429) or answer.status >= 500:
            wait = retry_after(answer.retry_after, _now())
            raise AwayError(f"it answered {answer.status}", wait, may_pass=answer.status not in (401, 403))
        if answer.status not in (200, 404):
            raise UselessError(f"it answered {answer.status}")
        return answer

    def _take_turn(self) -> None:
        """Wait for the host's turn. Raises AwayError when told to stop, or where the host is held meanwhile."""
        take = self._store.hosts.take_turn
        while True:
            wait = self._write(lambda unit: take(unit, self.host, self._owner, self._gap_s, _TURN_S, _now()))
            if not wait:
                return
            if timedelta(seconds=wait) > _LONGEST_WAIT or self._stop.wait(wait):
                raise AwayError("it is to be left alone for now", may_pass=False)

    def _write(self, work: Callable[[Any], Any]) -> Any:
        return self._store.transact(work, durable=False)


def _is_worth_another(error: BaseException) -> bool:
    return isinstance(error, AwayError) and error.may_pass and (error.wait or timedelta()) <= _LONGEST_WAIT


def _wait(state: RetryCallState) -> float:
    """What the registry asked for and a little more, else longer from try to try, never in step with others."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, AwayError) else None
    if asked is not None:
        return asked.total_seconds() + random.uniform(0, 1)  # noqa: S311 (no secret)
    return _jitter(state)


def _now() -> datetime:
    return datetime.now(UTC)
