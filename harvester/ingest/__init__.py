"""Spooled Visits -> extraction -> policy -> archive and storage; the only writer of records and visit results.

reading.py      one Visit -> one Reading: what it is, what it says, what may be kept; pure
ingest.py       a batch of Visits: read all, archive, then one transaction
quarantine.py   a page that ends the process again and again is set aside
replay.py       archived pages read again with today's rules
withholding.py  what may not be kept any more leaves history and tombstones too
item.py         one Visit on its way through a batch; when its page is due again
tally.py        what a Run counts
measures.py     what the records read were like, field by field
holding.py      updates that would take from records what they had, held until it is clear why
faces.py        one article at an address per language
burial.py       which records become tombstones when their pages are gone
"""

from harvester.ingest.ingest import Ingest, LeaseLostError
from harvester.ingest.item import Looked, Revisit, turning_point
from harvester.ingest.quarantine import Quarantine
from harvester.ingest.tally import Tally

__all__ = ["Ingest", "LeaseLostError", "Looked", "Quarantine", "Revisit", "Tally", "turning_point"]
