"""Unpaywall, version 2 of its API: `/v2/{doi}?email=`; a DOI object with its OA locations. Pure."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import quote

from harvester.enrich.reading import address, day, same_doi, table, tables, word
from harvester.model.open_copy import Notice, OpenCopy, Version

_VERSIONS = {
    "publishedVersion": Version.PUBLISHED,
    "acceptedVersion": Version.ACCEPTED,
    "submittedVersion": Version.SUBMITTED,
}


def where(base: str, doi: str, mail: str) -> str:
    """Where it is asked. The DOI is one part of the path, whatever stands in it."""
    return f"{base}/v2/{quote(doi, safe='')}?email={quote(mail, safe='')}"


def read(said: Any, doi: str, today: date) -> tuple[tuple[OpenCopy, ...], tuple[Notice, ...]]:
    """Copies the answer names, the best first. Raises UnreadableError."""
    whole = table(said, "the answer")
    same_doi(whole.get("doi"), doi)
    if whole.get("is_oa") is not True:
        return (), ()
    best = [whole["best_oa_location"]] if isinstance(whole.get("best_oa_location"), dict) else []
    found = {copy.url: copy for copy in reversed(list(_copies([*best, *tables(whole.get("oa_locations"))], today)))}
    return tuple(reversed(found.values())), ()


def _copies(locations: list[dict[str, Any]], today: date) -> Iterator[OpenCopy]:
    for one in locations:
        url = address(one.get("url_for_landing_page")) or address(one.get("url"))
        since = day(one.get("oa_date"))
        if not url or (since and since > today):
            continue
        version = one.get("version")
        yield OpenCopy(
            url=url,
            version=_VERSIONS.get(version, Version.UNKNOWN) if isinstance(version, str) else Version.UNKNOWN,
            at_publisher=one.get("host_type") == "publisher",
            licence=word(one.get("license")),
            since=since,
        )
