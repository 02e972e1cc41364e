"""A Signal is one statement of a Page: vocabulary, name, raw value, language, place."""

from typing import NamedTuple

from harvester.extraction.document import Document, Element
from harvester.model.record import Section
from harvester.model.signal import QUOTE_LIMIT, Evidence


class Signal(NamedTuple):
    """`name` is lower-case within its vocabulary; `element` with `attribute` (or its text) is the place.

    A value that was decoded on the way (JSON, entities in HTML fragments) quotes `quote`, the raw words, if they
    differ.
    """

    vocabulary: str  # highwire | dc | prism | eprints | bepress | json_ld | opengraph | link | heading | selector ...
    name: str
    value: str
    language: str | None
    element: Element
    attribute: str | None = None
    quote: str | None = None
    items: tuple[str, ...] = ()  # the value already in parts (keywords, affiliations)
    sections: tuple[Section, ...] = ()  # labelled parts of an abstract

    def evidence(self, document: Document) -> Evidence:
        """The Evidence a value taken from this Signal rests on."""
        quote = (self.quote if self.quote is not None else self.value)[:QUOTE_LIMIT]
        if self.element is None:  # an HTTP header
            return Evidence(
                vocabulary=self.vocabulary, name=self.name, quote=quote, where=f"header:{self.attribute}", offset=0
            )
        return document.evidence(
            self.vocabulary,
            self.name,
            self.element,
            quote,
            attribute=self.attribute,
            language=self.language,
        )
