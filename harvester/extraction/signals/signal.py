"""A Signal is one statement of a Page: vocabulary, name, raw value, language, place."""

from typing import NamedTuple

from harvester.extraction.document import Document, Element, place_of
from harvester.model.record import Section
from harvester.model.signal import QUOTE_LIMIT, Evidence


class Signal(NamedTuple):
    """`name` is lower-case within its vocabulary; `element` with `attribute` (or its text) is the place.

    A value that was decoded on the way (JSON, entities in HTML fragments) quotes `quote`, the raw words, if they
    differ.
    """

    vocabulary: str  # highwire | dc | prism | json_ld | microdata | opengraph | link | heading | selector | jats ...
    name: str
    value: str
    language: str | None
    element: Element
    attribute: str | None = None
    quote: str | None = None
    items: tuple[str, ...] = ()  # the value already in parts (keywords, affiliations)
    sections: tuple[Section, ...] = ()  # labelled parts of an abstract
    collective: bool = False  # a contributor that is a group, no person

    def evidence(self, document: Document) -> Evidence:
        """The Evidence a value taken from this Signal rests on."""
        quote = (self.quote if self.quote is not None else self.value)[:QUOTE_LIMIT]
        if self.element is None:  # an HTTP header
            stated = "\n".join(document.page.header_values(self.attribute or ""))
            raw, offset = place_of(quote, stated)
            where = f"header:{self.attribute}"
            return Evidence(vocabulary=self.vocabulary, name=self.name, quote=raw, where=where, offset=offset)
        return document.evidence(
            self.vocabulary,
            self.name,
            self.element,
            quote,
            attribute=self.attribute,
            language=self.language,
        )
