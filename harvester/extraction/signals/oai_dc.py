"""Reads an `oai_dc` record (OAI-PMH 2.0; Dublin Core 1.1): the same words as Dublin Core in an HTML page's head."""

import re
from collections.abc import Iterator

from harvester.extraction.document import Element
from harvester.extraction.signals.signal import Signal
from harvester.extraction.signals.xml_tree import language, local, words

_MOST = 2_000  # elements of a record
_SEMANTICS = re.compile(r"^info:eu-repo/semantics/(\w+)$")
_VERSIONS = re.compile(r"(?:version|access)$", re.IGNORECASE)
# "Journal; Vol. 12 No. 3 (2021): Title of the issue; 45-60"
_SOURCE = re.compile(
    r";\s*(?:vol(?:ume|umen)?|tome|bd|band|jg|jahrgang|v)\b\.?\s*(?P<volume>[\w-]+)"
    r"(?:[,;]?\s*(?:no|nº|n[°o]?|num|núm|numéro|número|nr|heft|iss(?:ue)?)\b\.?\s*(?P<issue>[\w/-]+))?",
    re.IGNORECASE,
)
_PAGES = re.compile(r";\s*(?:pp?\.?\s*)?(\d{1,6}\s*[-–]\s*\d{1,6})\s*\.?\s*$")


def read(record: Element) -> list[Signal]:
    """Signals of vocabulary `dc`, named after the element, with the xml:lang in force."""
    signals: list[Signal] = []
    for element in list(record.iterchildren())[:_MOST]:
        value = words(element)
        if value:
            signals.extend(_of(local(element).lower(), value, element))
    return _dated(signals)


def _dated(signals: list[Signal]) -> list[Signal]:
    """Beside a plain date, moments to the second are the repository's own: when it took the record in."""
    dates = [signal for signal in signals if signal.name == "date"]
    if all("T" in signal.value for signal in dates):
        return signals
    return [s._replace(name="date.taken_in") if s in dates and "T" in s.value else s for s in signals]


def _of(name: str, value: str, element: Element) -> Iterator[Signal]:
    lang = language(element)
    if name == "type":
        found = _SEMANTICS.match(value)
        if not _VERSIONS.search(value) and not value.startswith("http"):
            yield Signal("dc", name, found[1] if found else value, lang, element, None, value)
        return
    if name == "source":
        yield from _place(value, lang, element)
    elif name == "date" and value.startswith("info:"):
        yield Signal("dc", "date.embargo", value, lang, element)
    else:
        yield Signal("dc", name, value, lang, element)


def _place(value: str, lang: str | None, element: Element) -> Iterator[Signal]:
    """The journal's name, and the volume, issue and pages that may stand in one line with it."""
    one_line = _SOURCE.search(value) or _PAGES.search(value)
    yield Signal("dc", "source", value.partition(";")[0] if one_line else value, lang, element)
    if found := _SOURCE.search(value):
        yield Signal("dc", "source.volume", found["volume"], None, element)
        if found["issue"]:
            yield Signal("dc", "source.issue", found["issue"], None, element)
    if found := _PAGES.search(value):
        yield Signal("dc", "identifier.pagenumber", found[1], None, element)
