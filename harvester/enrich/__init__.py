"""Optional look-ups at registries by DOI, so that readers of a closed article learn of lawful open copies.

Off unless the operator names registries. Nothing needs what they say: a Run, a verdict and a Record are the same
whether they are asked or not, and a registry that is down, slow or wrong changes nothing.

crossref.py    pure: where Crossref is asked, and what its answer says
unpaywall.py   pure: the same of Unpaywall
reading.py     pure: values out of JSON that may be anything
exchange.py    one guarded HTTP exchange
asking.py      one question: the host's turn, tries, what the answer comes to
rounds.py      what is due is asked, and kept
"""
