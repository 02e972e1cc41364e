"""Search: one analyser and one query for both engines; what differs between them stands in `index_sqlite` and
`index_postgresql`.

`analyser` makes tokens of text, `entry` says what of a record is indexed, `query` reads what people type, `expressions`
are what an engine can match, `thesaurus` finds a keyword's name in other languages, `ranking` and `snippets` are pure,
`search` puts them together.
"""
