"""Looks a piece of Evidence up in the page it was taken from, as DESIGN promises anybody can."""

from collections.abc import Iterator

import lxml.html

from harvester.extraction.document import charset_of
from harvester.model.page import Page
from harvester.model.record import Record
from harvester.model.signal import Evidence


def standing(page: Page, evidence: Evidence) -> str:
    """What stands where the evidence says, at its offset, as long as the quote."""
    if evidence.where.startswith("header:"):
        value = "\n".join(page.header_values(evidence.where.removeprefix("header:")))
    elif evidence.where == "url":
        value = page.final_url
    else:
        charset = charset_of(page.body, page.header("content-type"))
        text = page.body.decode(charset.name, "replace")
        root = lxml.html.document_fromstring(
            text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
        )
        found = root.getroottree().xpath(evidence.where)
        assert found, f"nothing stands at {evidence.where}"
        value = found[0] if isinstance(found[0], str) else str(found[0].xpath("string()"))
    return str(value)[evidence.offset : evidence.offset + len(evidence.quote)]


def all_evidence(record: Record) -> Iterator[Evidence]:
    """Every piece of Evidence in a record."""
    for text in (*record.titles.values(), *record.abstracts.values(), *record.other_abstracts):
        yield from text.evidence
    for keywords in record.keywords.values():
        yield from keywords.evidence
    for entry in (*record.contributors, *record.dates, *record.identifiers, *record.relations):
        yield from entry.evidence
    for evidence in record.container.evidence.values():
        yield from evidence
    yield from record.access.evidence
    yield from (conflict.evidence for conflict in record.access.conflicts)
    for licence in record.rights.licences:
        yield from licence.evidence
    if record.rights.tdm:
        yield from record.rights.tdm.evidence
    yield from record.integrity.evidence
