"""The console: pages for people, in French and in English, that need neither JavaScript nor a login to be read.

reading.py        the routes for researchers: search, one record
asking.py         address of a page <-> what is asked of the search
presenting.py     Record -> what a page shows of it
wording.py        what is said in either language; dates, numbers and names of languages
page.py           template -> answer, with the headers every page has
words/            the sentences, one file a language
templates/, static/
"""
