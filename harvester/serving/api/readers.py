"""What a reader may see: of records whole, of their past, of abstracts, of what is not listed."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import orjson

from harvester.model.access import AccessVerdict
from harvester.model.key import Scope
from harvester.model.record import Record
from harvester.model.search import Door
from harvester.policy import abstracts_of, is_listed, may_pass, verdict_without_quotes, withheld
from harvester.serving.problems import Problem


class Reader:
    """Somebody who asks, by the scopes of the key he sent."""

    def __init__(self, scopes: frozenset[Scope]) -> None:
        self.scopes = scopes

    @cached_property
    def signed_in(self) -> bool:
        """Whether abstracts are shown that may not be passed on."""
        return Scope.ABSTRACTS in self.scopes

    @cached_property
    def operates(self) -> bool:
        """Whether nothing is hidden but abstracts."""
        return Scope.OPERATE in self.scopes

    @property
    def door(self) -> Door:
        """Through which door answers go."""
        return Door.SIGNED_IN if self.signed_in else Door.PUBLIC

    def demand(self, scope: Scope) -> None:
        """Raises Problem without this scope."""
        if scope not in self.scopes:
            raise Problem("not-allowed", f"This needs a key with the scope `{scope}`.")

    def may_see(self, record: Record) -> bool:
        """Whether the record, which is not deleted, may be told of."""
        return self.operates or is_listed(record)

    def of(self, record: Record) -> Record:
        """The record as it may be seen."""
        return record if may_pass(record, signed_in=self.signed_in) else withheld(record)

    def of_then(self, past: Record, now: Record) -> Record:
        """An earlier revision: what was withheld then or is withheld now is not in it."""
        return self.of(past) if may_pass(now, signed_in=self.signed_in) else withheld(past)

    def of_verdicts(self, verdicts: Iterable[AccessVerdict], revisions: Iterable[Record]) -> list[AccessVerdict]:
        """Verdicts without quotes from abstracts that are withheld in any revision."""
        hidden = abstracts_of(one for one in revisions if not may_pass(one, signed_in=self.signed_in))
        return [verdict_without_quotes(verdict, hidden) for verdict in verdicts]

    def stored(self, text: str) -> "Stored":
        """A record as stored JSON, seen by this reader."""
        return Stored(text, self)


ANYBODY = Reader(frozenset())


class Stored:
    """A record as it is stored: made into values only where something has to be taken out of it."""

    def __init__(self, text: str, reader: Reader) -> None:
        self.text = text
        self._reader = reader
        self.values: dict[str, Any] = orjson.loads(text)

    @property
    def is_deleted(self) -> bool:
        """Whether it is a tombstone."""
        return self.values["deleted_at"] is not None

    @property
    def is_seen(self) -> bool:
        """Whether it is there for the reader."""
        return not self.is_deleted and (self._reader.operates or "noindex" not in self.values["rights"]["robots"])

    @cached_property
    def record(self) -> Record:
        """As values, as far as they may be seen."""
        return self._reader.of(Record.model_validate_json(self.text))

    def body(self) -> bytes:
        """As JSON, as far as it may be seen."""
        return self.text.encode() if self._is_whole else self.record.model_dump_json().encode()

    @property
    def _is_whole(self) -> bool:
        policy = self.values["rights"]["abstract_policy"]
        passes = policy["redistribute"] or (self._reader.signed_in and policy["show"] != "nobody")
        return passes or not (self.values["abstracts"] or self.values["other_abstracts"])
