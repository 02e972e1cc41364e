"""What a page says of the full text: signals, sentences and structure -> AccessVerdict with quotes.

`passages` finds the few stretches of text worth reading, `places` says whose they are (the article's, the site's),
`lexicon` knows the sentences per language, `machine`, `sentences`, `structure` and `licences` make statements of them,
`read_access` weighs the statements by tier, and `walls` keeps out pages that are no article.
"""
