"""Reads `meta` elements: Highwire/Google Scholar, Dublin Core, PRISM, eprints, bepress, OpenGraph and plain names."""

from functools import lru_cache

from harvester.extraction.document import Document, Element, language_tag
from harvester.extraction.signals.signal import Signal

_PREFIXES = (
    ("citation_", "highwire"),
    ("dc.", "dc"),
    ("dc:", "dc"),
    ("dcterms.", "dcterms"),
    ("dcterms:", "dcterms"),
    ("prism.", "prism"),
    ("eprints.", "eprints"),
    ("bepress_citation_", "bepress"),
    ("og:", "opengraph"),
    ("article:", "opengraph"),
    ("twitter:", "twitter"),
    ("wkhealth_", "highwire"),
)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read(document: Document) -> list[Signal]:
    """Every `meta` with a value, in document order; names are lower-case without their vocabulary's prefix."""
    return [signal for meta in document.meta_elements if (signal := _signal(*meta))]


def _signal(element: Element, attributes: dict[str, str]) -> Signal | None:
    said = attributes.get
    content = said("content")
    name = said("name") or said("property")
    vocabulary = "meta"
    if not name:
        name = said("http-equiv") or said("itemprop")
        vocabulary = "http_equiv" if said("http-equiv") else "itemprop"
    if not name or content is None or (not content.strip() and "world_readable" not in name):
        return None
    known, name = _within(name)
    declared = said("lang") or said(_XML_LANG) or said("xml:lang")
    language = language_tag(declared) if declared else None
    return Signal(known or vocabulary, name, content, language, element, "content")


@lru_cache(maxsize=4096)
def _within(name: str) -> tuple[str | None, str]:
    """(vocabulary, name in it) by the prefix of a name; (None, name) if it has none."""
    name = name.strip().lower()
    return next(((known, name[len(prefix) :]) for prefix, known in _PREFIXES if name.startswith(prefix)), (None, name))
