"""What a page says of the full text: AccessStatus and the verdict that can say why."""

from datetime import date
from enum import IntEnum, StrEnum

from harvester.model.base import Utc, Value
from harvester.model.signal import Evidence


class AccessStatus(StrEnum):
    """Access to the FULL TEXT as the page states it; the landing page itself is always public."""

    OPEN = "open"
    FREE = "free"
    EMBARGOED = "embargoed"
    REGISTRATION = "registration"
    SUBSCRIPTION = "subscription"
    NO_FULLTEXT = "no_fulltext"
    UNKNOWN = "unknown"


class Tier(IntEnum):
    """Where a statement about access comes from; the lower tier decides."""

    OPERATOR = 1
    MACHINE = 2
    SENTENCE = 3
    STRUCTURE = 4
    REGISTRY = 5
    JOURNAL = 6
    HINT = 7


class PurchaseOption(Value):
    """One price on the page. `price` is a decimal string, `currency` an ISO 4217 code."""

    price: str
    currency: str
    kind: str = "article"  # article | rental | issue | subscription


class AccessConflict(Value):
    """A statement that said otherwise and did not decide."""

    status: AccessStatus
    tier: Tier
    rule: str
    evidence: Evidence


class AccessVerdict(Value):
    """The verdict on one edition at one moment. Every status but `unknown` has at least one quote.

    A disputed verdict is `unknown` with both sides in `evidence` (first) and `conflicts`.
    """

    status: AccessStatus = AccessStatus.UNKNOWN
    as_of: Utc
    until: date | None = None
    embargo_until: date | None = None
    decided_by: str = "none"  # rule id and version, e.g. "lexicon/fr.subscription.requires@1"
    tier: Tier | None = None
    evidence: tuple[Evidence, ...] = ()
    conflicts: tuple[AccessConflict, ...] = ()
    disputed: bool = False
    purchase_options: tuple[PurchaseOption, ...] = ()

    @property
    def operator(self) -> str:
        """Who says so above the page, and why (`NAME: REASON`); empty where the page decided."""
        return self.evidence[0].name if self.tier is Tier.OPERATOR and self.evidence else ""
