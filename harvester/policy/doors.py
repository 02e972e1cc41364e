"""What of a stored Record leaves through which door: passed on to anybody, or shown to a reader."""

from harvester.model.record import Record
from harvester.policy.rights import without_abstracts


def is_listed(record: Record) -> bool:
    """False where the page asks not to be listed (robots `noindex`): neither on public pages nor in lists or feeds."""
    return "noindex" not in record.rights.robots


def redistributed(record: Record) -> Record:
    """The record as it may be passed on: feeds, OAI-PMH, the API without a key, exports for the public."""
    return record if record.rights.abstract_policy.redistribute else without_abstracts(record)


def shown(record: Record, *, signed_in: bool) -> Record:
    """The record as a reader may see it on a page of ours, or in a digest of his own when `signed_in`."""
    allowed = ("public", "signed_in") if signed_in else ("public",)
    return record if record.rights.abstract_policy.show in allowed else without_abstracts(record)
