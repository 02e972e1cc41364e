"""A page's text made ready for this room: title found, inadmissible places marked, stems of its languages at hand."""

from collections.abc import Collection, Sequence

from harvester.extraction.access.entries import lexicon
from harvester.extraction.access.passages import PageText
from harvester.extraction.document import Document, Element
from harvester.extraction.signals.signal import Signal
from harvester.model.source import AccessRules

_TITLES = frozenset(("title", "citation_title", "headline", "og:title"))


def page_text(
    document: Document,
    signals: Sequence[Signal],
    rules: AccessRules,
    excluded: Collection[Element] = (),
    languages: Sequence[str] = (),
) -> PageText:
    """The page as this room reads it: made once for verdict and licences both."""
    title = next((signal.value for signal in signals if signal.name in _TITLES), None)
    stems = lexicon(spoken(document, languages)).stems
    return PageText(document, excluded=excluded, outside=rules.outside, title=title, stems=stems)


def spoken(document: Document, languages: Sequence[str]) -> tuple[str, ...]:
    """Languages a sentence about access may be in: those of the texts, and the one the page declares."""
    declared = document.language
    return (*languages, declared) if declared else tuple(languages) if languages else ()
