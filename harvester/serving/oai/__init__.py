"""The OAI-PMH 2.0 provider. Only its door (`door.py`) knows the web framework.

    door.py         routes, the bound on requests at a time, compression, and the reader of the change log beside them
    repository.py   a request's arguments -> its answer
    arguments.py    the six verbs and what each takes; dates as asked for
    tokens.py       resumption tokens: signed, without state, good for ever
    answers.py      the XML around records
    metadata.py     the formats; metadata and about of one record
    sets.py         the sets of a record
    following.py    what the provider makes of a Change, and rendering ahead
    face.py         what the repository says of itself

Whoever harvests by the rules misses nothing: storage/oai.py says how.
"""
