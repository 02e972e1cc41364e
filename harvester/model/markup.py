"""Whether a body is XML: extraction and policy must say the same of it."""

import codecs
import re

# `<article class=...>` begins a fragment of HTML: JATS names its dialect, language or kind in the first tag.
_XML_START = re.compile(
    rb"\s*(?:<\?xml|<!DOCTYPE\s+article\b|<(?:OAI-PMH|oai_dc:dc|rss|feed|record|pmc-articleset)\b|"
    rb"<(?:\w+:)?article\s[^>]{0,2000}?(?:xmlns|article-type|dtd-version|xml:lang)\b|<article>\s*<front>)"
)
_HTML_START = re.compile(rb"<html[\s>]|<!doctype\s+html", re.IGNORECASE)


def is_xml(body: bytes, encoding: str) -> bool:
    """Whether a body in the codec `encoding` is read as XML, not as HTML."""
    start = body[:4096]
    if encoding.startswith("utf-16"):
        start = start.decode(encoding, "ignore").encode("utf-8", "ignore")
    start = start.removeprefix(codecs.BOM_UTF8)
    return bool(_XML_START.match(start)) and not _HTML_START.search(start[:1000])
