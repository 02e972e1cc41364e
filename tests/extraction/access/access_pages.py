"""Small pages of our own writing, and the two ways tests look at them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from harvester.extraction.access.classify import read_access
from harvester.extraction.access.page import open_page
from harvester.extraction.access.sentences import Reading, SentenceReader
from harvester.extraction.document import Document, string_value
from harvester.extraction.signals import json_ld, links, meta_tags
from harvester.model.access import AccessVerdict
from harvester.model.page import Page
from harvester.model.signal import Evidence
from harvester.model.source import AccessRules

TODAY = date(2030, 6, 15)
NOW = datetime(2030, 6, 15, 12, tzinfo=UTC)
TITLE = "Sediment transport in alpine rivers after a dry decade"


def document(body: str, head: str = "", lang: str = "") -> Document:
    """A page as a site would serve it."""
    attribute = f' lang="{lang}"' if lang else ""
    html = f"<!DOCTYPE html><html{attribute}><head><meta charset='utf-8'>{head}</head><body>{body}</body></html>"
    return Document(
        Page(url="http://example.org/a/1", final_url="http://example.org/a/1", body=html.encode(), fetched_at=NOW)
    )


def article(words: str, abstract: str = "Grain sizes were measured in nine reaches.") -> str:
    """The body of an article's page: menu, title, abstract, and `words` below it."""
    return (
        "<nav><ul><li><a href='/'>Home</a></li></ul></nav>"
        f"<main><h1>{TITLE}</h1><div class='abstract'><p>{abstract}</p></div>{words}</main>"
        "<footer><p>All rights reserved.</p></footer>"
    )


def verdict(
    body: str, head: str = "", rules: AccessRules | None = None, languages: Sequence[str] = (), lang: str = ""
) -> AccessVerdict:
    """The verdict on a page, every quote of it checked against its place."""
    page = document(body, head, lang)
    signals = [*meta_tags.read(page), *json_ld.read(page), *links.read(page)]
    found = read_access(page, signals, rules or AccessRules(), languages=languages, today=TODAY, as_of=NOW).verdict
    for evidence in (*found.evidence, *(conflict.evidence for conflict in found.conflicts)):
        assert_stands(page, evidence)
    return found


def reading(body: str) -> Reading:
    """What the words of a page say, in any language of the lexicon."""
    text, lexicon = open_page(document(body), [], AccessRules())
    return SentenceReader(lexicon, text, TODAY).read(text.speaking)


def assert_stands(page: Document, evidence: Evidence) -> None:
    """A quote stands where it says, at the offset it says."""
    if evidence.where.startswith("header:"):
        return
    if evidence.where == "url":
        assert evidence.quote
        assert page.page.final_url[evidence.offset :].startswith(evidence.quote)
        return
    found = page.root.getroottree().xpath(evidence.where)[0]
    value = found if isinstance(found, str) else string_value(found)
    assert evidence.quote
    assert value[evidence.offset : evidence.offset + len(evidence.quote)] == evidence.quote
