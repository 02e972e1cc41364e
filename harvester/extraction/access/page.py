"""A page's text made ready for this room: title found, inadmissible places marked, stems of its languages at hand."""

from collections.abc import Collection, Sequence

from harvester.extraction.access.entries import Lexicon, hinted, lexicon
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
    *,
    words: Lexicon,
) -> PageText:
    """The page as this room reads it, by the stems of `words`: made once for verdict and licences both."""
    title = next((signal.value for signal in signals if signal.name in _TITLES), None)
    return PageText(document, excluded=excluded, outside=rules.outside, title=title, stems=words.stems)


def words_of(document: Document, languages: Sequence[str] = ()) -> Lexicon:
    """The lexicon a page is read with.

    Of the languages of its texts, the one it declares and those whose words stand on it anywhere: a page about an
    English article may greet its readers in French and declare nothing. Of all when neither of the first is known.
    """
    declared = document.language
    spoken = (*languages, declared) if declared else tuple(languages)
    return lexicon((*spoken, *hinted(document.markup, spoken)) if spoken else ())
