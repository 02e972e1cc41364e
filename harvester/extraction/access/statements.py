"""One statement about access: what every reader of this room returns and `read_access` weighs."""

from datetime import date
from typing import NamedTuple

from harvester.model.access import AccessStatus, Tier
from harvester.model.signal import Evidence


class Statement(NamedTuple):
    """`about_article`: it names this article (or is its own metadata), and so beats one that does not."""

    status: AccessStatus
    tier: Tier
    rule: str
    evidence: Evidence
    about_article: bool = True
    until: date | None = None  # free until then
    embargo_until: date | None = None
    files: bool = False  # said of the files themselves: who may not have them gains nothing by their licence
    licence: bool = False  # rests on a licence: no institution's session can have put it there
