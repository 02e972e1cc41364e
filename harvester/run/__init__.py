"""One Run of one Source: lease, what an interrupted Run left, crawl, ingest, Expectations, outcome.

run.py            the Run itself, from lease to outcome
many.py           several Sources at once
apart.py          a Run in a process of its own (`python -m harvester.run`)
lease.py          who holds a Source, and whether that process still lives
salvage.py        what a Run that died left behind: its crawl, its spool, archive tails
child.py          the crawl's process as the Run sees it
importing.py      pages saved elsewhere, through the same ingest
replay.py         the archive read again with today's rules, under the same lease
given.py          addresses and DOIs an operator names
agenda.py         what is due when, and why
robots.py         may a URL be fetched, and by which rule
look.py           one page to look at, kept nowhere
verdict.py        counts, report and Expectations -> outcome and notes; pure
baseline.py       what earlier Runs were like, and where this one falls short of it; pure
telling.py        a mail to the operator when a Source falls ill, and when it is well again
"""

from harvester.run.many import run_sources
from harvester.run.run import Progress, run_source

__all__ = ["Progress", "run_source", "run_sources"]
