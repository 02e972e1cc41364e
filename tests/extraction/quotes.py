"""Looks a piece of Evidence up in the page it was taken from, as DESIGN promises anybody can."""

import re
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree

from harvester.extraction.charset import charset_of
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
        found = _tree(page).xpath(evidence.where)
        assert found, f"nothing stands at {evidence.where}"
        first = found if isinstance(found, str) else found[0]
        value = first if isinstance(first, str) else str(first.xpath("string()"))
    return str(value)[evidence.offset : evidence.offset + len(evidence.quote)]


def _tree(page: Page) -> Any:
    charset = charset_of(page.body, page.header("content-type"))
    text = page.body.decode(charset.name, "replace")
    if text.startswith("<?xml") and "<html" not in text[:1000]:
        # A reader of the XML: characters named in a document type nobody loads are put in their places first.
        text = re.sub(r"<!DOCTYPE[^>]*>", "", text.partition("?>")[2]).replace("&rsquo;", "’")
        return etree.fromstring(text).getroottree()
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
    return lxml.html.document_fromstring(text.encode(), parser=parser).getroottree()


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
