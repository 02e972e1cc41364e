"""What the rest of the process does, as the web application asks about it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from harvester.model.schedule import Standing


class Work(Protocol):
    """A scheduler with its workers, or whatever stands in for them."""

    @property
    def leads(self) -> bool:
        """Whether this process claims fires."""

    def state(self) -> Mapping[str, object]:
        """Leader or standby, Runs, and what else an operator may ask for."""

    def counts(self) -> Mapping[str, int]:
        """How much is `waiting` for a worker and how much is `at_work`. Raises StorageError."""

    def trouble(self) -> str:
        """Why it must be taken for hung; empty where it is well."""

    def look_age_s(self) -> float:
        """Seconds since its loop last came round."""

    def standings(self) -> Sequence[Standing]:
        """How every Source stands with its Schedule."""


class Tried(NamedTuple):
    """What came of one page that was tried: `fields` as (name, value, what it rests on), `access` with its quotes.

    `forbidden` says what policy keeps from being stored; `id` and `text` are the seed file that is proposed.
    """

    url: str
    outcome: str
    reason: str
    fields: Sequence[tuple[str, str | None, str]]
    access: str
    quotes: Sequence[str]
    forbidden: Sequence[str]
    missing: Sequence[str]
    id: str
    text: str


class Trying(Protocol):
    """Fetches a page as a harvest would, and proposes a Source for its host."""

    def __call__(self, url: str) -> Tried:
        """Raises HarvesterError where it may not be fetched, or cannot be, and BusyError while another is tried."""
