"""What is kept of a Schedule beside its rules: the operator's word, and the fires that were claimed."""

from enum import StrEnum

from harvester.model.base import Utc, Value
from harvester.model.source import ScheduleRules


class FireState(StrEnum):
    """What became of a fire."""

    QUEUED = "queued"  # claimed, waits for a free worker
    RUNNING = "running"  # its Run was started; still so after a crash, until it is taken up again
    DONE = "done"  # its Run has ended, or could not begin; the note says why
    SKIPPED = "skipped"  # another Run of the Source was at work


OPEN = (FireState.QUEUED, FireState.RUNNING)


class Fire(Value):
    """One fire of a Schedule. `at` is its nominal moment, and with the Source its name."""

    source_id: str
    at: Utc
    state: FireState
    claimed_by: str
    claimed_at: Utc
    ended_at: Utc | None = None
    run_id: str | None = None
    note: str = ""


class Pause(Value):
    """An operator's word that a Source is not to be harvested for now."""

    at: Utc
    by: str
    reason: str = ""


class Request(Value):
    """An operator's word that a Source is to be harvested now."""

    at: Utc
    by: str


class Schedule(Value):
    """What is kept for one Source. `since` is when fires began to count, `last_at` the latest that was claimed.

    `rules` are the operator's own, above those of the source file; `damage` says why they cannot be read.
    """

    source_id: str
    since: Utc
    last_at: Utc | None = None
    pause: Pause | None = None
    rules: ScheduleRules | None = None
    damage: str = ""
    request: Request | None = None

    def counts_after(self) -> Utc:
        """The moment after which a fire is still to be claimed."""
        return max(self.since, self.last_at or self.since)


class Standing(Value):
    """How one Source stands with its Schedule.

    `next_due` is when its next harvest may start (None: never, or it rests); `behind_s` for how many seconds one
    that is due has not begun.
    """

    source_id: str
    rests: bool
    next_due: Utc | None = None
    behind_s: float = 0.0
