"""Digests: what readers are told, when, and how it reaches them.

watching.py    the change log and the saved queries: which alert tells what (the ledger)
compose.py     pure: items of the ledger and their records make a Digest
present.py     pure: a record as a reader meets it, in his language
wording.py     the words of each language, from wording.toml
render.py      a Digest as text and as HTML, from templates/
mail.py        mails: headers, both parts
timing.py      pure: when the next digest is due
links.py       signed links: no password, no address in them
deliver.py     the outbox and the mail server
rounds.py      one round of all of it, for the scheduler and the command line
signing_up.py  what readers do by themselves: sign up, confirm, change, end, erase
"""
