"""The two clocks a scheduler reads: one that may be set, and one that only goes forward."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is (UTC), and seconds that neither jump nor go back."""

    def now(self) -> datetime:
        """The present, as this machine believes."""

    def monotonic(self) -> float:
        """Seconds since some moment."""


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since the machine began."""
        return time.monotonic()
