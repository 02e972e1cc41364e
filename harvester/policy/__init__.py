"""What may be kept, shown and redistributed of a Record, and which body of its Page the archive may hold.

Pure: no clock, no disk. `decide` acts on the Record (rights.py), `body_to_keep` on the Page (body.py).

    rights.py      TDM reservation x operator's basis -> AbstractPolicy; robots directives
    body.py        Page -> the body the archive may hold: as served, cut, or none, with the reason
    abstracts.py   every trace of the abstracts (and of any other prose) leaves a reserved page
    hints.py       a first look at a body: what its words say must be looked for
    fulltext.py    full text that a page carries hidden, or that a source file points at
    addresses.py   e-mail addresses, in every spelling met
    phrases.py     folded words, word shingles of what must go, phrases of what must stay
"""

from harvester.policy.addresses import headers_without_addresses
from harvester.policy.body import ABSTRACTS, Kept, body_to_keep
from harvester.policy.doors import (
    abstracts_of,
    is_listed,
    may_pass,
    redistributed,
    shown,
    verdict_without_quotes,
    withheld,
)
from harvester.policy.rights import abstract_policy, archive_ban, decide, without_abstracts

__all__ = [
    "ABSTRACTS",
    "Kept",
    "abstract_policy",
    "abstracts_of",
    "archive_ban",
    "body_to_keep",
    "decide",
    "headers_without_addresses",
    "is_listed",
    "may_pass",
    "redistributed",
    "shown",
    "verdict_without_quotes",
    "withheld",
    "without_abstracts",
]
