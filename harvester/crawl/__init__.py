"""Finds, asks politely for and fetches the pages of one Source: the only room that knows Scrapy.

A crawl is a process of its own (`crawl.CrawlChild`, `python -m harvester.crawl`). It reads due URLs from
storage, writes discoveries and host turns there, and appends every visit to the spool; it writes no
record and no visit result. `discovery`, `politeness` and `revisit` are pure.
"""
