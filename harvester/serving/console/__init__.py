"""The console: pages for people, in French and in English, whole without JavaScript; readers need no login.

reading.py        the routes for researchers: search, one record
asking.py         address of a page <-> what is asked of the search
archived.py       an archived page as harmless HTML, quotes marked
evidence.py       what a record's values rest on, and all that its page says
presenting.py     Record -> what a page shows of it
wording.py        what is said in either language; dates, numbers and names of languages
page.py           template -> answer, with the headers every page has
desk/             the operators' half, for who has signed in; its docstring says how a page is added to it
words/            the sentences: of readers' pages one file a language, of the desk `LANGUAGE-desk.toml`
templates/, static/
"""
