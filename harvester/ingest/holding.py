"""Updates that would take from records what they had, held until it is clear whether the site's template has changed.

One article may lose its keywords; when many do at once, it is the page that is built anew and not they.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from harvester.ingest.measures import in_words
from harvester.model.record import Record
from storage.pages import PageVisit

LEAST_LOST = 3  # pages; fewer are news about the articles
LOST_SHARE = 0.2  # of the known records that had the field and were read again
MOST_HELD = 200  # records in memory
_KINDS = ("had", "lost")


class Held(NamedTuple):
    """A record as its page shows it now, without the fields `lost`, and its visits as they count either way."""

    record: Record
    accepted: list[PageVisit]
    kept_old: list[PageVisit]
    lost: tuple[str, ...]


@dataclass(slots=True)
class Holding:
    """The held updates of a Run by record id. `earlier` counts what good Runs lost shortly before this one.

    The operator knows of the fields `accepted` that pages do not show them any more.
    """

    earlier: Mapping[str, int] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    held: dict[str, Held] = field(default_factory=dict)
    drifted: set[str] = field(default_factory=set)

    def is_full(self) -> bool:
        """Whether it is time to decide about what is held."""
        return len(self.held) >= MOST_HELD

    def settle(self, counts: Mapping[str, int]) -> tuple[list[Held], list[Held]]:
        """What is news and to be stored, and what is to be kept as it was; nothing is held after it.

        `counts` has `had:FIELD` and `lost:FIELD` of this Run so far. A field that has drifted once stays so.
        """
        names = [name.removeprefix("lost:") for name in counts if name.startswith("lost:")]
        self.drifted |= {name for name in names if self._is_drift(name, counts)}
        news = [one for one in self.held.values() if not self.drifted.intersection(one.lost)]
        old = [one for one in self.held.values() if self.drifted.intersection(one.lost)]
        self.held.clear()
        return news, old

    def _is_drift(self, name: str, counts: Mapping[str, int]) -> bool:
        if name in self.accepted:
            return False
        had, lost = (counts.get(f"{kind}:{name}", 0) + self.earlier.get(f"{kind}:{name}", 0) for kind in _KINDS)
        return lost >= LEAST_LOST and lost > LOST_SHARE * had

    def told(self, counts: Mapping[str, int]) -> Iterator[str]:
        """Each field that has drifted, as `keywords (30 of 31)`."""
        for name in sorted(self.drifted):
            yield f"{in_words(name)} ({counts[f'lost:{name}']} of {counts[f'had:{name}']})"
