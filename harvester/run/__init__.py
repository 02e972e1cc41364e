"""One Run of one Source: lease, what an interrupted Run left, crawl, ingest, Expectations, outcome.

run.py            the Run itself, from lease to outcome
lease.py          who holds a Source, and whether that process still lives
salvage.py        what a Run that died left behind: its crawl, its spool, archive tails
child.py          the crawl's process as the Run sees it
replay.py         the archive read again with today's rules, under the same lease
verdict.py        counts, report and Expectations -> outcome and notes; pure
"""

from harvester.run.run import Progress, run_source

__all__ = ["Progress", "run_source"]
