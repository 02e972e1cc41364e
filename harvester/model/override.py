"""An operator's correction of one record's access verdict, and what it makes of what the page says."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field

from harvester.model.access import AccessConflict, AccessStatus, AccessVerdict, Tier
from harvester.model.base import Utc, Value
from harvester.model.signal import QUOTE_LIMIT, Evidence

RULE = "operator.override@1"
LONGEST_REASON = 500
# No `embargoed`: an embargo is a day the page states.
OverrideStatus = Literal["open", "free", "registration", "subscription", "no_fulltext", "unknown"]
STATUSES: tuple[str, ...] = get_args(OverrideStatus)


class Override(Value):
    """What `by` says of the access to one record, above all that its page says, and why.

    In force from `at` to the end of the day `until` (UTC), or until it is lifted. One that has ended names who ended
    it, or nobody where its last day had passed.
    """

    id: int
    record_id: str
    status: OverrideStatus
    by: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
    at: Utc
    until: date | None = None
    ended_at: Utc | None = None
    ended_by: str | None = None
    ended_reason: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it counts on a day."""
        return self.ended_at is None and (self.until is None or day <= self.until)

    def over(self, said: AccessVerdict, url: str) -> AccessVerdict:
        """The verdict of the operator on the page at `url`; what the page `said` against it are conflicts."""
        status = AccessStatus(self.status)
        told = [
            AccessConflict(status=said.status, tier=said.tier, rule=said.decided_by, evidence=one)
            for one in said.evidence
            if said.tier is not None
        ]
        against = [one for one in (*told, *said.conflicts) if one.status is not status]
        return AccessVerdict(
            status=status,
            as_of=self.at,
            decided_by=RULE,
            tier=Tier.OPERATOR,
            evidence=(evidence(self.by, self.reason, url),),
            conflicts=tuple(dict.fromkeys(against)),
            purchase_options=said.purchase_options if status is AccessStatus.SUBSCRIPTION else (),
        )

    def decided(self, verdict: AccessVerdict) -> bool:
        """Whether the verdict is this operator's and not the page's."""
        return verdict.decided_by == RULE and verdict.as_of == self.at


def evidence(by: str, reason: str, url: str) -> Evidence:
    """What an operator's word rests on: who and why, quoted by the address it is said of."""
    return Evidence(vocabulary="operator", name=f"{by}: {reason}", quote=url[:QUOTE_LIMIT], where="url")
