"""Links that lead on from a record (FAIR Signposting profile, level 1; RFC 8288), each to where it says and no more."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from harvester.formats.citation import cite_as
from harvester.model.record import Record
from harvester.serving.api.negotiation import FORMATS

_MOST_AUTHORS = 50
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_TYPES = ("https://schema.org/ScholarlyArticle", "https://schema.org/AboutPage")


def links(record: Record, base: str) -> str:
    """The Link header of a record."""
    return ", ".join(_links(record, base))


def _links(record: Record, base: str) -> Iterator[str]:
    here = f"{base}/records/{record.id}"
    yield from _link(cite_as(record), "cite-as")
    yield from _link(record.url, "describes")
    for one in FORMATS:
        yield f'<{here}?format={one.name}>; rel="describedby"; type="{one.media_type.partition(";")[0]}"'
    for licence in dict.fromkeys(one.url for one in record.rights.licences):
        yield from _link(licence, "license")
    people = [one.orcid for one in record.contributors if one.orcid]
    for orcid in list(dict.fromkeys(people))[:_MOST_AUTHORS]:
        yield from _link(orcid if "://" in orcid else f"https://orcid.org/{orcid}", "author")
    for kind in _TYPES:
        yield f'<{kind}>; rel="type"'
    yield f'<{base}/works/{record.work_id}>; rel="collection"'


def _link(target: str, relation: str) -> Iterator[str]:
    """An http(s) address and nothing that could end it, or nothing."""
    clean = quote(target, safe=_SAFE)
    if urlsplit(clean).scheme in ("http", "https") and len(clean) <= 2000:
        yield f'<{clean}>; rel="{relation}"'
