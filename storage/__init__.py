"""The only room that knows SQLAlchemy and the archive's file format.

It takes and returns model words or plain values, never rows; times and settings come in as arguments.
Rooms: `store` (engine, unit of work), `records`, `changes`, `pages`, `hosts`, `runs` (tables behind small classes),
`database` (an open database, of either engine: `sqlite`, `postgresql`), `spool` (raw pages on their way from crawl to ingest), `archive` (WARC files and their index), `migrations`.
"""
