"""What a Run counts while it reads."""

from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harvester.ingest.measures import Measures
from harvester.model.access import AccessStatus
from harvester.model.page import VisitOutcome
from harvester.model.record import Record


@dataclass(slots=True)
class Tally:
    """What a Run counted: `counts` by VisitOutcome and by effect; `seen` what the records read were like.

    `first` tells of every VisitOutcome the first page that met it, as `URL: detail`.
    `measures` are of pages read whole. `checked` counts for every host the bot checks that it answered last, in a row.
    """

    counts: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    measures: Measures = field(default_factory=Measures)
    checked: Counter[str] = field(default_factory=Counter)

    def copy(self) -> "Tally":
        """The same counts, to go on from."""
        return Tally(self.counts.copy(), self.seen.copy(), self.first.copy(), self.measures.copy(), self.checked.copy())

    def note_visit(self, outcome: VisitOutcome, url: str, detail: str) -> None:
        """Count one visit."""
        self.counts[outcome.value] += 1
        self.first.setdefault(outcome.value, f"{url}: {detail}" if detail else url)
        host = urlsplit(url).netloc
        self.checked[host] = self.checked[host] + 1 if outcome is VisitOutcome.CHALLENGED else 0

    def note_record(self, read: Record, *, may_keep: bool) -> None:
        """Count one record as read, for the Expectations."""
        self.seen["records"] += 1
        self.seen["with_doi"] += read.identifier("doi") is not None
        self.seen["with_abstract"] += bool(read.abstracts) or not may_keep
        self.seen["abstract_in_two"] += len(read.abstracts) > 1 or not may_keep
        self.seen["with_keywords"] += bool(read.keywords)
        self.seen["with_authors"] += bool(read.contributors)
        self.seen["bilingual"] += len(read.titles.keys() | read.abstracts.keys()) > 1
        self.seen["with_verdict"] += read.access.status is not AccessStatus.UNKNOWN or read.access.disputed
