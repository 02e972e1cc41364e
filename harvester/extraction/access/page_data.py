"""What only a page's script data says of access: weak words, heard where nothing else speaks or to make it exact."""

import re

from harvester.extraction.document import Document
from harvester.model.signal import Evidence

# The address of an open licence; its short name, or that there is one for all, as the whole value.
_LICENCE = re.compile(
    r"licen[cs]e\w{0,20}['\"]?\s*[:=]\s*(?:\{?[^;{}<>]{0,60}?(?:https?[^\s'\"]{0,24})?creativecommons\.org(?:/|\\/|%2F)"
    r"licenses(?:/|\\/|%2F)[\w%./\\-]{2,40}"
    r"|['\"](?:CC[ -]BY(?:[ -](?:NC|ND|SA)){0,2}(?: \d\.\d)?|oa|open[ -]?access)['\"])",
    re.IGNORECASE,
)
_OPEN_MARKS = (
    b"creativecommons.org",
    b"cc by",
    b"cc-by",
    b'"oa"',
    b"'oa'",
    b"open access",
    b"open-access",
    b"openaccess",
)
_PAID = re.compile(
    r"access[_-]?type['\"]?\s*[:=]\s*['\"](?:paid|pay|toll|closed|restricted|subscription)['\"]", re.IGNORECASE
)
_PAID_MARKS = (b"access_type", b"accesstype", b"access-type")


def licence_in_scripts(document: Document) -> Evidence | None:
    """Evidence of the open licence that a script gives a variable or key called licence."""
    return _in_scripts(document, _OPEN_MARKS, _LICENCE, "licence")


def paid_in_scripts(document: Document) -> Evidence | None:
    """Evidence of a variable or key called access type that a script sets to a word for paid."""
    return _in_scripts(document, _PAID_MARKS, _PAID, "access type")


def _in_scripts(document: Document, marks: tuple[bytes, ...], wanted: re.Pattern[str], name: str) -> Evidence | None:
    body = document.page.body.lower()
    if not any(mark in body for mark in marks):
        return None
    scripts = ((script, script.text or "") for script in document.root.iter("script"))
    found = next(((script, match) for script, text in scripts if (match := wanted.search(text))), None)
    return document.evidence("script", name, found[0], found[1][0]) if found else None
