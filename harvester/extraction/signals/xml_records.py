"""XML pages: which record of which vocabulary stands in them, and its Signals. A file of several is no article's."""

from harvester.extraction.document import Document, Element
from harvester.extraction.signals import jats, oai_dc
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.xml_tree import first, local

_ARTICLES = ("front", "front-stub")
_WRAPPERS = ("metadata", "record", "GetRecord", "ListRecords", "pmc-articleset", "article-set", "articles", "document")


def read(document: Document) -> list[Signal]:
    """Signals of the one record that the page holds; none if it holds none or several."""
    records = _records(document)
    if len(records) != 1:
        return []
    return jats.read(records[0]) if local(records[0]) == "article" else oai_dc.read(records[0])


def not_one_record(document: Document) -> str | None:
    """Why an XML page is no article's, or None."""
    count = len(_records(document))
    if count == 1:
        return None
    return f"an XML file of {count} records" if count else f"XML <{local(document.root)[:40]}>, no article's record"


def _records(document: Document) -> list[Element]:
    """JATS articles and Dublin Core records that stand at the top, or inside the wrappers of a protocol."""
    found: list[Element] = []
    waiting = [document.root]
    while waiting and len(found) < 3:
        element = waiting.pop()
        if _is_record(element):
            found.append(element)
        elif element is document.root or local(element) in _WRAPPERS:
            waiting.extend(element.iterchildren(reversed=True))
    return found


def _is_record(element: Element) -> bool:
    parts = {"article": _ARTICLES, "dc": ("title",)}.get(local(element), ())
    return any(first(element, part) is not None for part in parts)
