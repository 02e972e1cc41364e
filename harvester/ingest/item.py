"""One Visit on its way through a batch, and what decides when its page is due again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from harvester.ingest.reading import Reading
from harvester.model.page import VisitOutcome
from harvester.model.record import Record
from harvester.policy import ABSTRACTS
from storage.archive import Pointer
from storage.archive_index import ArchiveEntry
from storage.pages import PageState
from storage.saving import Saved


@dataclass(slots=True)
class Item:
    """One Visit on its way through a batch: what was read, where it was archived, what storage made of it."""

    reading: Reading
    state: PageState | None
    pointer: Pointer | None = None
    revisited: Pointer | None = None
    saved: Saved | None = None

    def note(self, saved: Saved) -> None:
        """Storage has answered; what it could not store makes the page a failure of its own."""
        self.saved = saved
        if saved.error:
            self.reading = replace(
                self.reading,
                outcome=VisitOutcome.WRONG_CONTENT,
                detail=f"not stored: {saved.error}"[:500],
                digest=None,
                effect="not_stored",
            )

    @property
    def is_refused(self) -> bool:
        return self.saved is not None and (self.saved.skipped or self.saved.error is not None)

    @property
    def brought_news(self) -> bool:
        return self.saved is not None and self.saved.kind is not None

    @property
    def loses_abstracts(self) -> bool:
        """Whether the record is a known one of which no abstract may be kept, older revisions included."""
        record = self.reading.record
        return record is not None and self.reading.known is not None and not record.rights.abstract_policy.keep

    @property
    def forbids_older(self) -> bool:
        """Whether a known page, as it is now, may be kept in no archive, or without its abstracts only."""
        kept, record = self.reading.kept, self.reading.record
        if kept is None or record is None or self.reading.known is None:
            return False
        return kept.is_banned or not record.rights.abstract_policy.keep

    def may_not_keep(self, entry: ArchiveEntry) -> bool:
        """Whether an older body of its record says what this one may not."""
        reading = self.reading
        assert reading.record
        assert reading.kept
        if reading.kept.is_banned:
            return entry.url in (reading.visit.url, reading.record.url, *reading.record.aliases)
        return not entry.revisit and ABSTRACTS not in (entry.reason or "")

    @property
    def record_id(self) -> str | None:
        if self.saved and not self.saved.error:
            return self.saved.record_id
        return self.reading.known.id if self.reading.known else None

    def effects(self) -> list[str]:
        """What the visit did, as the Run counts it."""
        reading, saved = self.reading, self.saved
        effects = [reading.effect] if reading.effect else ["held"] if reading.held else []
        if saved and not saved.error:
            kinds = [kind.value for kind in (saved.kind, *saved.extra) if kind]
            effects += ["skipped"] if saved.skipped else kinds or ["unchanged"]
        stored = reading.record or (reading.known if reading.effect != "kept_old" else None)
        if stored and reading.outcome in (VisitOutcome.OK, VisitOutcome.NOT_MODIFIED):
            effects += ["reserved"] if stored.rights.tdm and stored.rights.tdm.reserved else []
            effects += [] if stored.rights.abstract_policy.keep else ["abstracts_withheld"]
        if reading.kept and reading.kept.state != "kept" and reading.effect != "kept_old":
            effects.append(f"archive_{reading.kept.state}")
        return effects


class Looked(NamedTuple):
    """What decides when a page is due again.

    `failures` are those in a row, this one included; `news` says whether the visit changed anything, `known` whether
    there is a record, `turns` when what it says of access ends by itself.
    """

    outcome: VisitOutcome
    at: datetime
    failures: int
    first_seen: datetime
    news: bool
    known: bool
    turns: datetime | None


Revisit = Callable[[Looked], datetime | None]


def turning_point(record: Record) -> datetime | None:
    """The first moment at which what the record says of access or listing is over."""
    days = (day for day in (record.access.embargo_until, record.access.until) if day)
    ends = [datetime.combine(day + timedelta(days=1), time(), UTC) for day in days]
    return min(filter(None, (*ends, record.rights.unavailable_after)), default=None)
