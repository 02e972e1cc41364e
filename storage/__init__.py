"""The only room that knows SQLAlchemy, the databases and the archive's file format.

It takes and returns model words or plain values, never rows; times and settings come in as arguments.
Rooms: `store` (the open store), `unit` (one transaction), `database` (`sqlite`, `postgresql`), `records`,
`changes`, `pages`, `hosts`, `runs`, `schedules`, `leaders`, `alerts`, `deliveries` (tables behind small classes),
`news` (the change log as alerts follow it), `spool` (raw pages on
their way from crawl to ingest), `archive` (WARC files and their index), `migrations`.
"""
