"""Harvester: bilingual article records and access verdicts from public publisher pages.

The map, from the ground floor up (imports go down only; `tests/test_architecture.py` holds it):

    model/, errors.py             the words: frozen values and enums
    settings.py, sources.py       what the operator says: environment, seed files
    extraction/                   pure: (Page, Source) -> Record with evidence
    policy/                       pure: what may be kept, shown, redistributed
    formats/                      pure: Record -> JSONL and its kin
    storage/ (beside this)        tables, change log, spool, archive
    ahead/                        pages read in a process of its own, ahead of the Run that stores them
    digests/                      what readers are told, when, and how it reaches them
    crawl/                        the only room that knows Scrapy
    enrich/                       what registries say of closed articles; never needed
    ingest/                       spooled Page -> extraction -> policy -> archive and storage
    run/                          one Run: lease, crawl, ingest, outcome
    scheduling/                   when Sources are due, who leads, workers
    serving/                      the only room that knows the web framework
    sample/                       a small publisher on loopback, for `harvester demo` and tests
    cli.py                        the command line
"""
