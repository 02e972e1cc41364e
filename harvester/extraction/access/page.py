"""A page's text made ready for this room: its lexicon chosen, title found, inadmissible places marked."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from harvester.extraction.access.entries import Lexicon, hinted, lexicon, sightings
from harvester.extraction.access.passages import PageText
from harvester.extraction.access.stems import Sightings
from harvester.extraction.document import Document, Element
from harvester.extraction.signals.signal import Signal
from harvester.model.source import AccessRules

_TITLES = frozenset(("title", "citation_title", "headline", "og:title"))


class Opened(NamedTuple):
    """A page as this room reads it, and the lexicon it is read with."""

    text: PageText
    lexicon: Lexicon


def open_page(
    document: Document,
    signals: Sequence[Signal],
    rules: AccessRules,
    excluded: Collection[Element] = (),
    *,
    languages: Sequence[str] = (),
    seen: Sightings | None = None,
) -> Opened:
    """The page, made once for verdict and licences both. `languages` (BCP 47) are those of its texts.

    `seen`: the sightings of its words, if they have been looked for already.
    """
    seen = seen or sightings(document.words)
    words = _lexicon(document, languages, seen)
    title = next((signal.value for signal in signals if signal.name in _TITLES), None)
    stops = seen.nodes(words.around)
    return Opened(PageText(document, excluded=excluded, outside=rules.outside, title=title, stops=stops), words)


def _lexicon(document: Document, languages: Sequence[str], seen: Sightings) -> Lexicon:
    """The lexicon a page is read with.

    Of the languages of its texts, the one it declares and those whose words stand on it anywhere: a page about an
    English article may greet its readers in French and declare nothing. Of all when neither of the first is known.
    """
    declared = document.language
    spoken = (*languages, declared) if declared else tuple(languages)
    return lexicon((*spoken, *hinted(seen, spoken)) if spoken else ())
