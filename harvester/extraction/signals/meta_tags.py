"""Reads `meta` elements: Highwire/Google Scholar, Dublin Core, PRISM, eprints, bepress, OpenGraph and plain names."""

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
    signals = []
    for element in document.root.iter("meta"):
        signal = _signal(element)
        if signal:
            signals.append(signal)
    return signals


def _signal(element: Element) -> Signal | None:
    content = element.get("content")
    name = element.get("name") or element.get("property")
    vocabulary = "meta"
    if not name:
        name = element.get("http-equiv") or element.get("itemprop")
        vocabulary = "http_equiv" if element.get("http-equiv") else "itemprop"
    if not name or content is None or (not content.strip() and "world_readable" not in name):
        return None
    name = name.strip().lower()
    for prefix, known in _PREFIXES:
        if name.startswith(prefix):
            name, vocabulary = name[len(prefix) :], known
            break
    declared = element.get("lang") or element.get(_XML_LANG) or element.get("xml:lang")
    return Signal(vocabulary, name, content, language_tag(declared), element, "content")
