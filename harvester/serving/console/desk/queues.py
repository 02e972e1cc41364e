"""The review queues: what waits for somebody's judgement. The overview counts them and leads to them."""

from collections.abc import Callable
from typing import NamedTuple

from harvester.serving.console.desk.office import Office


class Queue(NamedTuple):
    """One queue: `name` in the words (`queue.name`), the page below `desk/` that shows it, and how many wait."""

    name: str
    path: str
    count: Callable[[Office], int]


QUEUES: tuple[Queue, ...] = ()
