"""How fast this machine is, for bounds on the time of its processor."""

import time
from functools import cache

_USUAL_S = 0.024  # of the sum below, on the machine that the bounds were set on


def seconds(count: float) -> float:
    """So many seconds of processor there; more on a slower machine, never less."""
    return count * max(1.0, _reference() / _USUAL_S)


@cache
def _reference() -> float:
    before = time.process_time()
    sum(number * number for number in range(300_000))
    return time.process_time() - before
