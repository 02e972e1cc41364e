"""Crossref, version 1 of its REST API: `/works/{doi}?mailto=`; licences and notices that publishers registered. Pure.

Crossref knows no copies. What its answer says is whether the publisher registered an open licence for the article
itself, in force by now, and which notices update it.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

from harvester.enrich.reading import address, day, same_doi, table, tables, word
from harvester.model.open_copy import Notice, OpenCopy, Version

_OPEN = re.compile(r"https?://(www\.)?creativecommons\.org/(licenses|publicdomain)/", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}/[!-~]{1,200}")


def where(base: str, doi: str, mail: str) -> str:
    """Where it is asked. The DOI is one part of the path, whatever stands in it."""
    return f"{base}/works/{quote(doi, safe='')}?mailto={quote(mail, safe='')}"


def read(said: Any, doi: str, today: date) -> tuple[tuple[OpenCopy, ...], tuple[Notice, ...]]:
    """The publisher's own edition where an open licence is in force, and the notices. Raises UnreadableError."""
    work = table(table(said, "the answer").get("message"), "its message")
    same_doi(work.get("DOI"), doi)
    return tuple(_licensed(work, doi, today))[:1], tuple(_notices(work))


def _licensed(work: dict[str, Any], doi: str, today: date) -> Iterator[OpenCopy]:
    for one in tables(work.get("license")):
        url, since = address(one.get("URL")), day(one.get("start"))
        if one.get("content-version") == "vor" and _OPEN.match(url) and since and since <= today:
            landing = f"https://doi.org/{quote(doi, safe='/().;:-_')}"
            yield OpenCopy(url=landing, version=Version.PUBLISHED, at_publisher=True, licence=url, since=since)


def _notices(work: dict[str, Any]) -> Iterator[Notice]:
    """`updated-by` names what updates this article; `update-to` would name what this article, a notice, updates."""
    seen = set()
    for one in tables(work.get("updated-by")):
        kind, notice = word(one.get("type")).replace("-", "_").replace(" ", "_"), one.get("DOI")
        good = notice.lower() if isinstance(notice, str) and _DOI.fullmatch(notice) else ""
        if kind and (kind, good) not in seen:
            seen.add((kind, good))
            yield Notice(kind=kind, doi=good, on=day(one.get("updated")))
