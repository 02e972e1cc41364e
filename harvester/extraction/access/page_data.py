"""A licence that only the page's script data names: a weak word, good for making "free" exact."""

import re

from harvester.extraction.document import Document
from harvester.model.signal import Evidence

_LICENCE = re.compile(
    r"licen[cs]e\w{0,20}['\"]?\s*[:=]\s*\{?[^;{}<>]{0,60}?(?:https?[^\s'\"]{0,24})?creativecommons\.org(?:/|\\/|%2F)licenses(?:/|\\/|%2F)[\w%./\\-]{2,40}",
    re.IGNORECASE,
)
_MARK = b"creativecommons.org"


def licence_in_scripts(document: Document) -> Evidence | None:
    """Evidence of the Creative Commons address that a script gives a variable or key called licence."""
    if _MARK not in document.page.body:
        return None
    for script in document.root.iter("script"):
        text = script.text or ""
        if "creativecommons.org" in text and (found := _LICENCE.search(text)):
            return document.evidence("script", "licence", script, found[0])
    return None
