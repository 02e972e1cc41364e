"""The review queues: what waits for somebody's judgement. The overview counts them and leads to them.

Sources that drift are not among them: the overview names each as a trouble.
"""

from collections.abc import Callable
from typing import NamedTuple

from harvester.model.doubt import DoubtKind
from harvester.serving.console.desk.office import Office


class Queue(NamedTuple):
    """One queue: `name` in the words (`queue.name`), the page below `desk/` that shows it, and how many wait."""

    name: str
    path: str
    count: Callable[[Office], int]


QUEUES: tuple[Queue, ...] = (
    Queue("disputed", "review", lambda office: office.store.doubts.counts()[DoubtKind.DISPUTED]),
    Queue("contradicted", "review/contradicted", lambda office: office.store.doubts.counts()[DoubtKind.CONTRADICTED]),
    Queue("works", "review/works", lambda office: office.store.works.waiting()),
)
