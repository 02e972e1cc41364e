"""What rules make of one page, with everything an operator needs to judge them: `source try` and `source new`.

signals.py     all that a page states, by vocabulary, and what of it speaks of which field
rules.py       each rule of a source: how often it matches, and what it gives
trial.py       one page under one source: rules, chosen values and runners-up, verdict, policy
addresses.py   pattern of article addresses out of examples
proposal.py    a source file as text, out of pages
case.py        a page as a test case: page.html, page.json, expected.json
"""
