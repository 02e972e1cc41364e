"""Spooled Visits -> extraction -> policy -> archive and storage; the only writer of records and visit results.

reading.py      one Visit -> one Reading: what it is, what it says, what may be kept; pure
ingest.py       a batch of Visits: read all, archive, then one transaction
quarantine.py   a page that ends the process again and again is set aside
replay.py       archived pages read again with today's rules
faces.py        one article at an address per language
burial.py       which records become tombstones when their pages are gone
"""

from harvester.ingest.ingest import Ingest, LeaseLostError, Looked, Revisit, Tally, turning_point
from harvester.ingest.quarantine import Quarantine
from harvester.ingest.reading import warm

__all__ = ["Ingest", "LeaseLostError", "Looked", "Quarantine", "Revisit", "Tally", "turning_point", "warm"]
