"""Signals are what a Page states; Evidence is what is kept of those a value rests on."""

from typing import Annotated

from pydantic import Field

from harvester.model.base import Value

QUOTE_LIMIT = 240


class Evidence(Value):
    """One statement of a Page, with its place.

    `where` is an XPath into the page as `lxml.html` parses it, of XML as `lxml.etree` does (paths hold no prefix):
    `/html/body/p[2]` (its string value), `/html/head/meta[4]/@content` (the attribute), `/html/head/script[2]` (the
    script's raw text), `name(/*/*[2])` (an element that says it by standing there); or `header:NAME`, or `url`.
    `offset` counts code points into that value: `value[offset:offset + len(quote)] == quote`, unfolded.
    """

    vocabulary: str
    name: str
    quote: Annotated[str, Field(max_length=QUOTE_LIMIT)]
    language: str | None = None
    where: str
    offset: int = 0
