"""The HTTP API, version 1: everything that is kept, for programs, as far as each reader may see it.

api.py            the router of all of it, and its OpenAPI document
desk.py           what every route works with
gate.py           who asks (keys), how often he may (rates.py), what browsers may do (CORS)
readers.py        what a reader may see of a record
answers.py        bodies with ETag, Vary and Cache-Control; pages with `next`
documented.py     how routes tell their answers in the OpenAPI document
negotiation.py    which representation of a record is wanted; signposting.py: links that lead on from it
records.py  history.py  works.py  search.py  sources.py  runs.py  changes.py  explained.py     the routes
following.py      who waits for the change log to grow
"""
