"""Links that lead on from a record (FAIR Signposting profile, level 1; RFC 8288), each to where it says and no more."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Self
from urllib.parse import quote, urlsplit

from harvester.formats.citation import cite_as
from harvester.model.base import Value
from harvester.model.record import Identifier, Relation, own
from harvester.serving.api.negotiation import FORMATS

_MOST_AUTHORS = 50
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_PLAIN = re.compile(r"[\w.~:/?&=;()-]*", re.ASCII)
_KINDS = '<https://schema.org/ScholarlyArticle>; rel="type", <https://schema.org/AboutPage>; rel="type"'
_DESCRIBED = ", ".join(
    f'<HERE?format={one.name}>; rel="describedby"; type="{one.media_type.partition(";")[0]}"' for one in FORMATS
)


class Linked(Value):
    """What of a record its links are made of: a tenth of it, and so of the time that reading all of it takes."""

    id: str
    url: str
    work_id: str
    identifiers: tuple[Identifier, ...]
    relations: tuple[Relation, ...]
    licences: tuple[str, ...]
    orcids: tuple[str, ...]

    def identifier(self, scheme: str) -> str | None:
        """Normal form of the edition's own identifier of `scheme`, or None."""
        return own(self.identifiers, scheme)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Of a record as JSON."""
        return cls(
            **{name: values[name] for name in ("id", "url", "work_id", "identifiers", "relations")},
            licences=tuple(one["url"] for one in values["rights"]["licences"]),
            orcids=tuple(one["orcid"] for one in values["contributors"] if one["orcid"]),
        )


def links(record: Linked, base: str) -> str:
    """The Link header of a record."""
    return ", ".join(_links(record, base))


def _links(record: Linked, base: str) -> Iterator[str]:
    here = f"{base}/records/{record.id}"
    yield from _link(cite_as(record), "cite-as")
    yield from _link(record.url, "describes")
    yield _DESCRIBED.replace("HERE", here)
    for licence in dict.fromkeys(record.licences):
        yield from _link(licence, "license")
    for orcid in list(dict.fromkeys(record.orcids))[:_MOST_AUTHORS]:
        yield from _link(orcid if "://" in orcid else f"https://orcid.org/{orcid}", "author")
    yield _KINDS
    yield f'<{base}/works/{record.work_id}>; rel="collection"'


def _link(target: str, relation: str) -> Iterator[str]:
    """An http(s) address and nothing that could end it, or nothing."""
    clean = target if _PLAIN.fullmatch(target) else quote(target, safe=_SAFE)
    if urlsplit(clean).scheme in ("http", "https") and len(clean) <= 2000:
        yield f'<{clean}>; rel="{relation}"'
