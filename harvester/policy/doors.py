"""What of a stored Record leaves through which door: passed on to anybody, or shown to a reader."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from harvester.model.access import AccessVerdict
from harvester.model.base import Value
from harvester.model.record import Record
from harvester.model.signal import Evidence
from harvester.policy.phrases import Phrases
from harvester.policy.rights import without_abstracts

_T = TypeVar("_T", bound=Value)


def is_listed(record: Record) -> bool:
    """False where the page asks not to be listed (robots `noindex`): neither on public pages nor in lists or feeds."""
    return "noindex" not in record.rights.robots


def redistributed(record: Record) -> Record:
    """The record as it may be passed on: feeds, OAI-PMH, the API without a key, exports for the public."""
    return record if may_pass(record, signed_in=False) else withheld(record)


def shown(record: Record, *, signed_in: bool) -> Record:
    """The record as a reader may see it on a page of ours, or in a digest of his own when `signed_in`."""
    allowed = ("public", "signed_in") if signed_in else ("public",)
    return record if record.rights.abstract_policy.show in allowed else withheld(record)


def may_pass(record: Record, *, signed_in: bool) -> bool:
    """Whether its abstracts may be passed on to anybody, or shown to a reader who is `signed_in`."""
    policy = record.rights.abstract_policy
    return policy.redistribute or (signed_in and policy.show != "nobody")


def withheld(record: Record) -> Record:
    """The record without abstracts, and without any evidence that quotes from one."""
    bare = without_abstracts(record)
    return bare if bare is record else without_quotes(bare, abstracts_of([record]))


def abstracts_of(records: Iterable[Record]) -> Phrases:
    """What the abstracts of these records say, without the sentences of the site that stood in them."""
    return Phrases(text.value for one in records for text in (*one.abstracts.values(), *one.other_abstracts))


def without_quotes(value: _T, phrases: Phrases) -> _T:
    """The value without evidence that quotes these, wherever in it that stands."""
    changed = dict(_changed(value, phrases)) if phrases else {}
    return value.model_copy(update=changed) if changed else value


def verdict_without_quotes(verdict: AccessVerdict, phrases: Phrases) -> AccessVerdict:
    """The same of a verdict; statements that did not decide go as a whole."""
    kept = tuple(one for one in verdict.conflicts if not phrases.within(one.evidence.quote))
    return without_quotes(verdict.model_copy(update={"conflicts": kept}), phrases)


def _changed(value: Value, phrases: Phrases) -> Iterator[tuple[str, Any]]:
    for name in type(value).model_fields:
        old = getattr(value, name)
        new = verdict_without_quotes(old, phrases) if isinstance(old, AccessVerdict) else _cut(old, phrases)
        if new != old:
            yield name, new


def _cut(held: Any, phrases: Phrases) -> Any:
    if isinstance(held, tuple):
        kept = (one for one in held if not (isinstance(one, Evidence) and phrases.within(one.quote)))
        return tuple(_cut(one, phrases) for one in kept)
    if isinstance(held, dict):
        return {key: _cut(one, phrases) for key, one in held.items()}
    return without_quotes(held, phrases) if isinstance(held, Value) else held
