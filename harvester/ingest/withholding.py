"""What may not be kept any more goes wherever it is: out of records without a page, older revisions, tombstones."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from harvester.ingest.ingest import LeaseLostError
from harvester.ingest.replay import Reread, kinds
from harvester.model.differences import differences
from harvester.model.record import Record, meaning
from harvester.model.source import Source
from harvester.policy import abstract_policy, decide, without_abstracts
from storage.store import Store
from storage.unit import Unit


class Withholding:
    """The records of one Source whose abstracts today's rights withhold, after the archive was read again."""

    def __init__(self, store: Store, source: Source, *, default_basis: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._source = source
        self._basis = default_basis
        self._clock = clock

    def records(self) -> Iterator[Record]:
        """Those of which no abstract may be kept today, also when they are gone."""
        for record in self._store.records.iter(source_id=self._source.id, include_deleted=True):
            if not abstract_policy(record.rights.tdm, self._source.rights, self._basis, self._clock()).keep:
                yield record

    def bare(self, record: Record) -> Reread | None:
        """The living record without the abstracts that no archived page was there to cut; None if it has none."""
        if record.deleted_at is not None or not (record.abstracts or record.other_abstracts):
            return None
        cut = decide(record, self._source.rights, self._basis, page_robots=(), visit_robots=(), now=self._clock())
        fields = tuple(differences(meaning(record), meaning(cut)))
        old, new = record.rights.abstract_policy.basis, cut.rights.abstract_policy.basis
        why = (f"basis for the abstracts {old} -> {new}",)
        return Reread(record.id, record.url, None, "changed", fields, tuple(kinds(fields)), why, record=cut)

    def cut_history(self, record_ids: Sequence[str], run_id: str, lease_s: float) -> int:
        """Take the abstracts out of older revisions and tombstones; returns how many documents had any.

        Raises LeaseLostError when another Run has taken over, StorageError when nothing can be stored.
        """

        def cut(unit: Unit) -> int:
            if not self._store.runs.heartbeat(unit, run_id, self._clock(), lease_s):
                raise LeaseLostError(f"run {run_id}: another run of {self._source.id} has taken over")
            return self._store.records.rewrite(unit, record_ids, without_abstracts)

        return self._store.transact(cut, scrub=True)
