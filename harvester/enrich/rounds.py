"""One round of look-ups: the change log says which DOIs, the newest are asked for first, answers are kept a while."""

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harvester.enrich.asking import Asking, AwayError, UselessError, Way, ways
from harvester.model.base import iso_utc
from harvester.model.open_copy import Registry, Statement
from harvester.settings import Settings
from storage.store import Store

KNOWN = timedelta(days=30)  # how long an answer is good that names a copy
NOTHING = timedelta(days=7)  # and one that names none: copies come with time
_FAILED = timedelta(days=1)  # after which an answer that could not be used is asked for again; twice that, and so on
_LEFT_ALONE = timedelta(hours=1)
_USELESS = 5  # answers in a row, after which the registry is left alone
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What a round with one registry came to. `trouble` says why it ended before all was asked."""

    asked: int = 0
    found: int = 0  # named a copy
    failed: int = 0
    left: bool = False  # more may be due
    trouble: str = ""


class Lookups:
    """Rounds of one store; several processes may do them, one question to a registry at a time."""

    def __init__(self, store: Store, settings: Settings, stop: threading.Event) -> None:
        self._store = store
        self._settings = settings
        self._stop = stop
        self._followed: dict[Registry, int] = {}

    def look(self, most: int = 100) -> dict[Registry, Tally]:
        """At most so many questions to each registry. Raises UsageError where settings say too little, StorageError."""
        return {registry: self._round(registry, way, most) for registry, way in ways(self._settings).items()}

    def _round(self, registry: Registry, way: Way, most: int) -> Tally:
        tally = Tally()
        self._follow(registry)
        asking = Asking(self._store, self._settings, registry, way, self._stop)
        if self._is_held(asking.host):
            tally.trouble = "left alone for now"
            return tally
        dois = self._store.lookups.due(registry, _now(), most)
        useless = 0
        for doi in dois:
            if self._stop.is_set() or tally.trouble:
                break
            tally.asked += 1
            try:
                self._keep(asking.ask(doi), tally)
                useless = 0
            except UselessError as error:
                useless += 1
                self._failed(registry, doi, str(error), tally)
                if useless == _USELESS:
                    self._leave_alone(asking, registry, AwayError(f"{useless} answers in a row of no use"), tally)
            except AwayError as error:
                if error.may_pass:  # it may be this question that it cannot answer
                    self._failed(registry, doi, str(error), tally)
                self._leave_alone(asking, registry, error, tally)
        tally.left = len(dois) == most
        return tally

    def _follow(self, registry: Registry) -> None:
        """Bring the list of what is to be looked up to the end of the change log."""
        head = self._store.changes.head()
        if self._followed.get(registry) != head:
            follow = self._store.lookups.follow
            while self._store.transact(lambda unit: follow(unit, registry, _now())):
                pass
            self._followed[registry] = head

    def _keep(self, statement: Statement, tally: Tally) -> None:
        is_found = bool(statement.copies)
        until = statement.asked_at + (KNOWN if is_found else NOTHING)
        self._store.transact(lambda unit: self._store.lookups.answered(unit, statement, until))
        tally.found += is_found

    def _failed(self, registry: Registry, doi: str, reason: str, tally: Tally) -> None:
        tally.failed += 1
        _log.warning("%s: of %s %s", registry, doi, reason)
        again = _now() + min(_FAILED * 2 ** min(self._store.lookups.failures(registry, doi), 5), KNOWN)
        self._store.transact(lambda unit: self._store.lookups.failed(unit, registry, doi, again))

    def _leave_alone(self, asking: Asking, registry: Registry, error: AwayError, tally: Tally) -> None:
        if self._stop.is_set():
            tally.trouble = "stopped"
            return
        until = _now() + max(error.wait or timedelta(), _LEFT_ALONE)
        tries = f"{error.tries} tries" if error.tries > 1 else "one try"
        tally.trouble = f"given up after {tries}: {error}; left alone until {iso_utc(until.replace(microsecond=0))}"
        _log.warning("%s: %s", registry, tally.trouble)
        held = f"{registry}: {error}"
        self._store.transact(lambda unit: self._store.hosts.hold(unit, asking.host, until, held))

    def _is_held(self, host: str) -> bool:
        hold = self._store.hosts.hold_of(host)
        return hold is not None and hold.until > _now()


def _now() -> datetime:
    return datetime.now(UTC)
