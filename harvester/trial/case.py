"""A page as a test case: page.html, page.json (url, status, headers, fetched_at) and expected.json."""

import json
from typing import Any, NamedTuple

from harvester.extraction.extract import extract
from harvester.model.base import iso_utc
from harvester.model.page import Page, VisitOutcome
from harvester.model.record import Record
from harvester.model.source import Source
from harvester.policy import Kept

# What a reading rests on; the others are of one visit.
_HEADERS = ("content-type", "content-language", "link", "x-robots-tag", "tdm-reservation", "tdm-policy")


class Case(NamedTuple):
    """The three files of a case folder by name, and the access status or outcome it shows."""

    files: dict[str, bytes]
    shows: str


def case_of(page: Page, source: Source, kept: Kept | None) -> Case | None:
    """The page as a case, as far as policy lets a copy of it be kept; None where it may not be kept at all.

    `kept` is what the archive might hold (None: nothing of an article is on the page). What is expected is what is read
    from that body: to be looked through by a person before it counts.
    """
    if kept is not None and kept.page is None:
        return None
    page = (kept and kept.page) or page
    found = extract(page, source)
    is_article = found.outcome is VisitOutcome.OK and found.record is not None
    expected = summary(found.record) if found.record else {"outcome": found.outcome.value}
    headers = {name: value for name, value in page.headers if name in _HEADERS}
    about = {"url": page.url, "status": page.status, "headers": headers, "fetched_at": iso_utc(page.fetched_at)}
    files = {"page.html": page.body, "page.json": _json(about), "expected.json": _json(expected)}
    shows = found.record.access.status.value if found.record and is_article else found.outcome.value
    return Case(files, shows)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def summary(record: Record) -> dict[str, Any]:
    """The record as plain values, empty fields left out: what an expected.json holds."""
    container = record.container
    fields: dict[str, Any] = {
        "url": record.url,
        "titles": {language: title.value for language, title in record.titles.items()},
        "abstracts": {language: abstract.value for language, abstract in record.abstracts.items()},
        "sections": {
            language: [section.label for section in abstract.sections]
            for language, abstract in record.abstracts.items()
            if abstract.sections
        },
        "boilerplate": {lang: list(text.boilerplate) for lang, text in record.abstracts.items() if text.boilerplate},
        "keywords": {language: list(entry.items) for language, entry in record.keywords.items()},
        "contributors": [
            [person.family, person.given, *([person.orcid] if person.orcid else []), *person.affiliations]
            for person in record.contributors
        ],
        "journal": list(container.titles.values()),
        "issns": [issn.value for issn in container.issns],
        "publisher": container.publisher,
        "volume": container.volume,
        "issue": container.issue,
        "pages": container.pages,
        "dates": {date.kind: date.value for date in reversed(record.dates)},  # the first of a kind
        "identifiers": {entry.scheme: entry.value for entry in record.identifiers},
        "access": [record.access.status, *(evidence.quote for evidence in record.access.evidence)],
        "licences": [licence.spdx for licence in record.rights.licences],
        "purchase": [[option.price, option.currency] for option in record.access.purchase_options],
        "tdm": record.rights.tdm and [record.rights.tdm.reserved, record.rights.tdm.policy_url],
        "relations": [[r.type, r.state, r.target_text, *([r.target] if r.target else [])] for r in record.relations],
        "integrity": None if record.integrity.status == "none" else record.integrity.status,
    }
    return {name: value for name, value in fields.items() if value}
