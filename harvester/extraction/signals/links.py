"""Reads link relations from `link` and `a[rel]` elements and from HTTP Link headers (RFC 8288, signposting).

Signposting (signposting.org, FAIR profile): `cite-as` (RFC 8574) is the persistent address of this edition, `author`
an ORCID iD, `type` what the page is, `item` a file of the text, `describedby` and `linkset` more metadata. Nothing that
a relation points to is fetched from here.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes, urljoin

from harvester.extraction.document import Document, Element, language_tag
from harvester.extraction.signals.signal import Signal

# What any link on a page may say of the page; the rest is said in its head or its headers alone.
_ANYWHERE = frozenset(("license", "licence", "author"))
_WANTED = _ANYWHERE | frozenset(
    ("canonical", "alternate", "cite-as", "item", "type", "describedby", "linkset", "schema.dc")
)
_LINKING = frozenset(("a", "area"))
_TARGET = re.compile(r"[\s,]*<([^>]*)>")
# RFC 8288, 3: a parameter is a token, alone or with a token or quoted string; commas part links.
_PARAMETER = re.compile(r'\s*;\s*(?:([^\s;,="<>]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?)?')
_NEXT = re.compile(r"\s*(?:,|$)")
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'(.*)", re.IGNORECASE)  # RFC 8187
_LONGEST = 65_536  # characters of a header
_MOST = 500  # links of a page's headers


def read(document: Document) -> list[Signal]:
    """Signals named after the relation; `language` is hreflang, `items` are media type and title. Headers come last."""
    signals = []
    for element in (*document.root.iter("link"), *_related(document)):
        href = (element.get("href") or "").strip()
        if not href:
            continue
        for relation in (element.get("rel") or "").lower().split():
            if relation in (_WANTED if element.tag == "link" else _ANYWHERE):
                signals.append(_of_element(relation, href, element))
    return [*signals, *of_headers(document)]


def _related(document: Document) -> list[Element]:
    wanted = (one.getparent() for one in document.stated("rel") if not _ANYWHERE.isdisjoint(one.lower().split()))
    return [element for element in wanted if element.tag in _LINKING]


def _of_element(relation: str, href: str, element: Element) -> Signal:
    language = language_tag(element.get("hreflang"))
    title = element.get("title") or ("" if element.tag == "link" else element.text or "")
    items = (element.get("type") or "", " ".join(title.split()))
    return Signal("link", relation.replace("licence", "license"), href, language, element, "href", None, items)


def of_headers(document: Document) -> list[Signal]:
    """Signals of the Link headers that speak of this page; a target is absolute, quoted as it is written."""
    page = document.page
    signals: list[Signal] = []
    for header in page.header_values("link"):
        for target, parameters in _links(header[:_LONGEST]):
            anchor = parameters.get("anchor")
            if anchor is not None and urljoin(page.final_url, anchor).partition("#")[0] != page.final_url:
                continue  # a statement about something else
            address = _absolute(page.final_url, target)
            for relation in parameters.get("rel", "").lower().split():
                if relation in _WANTED and address:
                    language = language_tag(parameters.get("hreflang"))
                    items = (parameters.get("type", ""), parameters.get("title*") or parameters.get("title", ""))
                    name = relation.replace("licence", "license")
                    signals.append(Signal("link", name, address, language, None, "link", target, items))
    return signals[:_MOST]


def _absolute(base: str, target: str) -> str:
    try:
        return urljoin(base, target.strip())
    except ValueError:  # a bracket that is no IPv6 address
        return ""


def _links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(target, parameters) of every link of a header; of a parameter given twice the first counts (RFC 8288, 3.3)."""
    at = 0
    while found := _TARGET.match(header, at):
        at = found.end()
        parameters: dict[str, str] = {}
        while one := _PARAMETER.match(header, at):
            at = one.end()
            if one[1]:
                parameters.setdefault(one[1].lower(), _value(one))
        yield found[1], parameters
        following = _NEXT.match(header, at)
        # What no grammar explains is passed over up to the next link.
        at = following.end() if following else header.find("<", at)
        if at < 0:
            return


def _value(parameter: re.Match[str]) -> str:
    value = re.sub(r"\\(.)", r"\1", parameter[2]) if parameter[2] is not None else parameter[3] or ""
    if parameter[1].endswith("*") and (extended := _EXTENDED.fullmatch(value)):
        return unquote_to_bytes(extended[2]).decode(extended[1], "replace")
    return value
