"""DOI, ORCID, ISSN, PMID, PMCID, Handle, HAL and arXiv ids in their normal forms."""

import re
from urllib.parse import unquote

from harvester.model.record import Issn

# DOI Handbook 2.2: prefix 10.NNNN(.N)*, then any printable suffix.
_DOI = re.compile(r"\b10\.\d{4,9}(?:\.\d+)*/[^\s\"<>]+", re.IGNORECASE)
_DOI_PREFIX = re.compile(r"^\s*(?:https?://(?:[a-z0-9.-]*\.)?doi\.org/|(?:info:)?doi\s*[:/]?\s*)", re.IGNORECASE)
_ORCID = re.compile(r"\b(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])\b")
_ISSN = re.compile(r"\b(\d{4})\s?[-‐‑–]?\s?(\d{3}[\dXx])\b")
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}


def doi(text: str) -> str | None:
    """The DOI in `text`, lower-case without prefix, or None. Percent-encoding and trailing punctuation go."""
    if "10." not in text and "%2" not in text:
        return None
    text = _DOI_PREFIX.sub("", text)
    if "%2" in text:
        text = unquote(text)
    found = _DOI.search(text)
    if not found:
        return None
    value = found[0].rstrip(".,;:'\"”’»*")
    while value and value[-1] in _CLOSING and value.count(value[-1]) > value.count(_CLOSING[value[-1]]):
        value = value[:-1].rstrip(".,;:'\"")
    return value.lower()


def orcid(text: str) -> str | None:
    """The ORCID iD in `text` as NNNN-NNNN-NNNN-NNNC if its check digit (ISO 7064 MOD 11-2) is right."""
    found = _ORCID.search(text)
    if not found:
        return None
    digits = "".join(found.groups()).upper()
    total = 0
    for digit in digits[:15]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return "-".join(found.groups()).upper() if digits[15] == ("X" if check == 10 else str(check)) else None


def issn(text: str, kind: str | None = None) -> Issn | None:
    """The first ISSN in `text` whose check digit (ISO 3297) is right, or None."""
    for found in _ISSN.finditer(text):
        digits = (found[1] + found[2]).upper()
        total = sum(int(digit) * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True))
        check = (11 - total % 11) % 11
        if digits[7] == ("X" if check == 10 else str(check)):
            value = f"{digits[:4]}-{digits[4:]}"
            return Issn.model_validate({"value": value, "kind": kind or "unknown"})
    return None


_SCHEMES = (
    ("pmcid", re.compile(r"^(?:https?://[^\s]*?/)?(PMC\d{3,9})\b", re.IGNORECASE), str.upper),
    ("arxiv", re.compile(r"^(?:https?://arxiv\.org/abs/|arxiv:)\s*([\w.-]+(?:/\d+)?)", re.IGNORECASE), str.lower),
    ("handle", re.compile(r"^(?:https?://hdl\.handle\.net/|hdl:)(\S+)", re.IGNORECASE), str),
    ("hal", re.compile(r"^((?:hal|tel|inserm|halshs|cel|dumas)-\d{6,9})(?:v\d+)?$", re.IGNORECASE), str.lower),
    ("urn", re.compile(r"^(urn:nbn:\S+)", re.IGNORECASE), str.lower),
)


def other_identifier(text: str) -> tuple[str, str] | None:
    """(scheme, normal value) of an identifier that names its own scheme, other than a DOI."""
    text = text.strip()
    for scheme, pattern, normal in _SCHEMES:
        if found := pattern.match(text):
            return scheme, normal(found[1])
    return None
